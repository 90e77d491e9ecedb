"""Progress of a lead: recorded, corrected, taken back; what the lead says follows from what stands."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import PROGRESS_KINDS, AuditEvent, Lead, LeadProgress, LeadUnit, User
from crm.services import lead_clocks, lead_progress, policy, protection
from crm.services.lead_progress import Entry, standing_rows
from tests import build

DAY = date(2021, 3, 1)

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.fixture
def staff(session: Any) -> User:
    """Somebody of the office jd, on the day of these tests."""
    jd, gx = (build.unit(code, kind="office") for code in ("jd", "gx"))
    build.user("staff", login="gx", unit=gx)
    return build.user("staff", login="jd", unit=jd)


def other() -> User:
    return db.session.query(User).filter_by(login="gx").one()


def logged(user: User, number: str = "XS1", day: date = DAY) -> Lead:
    """A lead that came to the person's unit on a day."""
    assert user.unit is not None
    with clock.at(day):
        lead = build.lead(user.unit, number, logged_on=day)
        lead_clocks.begin(lead)
        db.session.flush()
    return lead


def visit(day: date, kind: str = "visit", **more: Any) -> Entry:
    return Entry(kind, day, "张三", "谈得不错", **more)


def record(lead: Lead, entry: Entry, user: User, on: date | None = None, **more: Any) -> LeadProgress:
    assert entry.day is not None
    with clock.at(on or entry.day):
        return lead_progress.record(lead, entry, actor=user, **more)


def test_clocks_begin_and_are_met(staff: User) -> None:
    lead = logged(staff)
    assert (lead.response_due, lead.feedback_due, lead.report_due) == (DAY + days(1), DAY + days(7), None)
    assert lead.protected_until == DAY + days(90)
    record(lead, visit(DAY + days(1), "call"), staff)
    # a call is an answer and no progress
    assert (lead.response_due, lead.feedback_due, lead.stage) == (None, DAY + days(7), "registered")
    assert lead.protected_until == DAY + days(90) and lead.last_progress_on is None
    record(
        lead, visit(DAY + days(5), "site_inspection", next_step="送方案", next_step_on=DAY + days(9)), staff
    )
    assert (lead.feedback_due, lead.report_due, lead.stage) == (None, DAY + days(19), "negotiating")
    assert lead.protected_until == DAY + days(95) and lead.last_progress_on == DAY + days(5)
    assert lead.negotiating_on == lead.inspected_on == DAY + days(5) and lead.drafted_on is None
    assert (lead.next_step, lead.next_step_on) == ("送方案", DAY + days(9))
    # what happened earlier and was told later moves neither the step nor the protection
    record(lead, visit(DAY + days(2)), staff, on=DAY + days(6))
    assert lead.negotiating_on == DAY + days(2) and lead.protected_until == DAY + days(95)
    assert lead.next_step == "送方案"
    done = [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id)][-3:]
    assert done == ["lead.progressed"] * 3


@sqlite_only
def test_what_is_filled_in_wrongly_is_said_all_at_once(staff: User) -> None:
    lead = logged(staff)
    bad = Entry("dinner", DAY + days(1), "张" * 201, " ", "再谈")
    with clock.at(DAY), pytest.raises(Refusals) as refused:
        lead_progress.record(lead, bad, actor=staff)
    assert [one.field for one in refused.value] == ["kind", "day", "outcome", "people", "next_step_on"]
    for entry, field in (
        (visit(DAY - days(1)), "day"),
        (Entry("visit", None, "", "好"), "day"),
        (visit(DAY, next_step="再谈", next_step_on=DAY - days(1)), "next_step_on"),
        (visit(DAY, next_step="再谈", next_step_on=date(2100, 1, 1)), "next_step_on"),
        (visit(DAY, next_step_on=DAY), "next_step"),
    ):
        with clock.at(DAY), pytest.raises(Refusals) as refused:
            lead_progress.record(lead, entry, actor=staff)
        assert [one.field for one in refused.value] == [field]
    assert standing_rows(lead) == [] and lead.stage == "registered"


@sqlite_only
def test_who_may_and_when(staff: User) -> None:
    lead, end = logged(staff), DAY + days(90)
    with pytest.raises(NotAllowed):
        record(lead, visit(DAY), other())
    db.session.add(LeadUnit(lead_id=lead.id, unit_id=other().unit_id, since=DAY))
    row = record(lead, visit(DAY, "call"), other())
    with clock.at(DAY), pytest.raises(NotAllowed, match="gx"):
        lead_progress.correct(lead, row.id, visit(DAY), actor=staff)
    # the last day of protection is a day of protection
    record(lead, visit(end, "call"), staff)
    for person in (staff, other()):
        with pytest.raises(Refused, match="公共池"):
            record(lead, visit(end + days(1)), person)
    for stage, more, told in (
        ("triage", {}, "研判"),
        ("withdrawn", {"lost_reason": "other", "closed_on": DAY}, "办结"),
    ):
        over = build.lead(staff.unit, stage, stage=stage, protected_until=end, **more)  # type: ignore[arg-type]
        with pytest.raises(Refused, match=told):
            record(over, visit(clock.today()), staff)
        with pytest.raises(NotAllowed):
            record(over, visit(clock.today()), other())


@sqlite_only
def test_a_form_sent_twice_counts_once(staff: User) -> None:
    lead, another = logged(staff), logged(staff, "XS2")
    first = record(lead, visit(DAY), staff, form_key="k1")
    assert record(lead, visit(DAY), staff, form_key="k1") is first
    assert len(standing_rows(lead)) == 1
    for key, of in (("k1", another), ("k" * 65, lead)):
        with pytest.raises(Refused, match="失效"):
            record(of, visit(DAY), staff, form_key=key)


def test_a_correction_is_a_later_row(staff: User) -> None:
    lead = logged(staff)
    row = record(lead, visit(DAY + days(10), next_step="送方案", next_step_on=DAY + days(12)), staff)
    with clock.at(DAY + days(20)):
        new = lead_progress.correct(lead, row.id, visit(DAY + days(4), "meeting"), actor=staff)
        assert lead.protected_until == DAY + days(94) and lead.negotiating_on == DAY + days(4)
        assert (lead.next_step, lead.next_step_on) == ("", None)
        [held] = standing_rows(lead)
        assert (held.row, held.first, held.corrections) == (new, row, 1)
        with pytest.raises(Stale):
            lead_progress.take_back(lead, row.id, reason="记错了", actor=staff)
        with pytest.raises(Refusals):
            lead_progress.take_back(lead, new.id, reason=" ", actor=staff)
        lead.next_step, lead.next_step_on = "另约", DAY + days(30)
        lead_progress.take_back(lead, new.id, reason="不是这条线索", actor=staff)
    assert standing_rows(lead) == [] and lead.stage == "registered" and not lead.negotiating_on
    assert lead.response_due == DAY + days(1) and lead.protected_until == DAY + days(90)
    assert lead.next_step == "另约"


@sqlite_only
def test_settings_that_change_move_no_running_clock(staff: User) -> None:
    lead = logged(staff)
    record(lead, visit(DAY + days(3)), staff)
    before = (lead.report_due, lead.protected_until)
    with clock.at(DAY + days(3)):
        for key in lead_clocks.CLOCKS:
            policy.set_value(key, 30, basis="会议纪要", valid_from=DAY, actor=None)
    # worked out again, each clock ends where it did
    call = record(lead, visit(DAY + days(4), "call"), staff)
    assert (lead.report_due, lead.protected_until) == before
    with clock.at(DAY + days(5)):
        lead_progress.take_back(lead, call.id, reason="没有打通", actor=staff)
    assert (lead.report_due, lead.protected_until) == before
    record(lead, visit(DAY + days(80)), staff)
    assert (lead.report_due, lead.protected_until) == (DAY + days(110), DAY + days(110))
    fresh = logged(staff, "XS2", DAY + days(5))
    assert fresh.protected_until == DAY + days(35) == fresh.response_due


@sqlite_only
def test_renewed_once(staff: User) -> None:
    lead, end = logged(staff), DAY + days(90)
    record(lead, visit(DAY + days(10)), staff)
    with clock.at(end + days(10)):
        with pytest.raises(NotAllowed):
            protection.renew(lead, reason="等批复", actor=other())
        with pytest.raises(Refusals):
            protection.renew(lead, reason=" ", actor=staff)
        protection.renew(lead, reason="等批复", actor=staff)
        assert lead.protected_until == end + days(100)
        with pytest.raises(Refused, match="只能延长一次"):
            protection.renew(lead, reason="还要等", actor=staff)
    # taken back, progress takes along what it had added to the extension
    with clock.at(end + days(11)):
        lead_progress.take_back(lead, standing_rows(lead)[0].row.id, reason="记错了", actor=staff)
        assert lead.protected_until == end + days(90)
    record(lead, visit(end + days(60)), staff)
    assert lead.protected_until == end + days(150)
    late = logged(staff, "XS2")
    with clock.at(end + days(1)), pytest.raises(Refused, match="公共池"):
        protection.renew(late, reason="等批复", actor=staff)


@sqlite_only
def test_what_a_lead_says_is_what_its_rows_say(staff: User) -> None:
    chance = random.Random(4)
    for number in range(6):
        lead, day = logged(staff, f"R{number}"), DAY
        for _step in range(10):
            day += days(chance.randrange(0, 25))
            if day > lead.protected_until:
                break
            with clock.at(day):
                stand = standing_rows(lead)
                entry = visit(
                    day - days(chance.randrange(0, (day - DAY).days + 1)),
                    chance.choice(PROGRESS_KINDS),
                    **chance.choice([{}, {"next_step": f"第{number}步", "next_step_on": day}]),
                )
                what = chance.randrange(5)
                if what == 0 and stand:
                    lead_progress.correct(lead, chance.choice(stand).row.id, entry, actor=staff)
                elif what == 1 and stand:
                    lead_progress.take_back(lead, chance.choice(stand).row.id, reason="错", actor=staff)
                elif what == 2 and lead.renewed_at is None:
                    protection.renew(lead, reason="等", actor=staff)
                else:
                    lead_progress.record(lead, entry, actor=staff)
                _agrees(lead)


def _agrees(lead: Lead) -> None:
    """Everything once more, from the rows alone and in other words."""
    stand = standing_rows(lead)
    replaced = {row.replaces_id for row in db.session.query(LeadProgress)}
    rows = db.session.query(LeadProgress).filter_by(lead_id=lead.id, void=False)
    rest = sorted((row for row in rows if row.id not in replaced), key=lambda row: row.id)
    assert sorted(one.row.id for one in stand) == [row.id for row in rest]
    counted = [row for row in rest if row.kind != "call"]
    assert lead.stage == ("negotiating" if counted else "registered")
    assert lead.negotiating_on == min((row.day for row in counted), default=None)
    assert lead.last_progress_on == max((row.day for row in counted), default=None)
    inspected = [row.day for row in rest if row.kind == "site_inspection"]
    assert lead.inspected_on == (min(inspected) if inspected else None)
    assert lead.response_due == (None if rest else DAY + days(1))
    assert lead.feedback_due == (None if counted else DAY + days(7))
    assert lead.report_due == (lead.last_progress_on + days(14) if lead.last_progress_on else None)
    plain = max([DAY, *(row.day for row in counted)]) + days(90)
    assert plain <= lead.protected_until <= plain + days(90 if lead.renewed_at else 0)
    assert lead_clocks.derived(lead, stand).protected_until == lead.protected_until
    last = max(stand, key=lambda one: (one.row.day, one.first.id), default=None)
    assert lead.next_step == (last.row.next_step if last else "")
