"""Companies: which one is meant, whose code is whose, what is above what, and which project comes from which."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from crm.db import count_statements
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import AuditEvent, Enterprise
from crm.services import companies, company_groups, company_leads, company_list, origins
from crm.services.companies import CodeTaken
from crm.services.company_list import Filters
from crm.services.paging import Place
from crm.sheets.credit_codes import check_character
from tests import build

CODE, OTHER = (code + check_character(code) for code in ("91420100MA4KX1234", "91420112MA49ABCD5"))


@pytest.fixture
def staff(session: Any) -> Any:
    """Somebody of a unit."""
    return build.user("staff", unit=build.unit("jd", kind="office"))


def given(**more: Any) -> dict[str, Any]:
    """What a form says of an enterprise."""
    values = {
        "name": "湖北示例有限公司",
        "credit_code": None,
        "parent_id": None,
        "group_name": "",
        "note": "",
    }
    return values | dict.fromkeys(companies.FLAGS, False) | more


def test_which_one_a_name_and_a_code_mean(session: Any, staff: Any) -> None:
    lead = companies.of("汉芯公司", None, staff)
    assert companies.of("汉芯公司", None, staff) is lead and companies.of("", None) is None
    # a code that is learnt later is that of the one without, as long as no project has it
    assert companies.of("汉芯公司", CODE, staff) is lead and lead and lead.credit_code == CODE
    assert companies.of("另一个写法", CODE, staff) is lead
    second = companies.of("汉芯公司", OTHER, staff)
    assert second is not lead
    told = [event.action for event in session.query(AuditEvent).filter_by(subject_type="enterprises")]
    assert told == ["company.added", "company.changed", "company.added"]
    companies.of("登记的", None, staff, told=False)
    assert session.query(AuditEvent).filter_by(subject_type="enterprises").count() == 3


def test_what_is_wrong_with_a_code() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in CODE)
    assert companies.code_of(f" {wide.lower()} ") == companies.code_of(CODE.lower()) == CODE
    assert companies.code_of("") is None
    wrong = CODE[:-1] + ("A" if CODE[-1] != "A" else "B")
    for text, said in (
        (CODE[:-1], "17位"),
        (CODE[:9] + "I" + CODE[10:], "第10位“I”"),
        (CODE[:3] + "A" + CODE[4:], "第3至8位"),
        (wrong, f"应是“{CODE[-1]}”"),
        ("9" * 5000, "5000位"),
        ("\x00", "1位"),
    ):
        with pytest.raises(Refused) as refused:
            companies.code_of(text)
        assert said in str(refused.value) and refused.value.field == "credit_code"


def test_a_code_is_one_enterprises(session: Any, staff: Any) -> None:
    first = companies.add(given(credit_code=CODE), actor=staff)
    assert first.name_key
    with pytest.raises(CodeTaken) as taken:
        companies.add(given(name="别家", credit_code=CODE), actor=staff)
    assert taken.value.other_id == first.id and "湖北示例" not in str(taken.value)
    second = companies.add(given(name="别家"), actor=staff)
    with pytest.raises(CodeTaken):
        companies.change(second, {"credit_code": CODE}, seen=1, actor=staff)
    # even where the question came before the other's answer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(companies, "_check", lambda *_: None)
        with pytest.raises(CodeTaken) as taken:
            companies.add(given(name="同时登记", credit_code=CODE), actor=staff)
    assert taken.value.other_id == first.id
    with pytest.raises(NotAllowed):
        companies.add(given(), actor=build.user("leader"))
    with pytest.raises(Refusals) as wrong:
        companies.add(given(name="", note="长" * 501), actor=staff)
    assert [one.field for one in wrong.value] == ["name", "note"]


def test_changes_and_stale_ones(session: Any, staff: Any) -> None:
    company = companies.add(given(), actor=staff)
    assert companies.change(company, given(listed=True, note="甲"), seen=1, actor=staff) == ["note", "listed"]
    assert companies.change(company, given(listed=True, note="甲"), seen=2, actor=staff) == []
    with pytest.raises(Stale):
        companies.change(company, {"note": "乙"}, seen=1, actor=staff)
    companies.change(company, {"name": "改名有限公司"}, seen=2, actor=staff)
    assert company.name_key and "改名" in company.name_key


def test_nobody_is_above_itself(session: Any, staff: Any) -> None:
    chain = [companies.add(given(name=f"第{level}层"), actor=staff) for level in range(7)]
    for above, below in pairwise(chain[:6]):
        companies.change(below, {"parent_id": above.id}, seen=1, actor=staff)
    with pytest.raises(Refused, match="最多6层"):
        companies.change(chain[6], {"parent_id": chain[5].id}, seen=1, actor=staff)
    for below in (chain[0], chain[5]):
        with pytest.raises(Refused, match="上级不能是"):
            companies.change(chain[0], {"parent_id": below.id}, seen=1, actor=staff)
    with pytest.raises(Refused, match="没有这家企业"):
        companies.change(chain[6], {"parent_id": 2**31 - 1}, seen=1, actor=staff)
    chain[6].group_name = chain[2].group_name = "示例集团"
    session.flush()
    assert set(session.scalars(company_groups.members(chain[2]))) == {one.id for one in chain}
    assert [one.name for one in company_groups.children(chain[0], staff, 5)] == ["第1层"]


def test_which_project_comes_from_which(session: Any) -> None:
    head = build.user("reviewer", unit=build.unit("swj"))
    parent, child, stranger = (companies.add(given(name=name), actor=head) for name in ("母", "子", "外"))
    companies.change(child, {"parent_id": parent.id}, seen=1, actor=head)
    projects = {
        number: build.project(number, enterprise_id=company.id)
        for number, company in (("P1", parent), ("P2", child), ("P3", parent), ("P4", stranger))
    }
    assert origins.set_origin(projects["P2"], "P1", "capital_increase", seen="", actor=head)
    assert not origins.set_origin(projects["P2"], "P1", "capital_increase", seen="P1", actor=head)
    assert origins.set_origin(projects["P3"], "P2", "relocation", seen="", actor=head)
    assert {key: row.origin.number for key, row in origins.of([p.id for p in projects.values()]).items()} == {
        projects["P2"].id: "P1",
        projects["P3"].id: "P2",
    }
    for number, origin, kind, said in (
        ("P1", "P3", "expansion", "由它而来"),
        ("P1", "P1", "expansion", "由它而来"),
        ("P1", "P4", "expansion", "同一家企业"),
        ("P1", "P9", "expansion", "没有编号"),
        ("P1", "P2", "merger", "请选择"),
    ):
        with pytest.raises(Refused, match=said):
            origins.set_origin(projects[number], origin, kind, seen="", actor=head)
    with pytest.raises(Stale):
        origins.set_origin(projects["P3"], "", "", seen="P1", actor=head)
    assert origins.set_origin(projects["P3"], "", "", seen="P2", actor=head)
    with pytest.raises(NotAllowed):
        staff = build.user("staff", unit=build.unit("jd", kind="office"))
        origins.set_origin(projects["P3"], "P1", "expansion", seen="", actor=staff)


def test_the_list_and_what_is_suggested(session: Any, staff: Any) -> None:
    for number in range(60):
        session.add(Enterprise(name=f"示例{number:02}号_公司"))
    session.add(Enterprise(name="ＡＢ（武汉）有限公司", credit_code=CODE, listed=True))
    session.flush()
    company_list.listing(staff, Filters())
    with count_statements() as ran:
        page = company_list.listing(staff, Filters())
    assert ran.count <= 4
    assert (len(page.lines), page.count, page.has_previous, page.has_next) == (50, 61, False, True)
    second = company_list.listing(staff, Filters(), Place(after=page.lines[-1].company.id))
    assert (len(second.lines), second.has_previous, second.has_next) == (11, True, False)
    back = company_list.listing(staff, Filters(), Place(before=second.lines[0].company.id))
    assert [one.company.id for one in back.lines] == [one.company.id for one in page.lines]
    assert len(company_list.listing(staff, Filters(), Place(last=True)).lines) == 50
    for text, count in (
        ("ab(武", 1),
        (CODE[5:].lower(), 1),
        ("07号", 1),
        ("示例 号", 60),
        ("%", 0),
        ("_", 60),
    ):
        assert company_list.listing(staff, Filters(text)).count == count, text
    assert company_list.listing(staff, Filters(flag="listed")).count == 1
    assert len(list(company_list.lines(staff, Filters()))) == 61
    assert [row[1:] for row in company_list.suggested(staff, "武汉")] == [("ＡＢ（武汉）有限公司", CODE)]
    assert len(company_list.suggested(staff, "示例")) == 20 and company_list.suggested(staff, "") == []
    outsider = build.user("administrator")
    assert company_list.suggested(outsider, "示例") == [] == company_list.listing(outsider, Filters()).lines


def test_leads_of_others_are_there_and_no_more(session: Any, staff: Any) -> None:
    other = build.unit("gx", kind="office")
    company = companies.add(given(), actor=staff)
    build.lead(staff.unit, "XS1", enterprise_id=company.id, stage="withdrawn", lost_reason="cost")
    build.lead(other, "XS2", name="秘密", enterprise_id=company.id)
    theirs, mine = company_leads.of(company, staff, 9)
    assert (mine.number, mine.name, mine.stage) == ("XS1", "线索XS1", "withdrawn")
    assert (theirs.number, theirs.unit_id, theirs.name, theirs.stage) == ("XS2", other.id, None, None)
    assert company_list.listing(staff, Filters(open_lead=True)).count == 0
    reviewer = build.user("reviewer")
    [line] = company_list.listing(reviewer, Filters(open_lead=True)).lines
    assert line.leads == [(other.id, theirs.since)]


def test_a_name_that_another_units_lead_alone_brought_in_is_not_told(session: Any, staff: Any) -> None:
    theirs = build.unit("xgz", kind="street")
    other = build.user("staff", login="other", unit=theirs)
    hidden = companies.of("藏名实业有限公司", CODE, other)
    assert hidden is not None
    child = companies.add(given(name="子公司", parent_id=hidden.id), actor=staff)
    lead = build.lead(theirs, enterprise_id=hidden.id)

    def known(user: Any) -> set[str]:
        page = company_list.listing(user, company_list.Filters())
        told = {line.company.name for line in page.lines} | {str(line.parent) for line in page.lines}
        told |= {line.company.name for line in company_list.lines(user, company_list.Filters())}
        return told | {name for _, name, _ in company_list.suggested(user, "藏名")}

    assert "藏名实业有限公司" in known(other) & known(build.user("reviewer"))
    assert "藏名实业有限公司" not in known(staff)
    assert company_groups.parent(child, staff) is None and company_groups.parent(child, other) == hidden
    with pytest.raises(NotFound):
        companies.by_id(hidden.id, staff)
    filters = company_list.Filters(open_lead=True)
    assert company_list.listing(staff, filters).count == 0 and company_list.listing(other, filters).count == 1
    # with a project of its own everybody knows the company, and still not the lead
    build.project("P1", enterprise_id=hidden.id)
    assert "藏名实业有限公司" in known(staff)
    assert [line.leads for line in company_list.listing(staff, filters).lines] == []
    assert lead.unit_id == theirs.id
