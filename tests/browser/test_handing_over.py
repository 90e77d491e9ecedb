"""What the notice of 27 April 2020 asks for, in a real browser on the demonstration: the stock classified as one batch,
then a project completed out of plate and handed over, by the giving unit, the receiving unit and the bureau.

Who holds what before and after is worked out by hand, see by_hand.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from playwright.sync_api import Page, expect

from crm.db import transaction
from crm.models import User
from crm.seeds.demonstration import USERS
from crm.services import batch_signing, batches, people
from tests.browser.by_hand import NOTICE, Held, classified, worked_out
from tests.browser.conftest import Site, Visit
from tests.browser.test_accessibility import violations
from tests.browser.test_work import fits

EXCEPTION = "XM2016011"
"""Taken out of the batch: it passes from 机电产业办 to 金银湖街, but not with the others."""

MOVED = "XM2020038"
"""Attracted by 综合保税物流产业办, held by 机电产业办 while it is marked as of the whole chain; not completed."""


def read(page: Page, code: str) -> Held:
    """The unit's list as its page shows it; its number and sum are those of the head."""
    page.goto(f"/units/{code}")
    head = page.locator("#figures .amounts dd").first.inner_text().split()
    found: Held = {}
    while True:
        for cells in page.locator("#projects tbody tr").all():
            number, *_, amount = cells.locator("td").all_inner_texts()
            text = amount.strip().replace(",", "")
            found[number.strip()] = None if text == "—" else Decimal(text)
        following = page.locator("#projects a[rel=next]")
        if not following.count():
            break
        following.first.click()
        page.wait_for_load_state()
    assert head == [str(len(found)), f"{total(found.values()):,.2f}"]
    return found


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of those that there are."""
    return sum(filter(None, amounts), Decimal(0))


def district(page: Page) -> list[str]:
    """What all units hold together, as the list of units ends."""
    page.goto("/units")
    return page.locator("tr.sum-row").last.locator("td").first.inner_text().split()


def sound(page: Page) -> None:
    """The page stays within the window, and axe finds nothing."""
    assert fits(page), page.url
    assert violations(page) == []


def person(login: str) -> User:
    """Whoever has this login."""
    found = people.user_by_login(login)
    assert found is not None
    return found


def test_the_stock_of_2020_is_classified_as_one_batch(visit: Visit, site: Site) -> None:
    bureau = visit("reviewer")
    moves = classified()
    assert moves.pop(EXCEPTION) == "金银湖街"
    for unit, code in (("机电产业办", "jd"), ("慈惠街", "cihui")):
        assert read(bureau, code) == worked_out(unit, {})
    before = district(bureau)

    # The reviewer asks for the list of the day of the notice, and draws it up.
    bureau.goto("/batches/new")
    bureau.select_option("#kind", "stock")
    bureau.fill("#day", NOTICE)
    bureau.get_by_role("button", name="查询").first.click()
    expect(bureau.locator("#list .panel-more")).to_contain_text(str(len(moves) + 1))
    sound(bureau)
    bureau.fill("#basis", "武临开办〔2020〕1号 三 一是")
    bureau.get_by_role("button", name="拟定", exact=True).click()
    expect(bureau.locator(".notice-success")).to_be_visible()
    address = bureau.url
    number = int(address.rsplit("/", 1)[1])

    # One is an exception: its unit and the street are not done with each other.
    row = bureau.locator("#list tbody tr", has_text=EXCEPTION)
    row.locator("input[type=checkbox]").check()
    bureau.fill("#reason", "与金银湖街还有土地手续未办结，另行移交")
    bureau.get_by_role("button", name="移出所选项目").click()
    expect(bureau.locator("#out")).to_contain_text(EXCEPTION)
    expect(bureau.locator("#effects")).to_contain_text("全区不变")
    assert f"{len(moves)} 个项目划转" in bureau.locator("#effects .batch-sums li").first.inner_text()
    assert fits(bureau)
    bureau.get_by_role("button", name="送各单位签字").click()
    expect(bureau.locator("#signatures .batch-signatures")).to_contain_text("未签")

    # Every unit that gives or receives signs: most of them elsewhere, the subdistrict on a phone, the office at its desk.
    with site.app.app_context():
        units = {batch.id for batch in batch_signing.waiting_for(person("jd-head"))}
        assert units == {number}
    for login, _name, role, home in USERS:
        if role == "unit_head" and home not in ("jd", "cihui"):
            with site.app.app_context(), transaction():
                if batch_signing.waiting_for(person(login)):
                    seen = batches.by_id(number).version
                    batch_signing.sign(number, version=seen, actor=person(login))
    street, office = visit("cihui-head", width="phone"), visit("jd-head")
    for page in (street, office):
        page.goto("/desk")
        page.locator(f"a.desk-link[href$='/batches/{number}']").click()
        assert fits(page)
        page.get_by_role("button", name="代表本单位签字").click()
        expect(page.locator(".notice-success")).to_contain_text("已代表本单位签字")
    sound(street)

    # The bureau's head confirms what the reviewer drew up, and it takes effect at once.
    bureau.goto(address)
    expect(bureau.get_by_role("button", name="确认生效")).to_have_count(0)
    head = visit("bureau-head")
    head.goto("/desk")
    head.locator(f"a.desk-link[href$='/batches/{number}']").click()
    head.get_by_role("button", name="确认生效").click()
    expect(head.locator(".page-head")).to_contain_text("已生效", timeout=20_000)
    assert fits(head)

    for unit, code in (("机电产业办", "jd"), ("慈惠街", "cihui")):
        assert read(office, code) == worked_out(unit, moves)
        assert worked_out(unit, moves) != worked_out(unit, {})
    assert district(office) == before


def write(page: Page, section: str, text: str, state: str = "", *, file: bool = False) -> None:
    """Fills in the line of a section that the books left to be filled in."""
    part = page.locator(f"#section-{section}")
    part.locator(".handover-item summary").first.click()
    form = part.locator(".handover-item form.form").first
    form.locator("textarea[name=text]").fill(text)
    if state:
        form.locator("select[name=state]").select_option(state)
    if file:
        form.locator("input[name=files]").first.check()
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".notice-success")).to_contain_text("已保存")


def test_a_project_completed_out_of_plate_is_handed_over(visit: Visit) -> None:
    bureau, office = visit("reviewer"), visit("jd-staff")
    project, edit = f"/projects/{MOVED}", f"/projects/{MOVED}/edit"
    given, got = read(office, "jd"), read(office, "xingou")
    assert MOVED in given and MOVED not in got
    office.goto(project)
    expect(office.locator(f"a[href$='{edit}']")).to_have_count(1)
    expect(office.locator("#transfers")).to_have_count(0)

    # It was built in another street, completed, and the bureau's mark no longer stands.
    bureau.goto(edit)
    bureau.select_option("#named_major", "")
    bureau.select_option("#site_street", "xingou")
    bureau.select_option("#site_area", "")
    bureau.fill("#completed_on", "2021-06-01")
    bureau.check("input[name=since][value=day]")
    bureau.fill("#valid_from", "2021-06-01")
    bureau.click("button[value=preview]")
    expect(bureau.locator("#differences")).to_contain_text("新沟镇街")
    bureau.click("button[value=save]")
    expect(bureau.locator(".notice-success")).to_be_visible()

    # The office sees by which clause it has to hand it over, and from when; it proposes that.
    office.goto(project)
    expect(office.locator("#transfers")).to_contain_text("2021年6月1日起应划转")
    expect(office.locator("#timeline .lane-gap").first).to_be_attached()
    office.locator("#transfers").get_by_role("link", name="提出划转").click()
    expect(office.locator("#due-1 blockquote")).to_contain_text("项目建成后")
    expect(office.locator("#due-1")).to_contain_text("三 二是")
    expect(office.locator("#due-1")).to_contain_text("不需要结转")
    assert fits(office)
    office.fill("#reason-1", "已在新沟镇街投产")
    office.get_by_role("button", name="提出划转").click()
    expect(office.locator(".notice-success")).to_contain_text("已提出划转")
    transfer = office.url.partition("#")[0]

    # It fills in the list: a file for the documents, nothing promised, the sum from the books.
    office.locator("#attachments summary").last.click()
    agreement = {"name": "投资协议.txt", "mimeType": "text/plain", "buffer": "投资协议".encode()}
    office.locator("#attachments input[type=file]").set_input_files(agreement)
    office.get_by_role("button", name="上传").click()
    expect(office.locator("#attachments")).to_contain_text("投资协议")
    office.goto(transfer)
    write(office, "documents", "投资协议和竣工资料", "ready", file=True)
    write(office, "contacts", "厂长一人，电话见联系人", "ready")
    write(office, "problems", "雨水管接口尚未验收", "open")
    write(office, "promises", "", "nothing")
    write(office, "policy_owed", "设备补贴第二笔，六月底前拨付", "open")
    write(office, "tasks", "陪同办理入统手续", "open")
    expect(office.locator("#section-money")).to_contain_text("80,000万元")
    expect(office.locator("#section-documents .handover-more")).to_contain_text("投资协议")
    expect(office.get_by_role("button", name="签字并送出")).to_have_count(0)
    assert fits(office)

    head, street = visit("jd-head"), visit("xingou-head", width="phone")
    sign_and_send(head, transfer)

    # The subdistrict's head, on a phone, sends one point back.
    street.goto("/desk")
    street.locator(f"a.desk-link[href$='{path(transfer)}']").click()
    item = street.locator("#section-problems .handover-item")
    item.locator("summary").click()
    item.locator("textarea").fill("接口由谁施工、何时完成，请写明")
    street.locator("#send-back button").click()
    expect(street.locator(".notice-success")).to_contain_text("已退回")
    assert fits(street)

    # It is answered, signed again, and now signed for on the phone.
    office.goto(transfer)
    item = office.locator("#section-problems .handover-item")
    expect(item).to_contain_text("接口由谁施工")
    item.locator("summary").first.click()
    item.locator("textarea[name=answer]").fill("园区公司施工，六月二十日前完成")
    item.get_by_role("button", name="保存").click()
    expect(office.locator("#section-problems")).to_contain_text("六月二十日前完成")
    sign_and_send(head, transfer)
    street.goto(transfer)
    expect(street.locator("#section-problems")).to_contain_text("六月二十日前完成")
    sound(street)
    street.get_by_role("button", name="签字承接").click()
    expect(street.locator(".notice-success")).to_contain_text("等商务局确认")

    # The bureau confirms; it holds from the day that the rules name.
    bureau.goto("/desk")
    bureau.locator(f"a.desk-link[href$='{path(transfer)}']").click()
    expect(bureau.locator("#effects")).to_contain_text("全区合计不变")
    bureau.get_by_role("button", name="确认划转").click()
    expect(bureau.locator(".notice-success").first).to_contain_text("自2021年6月1日起由新沟镇街实属")

    assert read(office, "xingou") == got | {MOVED: given[MOVED]}
    assert read(office, "jd") == {number: sum_ for number, sum_ in given.items() if number != MOVED}
    office.goto(project)
    lanes = office.locator("#timeline")
    expect(lanes.locator(".lane-gap")).to_have_count(0)
    expect(lanes.locator(".lane-move").first).to_be_attached()
    expect(office.locator("#transfers")).to_contain_text("已划转")
    # 机电 did not attract it: it reads, and edits no more.
    expect(office.locator(f"a[href$='{edit}']")).to_have_count(0)
    answer = office.goto(edit)
    assert answer is not None and answer.status == 403
    street.goto(edit)
    expect(street.locator("#completed_on")).to_have_value(date(2021, 6, 1).isoformat())


def sign_and_send(page: Page, transfer: str) -> None:
    """The giving unit's head signs the list, from the desk."""
    page.goto("/desk")
    page.locator(f"a.desk-link[href$='{path(transfer)}']").click()
    page.get_by_role("button", name="签字并送出").click()
    expect(page.locator(".notice-success")).to_contain_text("清单送新沟镇街核对")


def path(address: str) -> str:
    """`/transfers/7` of an address."""
    return "/" + "/".join(address.split("/")[-2:])
