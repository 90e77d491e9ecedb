"""The front page of each role: what waits, what moves, the months; few statements, and nothing beyond one's rights."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import ROLES, Import, Project, Transfer, User
from crm.services import overview, people, standpoint, transfers, waiting
from tests.services import passing
from tests.web.conftest import TODAY, Client, register


@pytest.fixture
def busy(filled: Flask) -> Flask:
    """Books in which something waits: an office's projects that pass on, one of them next month, and a sheet."""
    with filled.app_context(), transaction():
        jd = {"attracted_by": "jd", "site_street": "cihui"}
        register(
            "P5", "刚投产的", completed_on=date(2021, 5, 10), signed_on=date(2020, 6, 9), fen=3 * 10**10, **jd
        )
        register("P6", "下月投产的", completed_on=date(2021, 7, 1), signed_on=date(2021, 6, 1), **jd)
        register("P7", "机电没选址", attracted_by="jd", signed_on=date(2021, 1, 5))
        db.session.add(
            Import(file_name="登记表.xlsx", sha256="0" * 64, effective_from=TODAY, status="checked")
        )
    return filled


def hand_over(busy: Flask, number: str = "P5") -> None:
    """Puts into effect what is due of a project."""
    with busy.app_context(), transaction(), clock.at(TODAY):
        passing.confirm(passing.proposed(number))


def person(role: str) -> User:
    """The account of a role."""
    found = people.user_by_login(role)
    assert found
    return found


def test_staff_see_what_their_unit_has_open(client: Client, busy: Flask) -> None:
    hand_over(busy)
    page = client("staff").get("/").text
    assert "机电没选址" in page and "缺选址街道" in page
    assert "商会总部楼" not in page, "another unit's"
    assert (
        page.index("60天内应划转的")
        < page.index("下月投产的")
        < page.index("本单位近90天的划入划出")
        < page.index("刚投产的")
    )
    assert 'href="/units/jd"' in page and "登记表.xlsx" not in page


def test_the_bureau_sees_the_undetermined_and_sheets(client: Client, busy: Flask) -> None:
    hand_over(busy)
    for role in ("reviewer", "bureau_head"):
        page = client(role).get("/").text
        assert "归属未定的" in page and "商会总部楼" in page and "机电没选址" not in page
        assert "登记表.xlsx" in page and "可以应用" in page and "刚投产的" in page


def test_leaders_see_the_months_first(client: Client, busy: Flask) -> None:
    hand_over(busy)
    page = client("leader").get("/").text
    assert page.index("2021年6月一览") < page.index("要看的简报") and 'href="/briefs/2021-05"' in page
    assert "刚投产的" in page and "归属未定的" not in page
    assert page.count('role="img"') == 4 and "上年同月" in page


def test_who_reads_no_projects_sees_none(client: Client, busy: Flask) -> None:
    administrator, auditor = (client(role).get("/").text for role in ("administrator", "auditor"))
    assert f"{len(ROLES)}个账号可以登录" in administrator and 'href="/jobs"' in administrator
    assert "最近7天0次" in auditor
    for page in (administrator, auditor):
        assert "刚投产的" not in page and 'href="/units' not in page


def test_proposals_wait_for_the_head_and_stand_with_who_made_them(client: Client, busy: Flask) -> None:
    form = {
        "kind": "reading", "code": "R6", "choice": "site-street", "valid_from": "2021-06-01",
        "basis": "专班会议纪要", "reason": "按属地服务", "do": "propose",
    }  # fmt: skip
    assert client("reviewer").post("/proposals", data=form).status_code == 303
    head, own = client("bureau_head").get("/").text, client("reviewer").get("/").text
    assert "等您确认" in head and 'href="/proposals/1"' in head
    assert "等待确认" in own and 'href="/proposals/1"' in own
    assert "/proposals/1" not in client("staff").get("/").text + client("leader").get("/").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_due_has_not_passed_on(client: Client, busy: Flask) -> None:
    for role, told, address in (
        ("staff", True, "/transfers?tab=due&amp;unit=jd"),
        ("reviewer", True, "/transfers?tab=due"),
        ("administrator", False, ""),
    ):
        before = client(role).get("/").text
        assert (f'<a href="{address}">应划转未提出</a> <strong class="number">1</strong>' in before) == told
        assert "刚投产的" not in before, "it is due, and nobody has confirmed it"
    hand_over(busy)
    after = client("staff").get("/").text
    assert "应划转未提出" not in after and after.index("划入划出") < after.index("刚投产的")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_transfers_that_wait_lead_to_the_desk(client: Client, busy: Flask) -> None:
    with busy.app_context(), transaction(), clock.at(TODAY):
        number = db.session.query(Project.id).filter_by(number="P5").scalar()
        transfers.propose(number, reason="", actor=None)
    for role, told in (("staff", True), ("reviewer", False)):
        page = client(role).get("/").text
        assert ('>等本单位填写移交清单</a> <strong class="number">1</strong>' in page) == told
        assert ('<a href="/desk">' in page) == told and "逾期未办" not in page
    with busy.app_context(), transaction(), clock.at(TODAY):
        db.session.query(Transfer).one().due_on = date(2021, 6, 2)
    assert (
        'href="/transfers?tab=overdue">逾期未办</a> <strong class="number">1</strong>'
        in client("reviewer").get("/").text
    )


def test_nothing_open_says_so(client: Client, filled: Flask) -> None:
    page = client("staff").get("/").text
    for said in ("本单位的项目都已判定", "60天内没有本单位的项目应划转", "这段时间没有项目划转"):
        assert said in page


def test_the_months_are_those_of_the_facts(busy: Flask) -> None:
    with busy.app_context(), clock.at(TODAY):
        user = person("leader")
        seen = overview.glance(user, TODAY)
        assert str(seen.months[0]) == "2020-07" and str(seen.month) == "2021-06"
        assert seen.now["signed"][-2:] == (2, 2) and seen.before["signed"][-1] == 1
        assert seen.before["investment"][-1] == 3 * 10**10 and seen.now["completed"][-2] == 1
        assert sum(seen.now["completed"]) == 1, "what lies ahead has not happened"
        nobody = person("auditor")
        assert sum(overview.glance(nobody, TODAY).now["signed"]) == 0


def test_cases_wait_in_order_and_are_counted(busy: Flask) -> None:
    with busy.app_context(), clock.at(TODAY):
        user = person("reviewer")
        every = ("undetermined", "provisional")
        for day in (TODAY, date(2021, 6, 4)):
            found = waiting.cases(user, standpoint.at(day), every, 2)
            assert [case.number for case in found.rows] == ["P7", "P3"] and (found.count, found.capped) == (
                3,
                False,
            )
        assert waiting.cases(person("auditor"), standpoint.at(TODAY), every, 2).rows == []


def test_few_statements(client: Client, busy: Flask) -> None:
    for role in ROLES:
        visitor = client(role)
        visitor.get("/")
        with busy.app_context(), count_statements() as seen:
            visitor.get("/")
        assert seen.count <= 20, (role, seen.count)
