"""线索: logged with the next number, changed, withdrawn, passed on; refused where another stands; two people at once."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import AuditEvent, Enterprise, Lead, Reassignment, Triage, User
from crm.services import lead_fields, lead_holders, leads, policy
from crm.services.lead_lookalikes import Lookalikes
from tests import build
from tests.databases import Database
from tests.services.conftest import DAY

CODE = "91420100MA4KWTKL37"


def given(name: str = "武汉某某光电有限公司", **more: Any) -> dict[str, Any]:
    """The facts of a lead as a form has them."""
    blank = dict.fromkeys(lead_fields.FACTS) | {"name": name, "is_company": True, "source": "visit"}
    return blank | more


def test_a_lead_is_logged_with_number_clocks_and_history(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        lead = leads.log(given(credit_code=CODE, next_step="再访", next_step_on=DAY), actor=staff["jd"])
        second = leads.log(given("另一家", is_company=False), actor=staff["gx"])
    settings = policy.on(DAY)
    assert (lead.number, second.number) == ("XS2021001", "XS2021002")
    assert (lead.stage, lead.had_since, lead.logged_on) == ("registered", DAY, DAY)
    assert lead.protected_until == DAY + timedelta(days=settings["protection_days"])
    assert lead.response_due == DAY + timedelta(days=settings["response_days"])
    assert lead.feedback_due == DAY + timedelta(days=settings["feedback_days"])
    assert lead.report_due is None and lead.held_by_id == staff["jd"].id
    assert lead.unit_id == lead.first_contact_unit_id == staff["jd"].unit_id
    enterprise = session.get(Enterprise, lead.enterprise_id)
    assert (enterprise.name, enterprise.credit_code) == ("武汉某某光电有限公司", CODE)
    assert second.enterprise_id is None
    events = list(session.scalars(select(AuditEvent).where(AuditEvent.action == "lead.logged")))
    assert [(event.subject_id, event.detail["number"]) for event in events] == [
        (lead.id, "XS2021001"),
        (second.id, "XS2021002"),
    ]


def test_numbers_begin_anew_each_year_and_grow_past_three_digits(
    staff: dict[str, User], session: Any
) -> None:
    build.lead(build_unit(staff), "XS2021999")
    with clock.at(DAY):
        assert leads.log(given("甲公司"), actor=staff["jd"]).number == "XS20211000"
        assert leads.log(given("乙公司"), actor=staff["jd"]).number == "XS20211001"
    with clock.at(date(2022, 1, 4)):
        assert leads.log(given("丙公司"), actor=staff["jd"]).number == "XS2022001"


def build_unit(staff: dict[str, User]) -> Any:
    """The unit of the first person."""
    return staff["jd"].unit


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_error_is_told_at_once(staff: dict[str, User]) -> None:
    wrong = given(
        "", source="x", credit_code="91420100MA4KWTKL38", industry_code="0000", intended_investment_fen=-1,
        site_street_id=10_000, site_area_id=10_000, next_step_on=date(2021, 6, 2), note="长" * 1001,
    )  # fmt: skip
    with clock.at(DAY), pytest.raises(Refusals) as found:
        leads.log(wrong, actor=staff["jd"])
    assert {problem.field for problem in found.value} == {
        "name", "source", "credit_code", "industry_code", "intended_investment_fen", "site_street", "site_area",
        "next_step", "next_step_on", "note",
    }  # fmt: skip
    for step in ({"next_step": "再访"}, {"next_step": "再访", "next_step_on": date(9999, 12, 31)}):
        with clock.at(DAY), pytest.raises(Refused) as one:
            leads.log(given(**step), actor=staff["jd"])
        assert one.value.field == "next_step_on"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_people_of_a_unit_log_leads(staff: dict[str, User], session: Any) -> None:
    adrift = build.user("staff", login="adrift")
    for actor in (staff["reviewer"], adrift):
        with clock.at(DAY), pytest.raises(NotAllowed):
            leads.log(given(), actor=actor)


def test_the_same_lead_is_refused_and_may_go_to_triage(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        first = leads.log(given(credit_code=CODE), actor=staff["jd"])
        for again in (given(), given("换了名字", is_company=False, credit_code=CODE)):
            with pytest.raises(Lookalikes) as found:
                leads.log(again, actor=staff["gx"])
            assert [one.number for one in found.value.alike] == [first.number]
        sent = leads.log(given(), actor=staff["gx"], to_triage=True)
    assert (sent.stage, sent.response_due) == ("triage", None)
    waiting = session.scalars(select(Triage)).one()
    assert (waiting.lead_id, waiting.other_id, waiting.state) == (sent.id, first.id, "open")
    with clock.at(DAY):
        alone = leads.log(given("没有相同的公司"), actor=staff["gx"], to_triage=True)
    assert alone.stage == "registered"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_form_sent_twice_logs_once(staff: dict[str, User], session: Any) -> None:
    key = "0" * 32
    with clock.at(DAY):
        first = leads.log(given(), actor=staff["jd"], form_key=key)
        assert leads.log(given(), actor=staff["jd"], form_key=key) is first
    assert session.scalar(select(func.count(Lead.id))) == 1


def test_a_change_is_kept_with_what_was(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        lead = leads.log(given(), actor=staff["jd"])
        seen = lead.version
        done = leads.change(lead, {"investor": "母公司", "note": "要厂房"}, version=seen, actor=staff["jd"])
        assert done == {"investor": "", "note": ""}
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "lead.changed")).one()
        assert event.detail["after"] == {"investor": "母公司", "note": "要厂房"}
        assert leads.change(lead, {"note": "要厂房"}, version=lead.version, actor=staff["jd"]) == {}
        with pytest.raises(Stale):
            leads.change(lead, {"note": "旧"}, version=seen, actor=staff["jd"])
        with pytest.raises(NotAllowed):
            leads.change(lead, {"note": "别人的"}, version=lead.version, actor=staff["gx"])
        other = leads.log(given("第二家公司"), actor=staff["gx"])
        with pytest.raises(Lookalikes):
            renamed = {"name": "武汉某某光电有限公司", "investor": "母公司"}
            leads.change(other, renamed, version=other.version, actor=staff["gx"])


def test_withdrawing_needs_a_reason_and_frees_the_name(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        lead = leads.log(given(), actor=staff["jd"])
        for reason, note, field in (("", "", "reason"), ("other", "", "note"), ("site", "长" * 501, "note")):
            with pytest.raises(Refused) as found:
                leads.withdraw(lead, reason, note, version=lead.version, actor=staff["jd"])
            assert found.value.field == field
        gx = staff["gx"].unit_id
        assert gx is not None
        offer = Reassignment(
            lead_id=lead.id, kind="cooperation", from_unit_id=lead.unit_id, to_unit_id=gx, reason="合作",
            answer_due=DAY, proposed_by_id=staff["jd"].id, held_by_id=staff["jd"].id,
        )  # fmt: skip
        session.add(offer)
        session.flush()
        leads.withdraw(lead, "site", "", version=lead.version, actor=staff["jd"])
        assert offer.state == "overtaken"
        assert (lead.stage, lead.closed_on, lead.response_due) == ("withdrawn", DAY, None)
        with pytest.raises(Refused):
            leads.withdraw(lead, "site", "", version=lead.version, actor=staff["jd"])
        with pytest.raises(Refused):
            leads.change(lead, {"note": "再改"}, version=lead.version, actor=staff["jd"])
        assert leads.log(given(), actor=staff["gx"]).stage == "registered"


def test_a_lead_passes_to_a_colleague(staff: dict[str, User], session: Any) -> None:
    with clock.at(DAY):
        lead = leads.log(given(), actor=staff["jd"])
        assert {one.login for one in lead_holders.colleagues(lead.unit_id)} == {"jd", "jd2"}
        for person in (staff["gx"], staff["reviewer"], staff["jd"]):
            with pytest.raises(Refused):
                lead_holders.hand_to(lead, person, actor=staff["jd"])
        lead_holders.hand_to(lead, staff["jd2"], actor=staff["jd"])
        unit_id = lead.unit_id
        assert (lead_holders.work_of(staff["jd"]), lead_holders.work_of(staff["jd2"])) == ({}, {unit_id: 1})
        with pytest.raises(Refused):
            lead_holders.pass_on(staff["jd2"], staff["gx"], None)
        lead_holders.pass_on(staff["jd2"], staff["jd"], None)
        assert lead.held_by_id == staff["jd"].id


@pytest.mark.parametrize("same", [True, False])
def test_two_people_in_the_same_second(database: Database, tmp_path: Path, same: bool) -> None:
    app = create_app(database.settings(tmp_path))
    with app.app_context():
        with transaction(), clock.at(DAY):
            district = build.district()
            people = [build.user("staff", login=code, unit=district.units[code]).id for code in ("jd", "gx")]
        db.session.remove()
        db.engine.dispose()
    start, found = threading.Barrier(2), dict[int, Any]()

    def log(key: int) -> None:
        with app.app_context(), clock.at(DAY):
            start.wait(timeout=20)
            try:
                with transaction():
                    name = "同一家公司" if same else f"公司{key}"
                    found[key] = leads.log(given(name), actor=db.session.get_one(User, key)).number
            except Refused as refused:
                found[key] = refused
            finally:
                db.session.remove()

    threads = [threading.Thread(target=log, args=(key,)) for key in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [one for one in found.values() if isinstance(one, str)]
    refused = [one for one in found.values() if isinstance(one, Lookalikes)]
    assert sorted(numbers) == (["XS2021001"] if same else ["XS2021001", "XS2021002"])
    assert len(refused) == (1 if same else 0)
    with app.app_context():
        db.engine.dispose()
