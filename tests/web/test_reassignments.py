"""An offer of a lead through the pages: made, read, answered, taken back, by those who may."""

from __future__ import annotations

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import CreditSplit, Lead, LeadUnit, Project, Reassignment
from crm.periods import Month
from crm.services import credit, people, units
from crm.services.credit import Share
from tests import build
from tests.web.conftest import TODAY, Client

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FORM = {
    "kind": "reassignment", "to": "gx", "reason": "落地需要", "own_role": "recruiter", "own_percent": "50",
    "other_role": "receiver", "other_percent": "50",
}  # fmt: skip
SECRET = "某芯片公司"


@pytest.fixture
def leads(filled: Flask) -> Flask:
    """A lead of the unit of staff and head, and people of two other units."""
    with filled.app_context(), clock.at(TODAY), transaction():
        build.lead(units.unit_by_code("jd"), "XS1", name=SECRET)
        for login, code in (("gx", "gx"), ("sy", "sy")):
            people.add_user(
                login,
                name=login,
                role="staff",
                unit=units.unit_by_code(code),
                password=None,
                valid_from=build.NOTICE,
                actor=None,
            )
    return filled


def state(app: Flask) -> list[str]:
    with app.app_context():
        return [one.state for one in db.session.query(Reassignment).order_by(Reassignment.id)]


def offered(client: Client, **more: str) -> None:
    answer = client("staff").post("/leads/XS1/reassign", data=FORM | more)
    assert answer.status_code == 303, answer.text


def test_an_offer_is_made_read_and_accepted(client: Client, leads: Flask) -> None:
    assert "流转" in client("staff").get("/leads/XS1/reassign").text
    offered(client)
    asked, third = client("gx"), client("sy")
    page = asked.get("/reassignments/1").text
    assert SECRET in page and "/reassignments/1/accept" in page and "/withdraw" not in page
    assert "/reassignments/1/withdraw" in client("unit_head").get("/reassignments/1").text
    watched = client("reviewer").get("/reassignments/1").text
    assert SECRET in watched and "/accept" not in watched and "/withdraw" not in watched
    assert third.get("/reassignments/1").status_code == 404
    assert SECRET not in third.get("/reassignments").text and "XS1" not in third.get("/reassignments").text
    assert third.post("/reassignments/1/accept", data={"version": "1"}).status_code == 403
    assert asked.post("/reassignments/1/accept", data={"version": "1"}).status_code == 303
    assert state(leads) == ["accepted"]
    with leads.app_context():
        assert db.session.query(Lead).one().unit.code == "gx"
        assert db.session.query(CreditSplit).count() == 1
    again = asked.post("/reassignments/1/accept", data={"version": "1"}, follow_redirects=True)
    assert "没有再做什么" in again.text
    after = client("staff").get("/reassignments/1").text
    assert SECRET not in after and "XS1" in after
    assert SECRET in asked.get("/leads/XS1/credit").text
    shared = client("staff").get("/leads/XS1/credit")
    assert shared.status_code == 200 and SECRET not in shared.text and "50%" in shared.text
    assert third.get("/leads/XS1/credit").status_code == 403
    english = client("gx", "en").get("/reassignments/1").text
    assert "accepted" in english.lower() and "已同意" not in english


@sqlite_only
def test_mistakes_are_told_beside_their_fields(client: Client, leads: Flask) -> None:
    staff = client("staff")
    wrong = FORM | {"to": "jd", "reason": "", "own_percent": "50", "other_percent": "x"}
    answer = staff.post("/leads/XS1/reassign", data=wrong)
    assert answer.status_code == 400
    assert (
        'id="to-error"' in answer.text
        and 'id="reason-error"' in answer.text
        and 'id="other_percent-error"' in answer.text
    )
    assert 'value="50"' in answer.text
    missing = staff.post("/leads/XS1/reassign", data=FORM | {"other_percent": "49.5"})
    assert "还差0.5%" in missing.text and missing.status_code == 400
    assert (
        "0.5% is missing"
        in client("staff", "en").post("/leads/XS1/reassign", data=FORM | {"other_percent": "49.5"}).text
    )
    for hostile in ("\x00", "9" * 400, "' OR 1=1", "归" * 3000):
        sent = dict.fromkeys(FORM, hostile)
        assert staff.post("/leads/XS1/reassign", data=sent).status_code == 400
        assert staff.post("/leads/XS1/cooperation/end", data={"unit": hostile}).status_code == 404
        assert (
            client("reviewer")
            .post(
                "/leads/XS1/credit",
                data={"month": hostile, "unit_1": hostile, "percent_1": hostile, "basis": hostile},
            )
            .status_code
            == 400
        )
    assert state(leads) == []
    for role in ("reviewer", "leader", "gx"):
        assert client(role).post("/leads/XS1/reassign", data=FORM).status_code == 403
    assert staff.get("/leads/XS9/reassign").status_code == 404


@sqlite_only
def test_declined_withdrawn_and_ended(client: Client, leads: Flask) -> None:
    offered(client)
    asked, staff = client("gx"), client("staff")
    assert (
        "请写明不同意的理由"
        in asked.post(
            "/reassignments/1/decline", data={"version": "1", "note": " "}, follow_redirects=True
        ).text
    )
    assert (
        "修改"
        in asked.post(
            "/reassignments/1/decline", data={"version": "7", "note": "不"}, follow_redirects=True
        ).text
    )
    assert (
        asked.post("/reassignments/1/decline", data={"version": "1", "note": "不符合导向"}).status_code == 303
    )
    offered(client)
    assert asked.post("/reassignments/2/withdraw", data={"version": "1"}).status_code == 403
    assert staff.post("/reassignments/2/withdraw", data={"version": "1"}).status_code == 303
    offered(client, kind="cooperation", own_percent="", other_percent="")
    assert asked.post("/reassignments/3/accept", data={"version": "1"}).status_code == 303
    assert state(leads) == ["declined", "withdrawn", "accepted"]
    assert "结束这项合作" in staff.get("/leads/XS1").text
    assert client("sy").post("/leads/XS1/cooperation/end", data={"unit": "gx"}).status_code == 403
    assert asked.post("/leads/XS1/cooperation/end", data={"unit": "gx"}).status_code == 303
    with leads.app_context():
        assert db.session.query(LeadUnit).one().until is not None
    listed = staff.get("/reassignments?state=all").text
    assert listed.count("已撤回") >= 1 and "没有等待答复" in staff.get("/reassignments").text


@sqlite_only
def test_what_waits_is_on_the_front_page_and_what_is_late_is_the_bureaus(
    client: Client, leads: Flask
) -> None:
    offered(client)
    assert "等本单位答复" in client("gx").get("/").text and SECRET in client("staff").get("/").text
    assert SECRET not in client("reviewer").get("/").text and SECRET not in client("sy").get("/").text
    with leads.app_context(), transaction():
        db.session.query(Reassignment).one().answer_due = TODAY.replace(day=1)
    for role in ("gx", "staff", "reviewer"):
        assert "逾期2天" in client(role).get("/").text, role
        assert "逾期2天" in client(role).get("/reassignments").text, role


@sqlite_only
def test_the_bureau_decides_a_split_of_lead_and_project(client: Client, leads: Flask) -> None:
    sent = {"month": "2021-06", "basis": "会议纪要"} | {
        f"{name}_{n}": value
        for n, row in enumerate(
            (("jd", "recruiter", "33.33"), ("gx", "receiver", "33.33"), ("sy", "referrer", "33.34")), 1
        )
        for name, value in zip(("unit", "role", "percent"), row, strict=True)
    }
    reviewer = client("reviewer")
    for path in ("/leads/XS1/credit", "/projects/P1/credit"):
        answer = reviewer.post(path, data=sent | {"percent_1": "33.34"})
        assert answer.status_code == 400 and "多了0.01%" in answer.text and "会议纪要" in answer.text
        assert reviewer.post(path, data=sent).status_code == 303
        assert "33.34%" in client("staff").get(path).text
        assert client("staff").post(path, data=sent).status_code == 403
    assert reviewer.post("/projects/P1/credit", data=sent | {"month": "2021-04"}).status_code == 303
    with leads.app_context():
        assert db.session.query(CreditSplit).count() == 3


@sqlite_only
def test_budgets_and_pages_by_key(client: Client, leads: Flask) -> None:
    with leads.app_context(), clock.at(TODAY), transaction():
        jd, gx = units.unit_by_code("jd"), units.unit_by_code("gx")
        staff = people.user_by_login("staff")
        assert staff
        for number in range(100, 135):
            lead = build.lead(jd, f"XS{number}", name=f"编号{number}的公司")
            db.session.add(
                Reassignment(
                    lead_id=lead.id,
                    kind="cooperation",
                    from_unit_id=jd.id,
                    to_unit_id=gx.id,
                    reason="x",
                    answer_due=TODAY,
                    proposed_by_id=staff.id,
                    held_by_id=staff.id,
                )
            )
        for day in (5, 6):
            credit.share(
                lead, [Share(jd.id, "recruiter", 10_000)], valid_from=Month(2021, day), basis="", actor=None
            )
            credit.share(
                db.session.query(Project).filter_by(number="P1").one(),
                [Share(jd.id, "recruiter", 10_000)],
                valid_from=Month(2021, day),
                basis="",
                actor=None,
            )
    asked = client("gx")
    first = asked.get("/reassignments").text
    assert (
        first.count("data-label=")
        and "编号134的公司" in first
        and "编号100的公司" not in first
        and "before=6" in first
    )
    assert "编号100的公司" in asked.get("/reassignments?before=6").text
    for role, path, most in (
        ("gx", "/reassignments", 12),
        ("reviewer", "/reassignments?state=all", 12),
        ("gx", "/reassignments/1", 20),
        ("staff", "/leads/XS1/reassign", 20),
        ("staff", "/leads/XS134/credit", 20),
        ("reviewer", "/projects/P1/credit", 20),
    ):
        visitor = client(role)
        visitor.get(path)
        with count_statements() as ran:
            assert visitor.get(path).status_code == 200
        assert ran.count <= most, (path, ran.count, ran.statements)
