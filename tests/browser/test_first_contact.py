"""One lead's life in a real browser: a first phone call, a duplicate found, an offer declined, a protection that ends,
a claim from the common pool, a signing.

The machinery office sits at a desk, the commerce bureau too; Cihui subdistrict's officer has a phone in hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.db import transaction
from crm.services import books
from tests.browser.conftest import Site, Visit, served
from tests.browser.test_accessibility import violations
from tests.browser.test_keyboard import tab_to
from tests.browser.test_work import fits

COMPANY = "武汉曙光精密轴承有限公司"
THE_SAME = "曙光精密轴承（武汉）股份有限公司"
SECRETS = (COMPANY, "曙光精密轴承有限", "36.5", "李工", "13871234567", "滚动轴承制造", "招商会上认识")
"""What nobody may learn of another unit's lead."""

LATER = date(2021, 9, 20)
"""A day on which the protection that a visit of 3 June 2021 began is over, a week and more since."""


@pytest.fixture(scope="module")
def site(demonstration_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Books of this story's own: their day moves."""
    with served(demonstration_start, tmp_path_factory.mktemp("story")) as site:
        yield site


def until(site: Site, day: date) -> None:
    """Months go by."""
    with site.app.app_context(), transaction():
        books.set_business_day(day, actor=None)


def sound(page: Page) -> None:
    """The page, which the walk through all pages does not meet like this, stays within the window, and axe finds nothing."""
    assert fits(page), page.url
    assert violations(page) == []


def hides(page: Page) -> None:
    """Nothing of the other unit's lead is in the page, not even out of sight."""
    found = [secret for secret in SECRETS if secret in page.content()]
    assert not found, f"{page.url}: {found}"


def test_from_the_first_call_to_the_signing(visit: Visit, site: Site) -> None:
    office, street = visit("jd-staff"), visit("cihui-staff", width="phone")

    # A caller is on the line: the office notes who, from where and how much.
    office.get_by_role("link", name="线索", exact=True).click()
    office.get_by_role("link", name="登记新线索").first.click()
    for field, value in {
        "name": COMPANY,
        "source_note": "招商会上认识",
        "next_step": "去厂里看一看",
        "next_step_on": "2021-06-10",
        "industry_code": "滚动轴承制造",
        "intended_investment_fen": "36.5",
        "contact_name": "李工",
        "contact_phone": "13871234567",
    }.items():
        office.fill(f"#{field}", value)
    office.select_option("#is_company", "yes")
    office.select_option("#source", "investor")
    office.click("button[value=save]")
    expect(office.locator(".notice-success")).to_contain_text("已登记线索")
    number = office.url.rsplit("/", 1)[1]
    assert fits(office)

    # The subdistrict has met the same people: it is warned while it types, and learns who and since when, no more.
    street.goto("/leads/new")
    street.fill("#name", THE_SAME)
    expect(street.locator("#duplicates")).to_contain_text(number)
    expect(street.locator("#duplicates")).to_contain_text("机电")
    street.select_option("#is_company", "yes")
    street.select_option("#source", "fair")
    street.click("button[value=save]")
    expect(street.locator("#lookalikes")).to_contain_text(number)
    hides(street)
    sound(street)

    # It takes them for others, and sends its own for triage; what it asks of the office's lead tells it nothing.
    street.click("button[value=triage]")
    expect(street.locator(".notice-success")).to_contain_text("商务局研判")
    doubted = street.url.rsplit("/", 1)[1]
    for path in (
        f"/leads/{number}",
        "/leads?q=曙光",
        f"/leads/duplicates?name={THE_SAME}",
        "/leads?sort=sum",
        "/",
    ):
        street.goto(path)
        hides(street)

    # The bureau lays the two side by side, without any JavaScript, and decides: the same.
    bureau = visit("reviewer", javascript=False)
    bureau.goto("/triage")
    bureau.locator("tr", has_text=doubted).locator("a").first.click()
    expect(bureau.locator("#beside")).to_contain_text(COMPANY)
    bureau.fill("#reason", "统一为同一家轴承企业的同一项目")
    bureau.click("button[value=same]")
    expect(bureau.locator(".notice-success")).to_be_visible()

    # The office goes to see the factory and says so without a mouse.
    office.goto(f"/leads/{number}")
    expect(office.locator("#content")).to_contain_text(doubted)
    tab_to(office, f"a[href$='/{number}/progress']")
    office.keyboard.press("Enter")
    office.wait_for_url("**/progress")
    tab_to(office, "input[name=kind]")
    office.keyboard.press("ArrowDown")
    expect(office.locator("input[name=kind]:checked")).to_have_value("visit")
    tab_to(office, "#outcome")
    office.keyboard.type("看过三条线，明年要扩一倍")
    tab_to(office, "#content button[type=submit]")
    office.keyboard.press("Enter")
    expect(office.locator("#timeline")).to_contain_text("看过三条线")
    assert fits(office)

    # There is no land for it in the office's places: it offers the lead to the subdistrict.
    office.get_by_role("link", name="流转或合作").click()
    office.check("input[name=kind][value=reassignment]")
    office.select_option("#to", "cihui")
    office.fill("#reason", "客商要临江的地块，本办没有")
    office.get_by_role("button", name="提出").click()
    expect(office.locator("#content")).to_contain_text("慈惠")

    # The subdistrict may read what it is offered. It declines, with its reason; the lead stays, and is closed to it again.
    street.goto("/")
    street.locator("a[href*='/reassignments/']").filter(has_text=COMPANY).first.click()
    expect(street.get_by_role("heading", level=1)).to_contain_text(COMPANY)
    sound(street)
    street.fill("#note", "今年没有整块的工业用地")
    street.get_by_role("button", name="不同意", exact=True).click()
    expect(street.locator("#offer")).to_contain_text("今年没有整块的工业用地")
    hides(street)
    office.goto(f"/leads/{number}")
    expect(office.locator("#timeline")).to_contain_text("不同意流转或合作")
    street.goto(f"/leads/{number}")
    hides(street)

    # Months go by without a word; the protection is over, and the lead is anybody's.
    until(site, LATER)
    street.goto("/leads/pool")
    row = street.locator("tr", has_text=number)
    expect(row).to_contain_text(COMPANY)
    sound(street)
    office.goto("/leads/pool")
    expect(office.locator("tr", has_text=number)).to_be_visible()
    row.get_by_role("button", name="承接").click()
    expect(street.locator(".notice-success")).to_contain_text("已承接")
    assert fits(street)

    # The office is too late, and is told so.
    office.locator("tr", has_text=number).get_by_role("button", name="承接").click()
    expect(office.locator(".notice-error")).to_contain_text("慈惠街")
    office.goto(f"/leads/{number}/sign")
    expect(office.locator("#content")).to_contain_text("只有承办这条线索的单位才能这样做")

    # The subdistrict meets the company, then drafts an agreement.
    for kind, outcome in (("meeting", "谈妥地块和进度"), ("draft_agreement", "协议草案双方已看过")):
        street.goto(f"/leads/{number}/progress")
        street.check(f"input[name=kind][value={kind}]")
        street.fill("#outcome", outcome)
        street.locator("#content button[type=submit]").first.click()
        expect(street.locator("#timeline")).to_contain_text(outcome)

    # It signs; before anything is written it sees who is entitled to what, by which clause.
    street.get_by_role("link", name="办理签约").click()
    street.fill("#signed_on", LATER.isoformat())
    street.fill("#total_investment_fen", "37.5")
    street.select_option("#site_street", "cihui")
    assert fits(street)
    street.click("button[value=preview]")
    expect(street.locator("#differences")).to_contain_text("慈惠街")
    expect(street.locator("#clauses blockquote").first).to_be_visible()
    expect(street.locator("#facts")).to_contain_text("30亿元")
    sound(street)
    street.click("button[value=save]")
    expect(street.locator(".notice-success")).to_contain_text("已签约")

    # The project knows where it came from; the bureau is told of its size.
    expect(street.locator(f"a[href$='/leads/{number}']").first).to_be_visible()
    assert fits(street)
    bureau.goto("/announcements")
    large = bureau.locator("tr", has_text=COMPANY).filter(has_text="总投资达到30亿元")
    large.get_by_role("button", name="标为已阅").click()
    expect(large).to_contain_text("区商务局审核员")
    street.goto(f"/leads/{number}")
    expect(street.locator("#signing")).to_contain_text("签约")
    street.goto(f"/leads/{number}/sign")
    expect(street.get_by_role("heading", level=1)).to_have_text("不能办理")
