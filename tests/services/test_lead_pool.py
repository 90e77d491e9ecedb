"""The common pool: whose protection is over comes to it, and one unit claims it, however many ask at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import NotAllowed, Refused
from crm.models import AuditEvent, Job, Lead, LeadProgress, LeadUnit, Triage, User
from crm.permissions import leads_read_by, may
from crm.services import (
    books,
    jobs,
    lead_clocks,
    lead_overdue,
    lead_pool,
    lead_progress,
    policy,
    protection,
    reminders,
)
from crm.work import day
from crm.work.runs import GivenBack, Run
from tests import build
from tests.databases import Database

DAY = date(2021, 3, 1)
END = DAY + timedelta(days=90)
GONE = END + timedelta(days=1)

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def fill() -> None:
    """Three offices with somebody each, two in sy, and two leads that jd let go."""
    for code in ("jd", "gx", "sy"):
        build.user("staff", login=code, unit=build.unit(code, kind="office"))
    build.user("staff", login="sy2", unit=person("sy").unit)
    build.user("reviewer")
    with clock.at(DAY):
        for number in ("XS1", "XS2"):
            unit = person("jd").unit
            assert unit is not None
            lead_clocks.begin(build.lead(unit, number, logged_on=DAY, held_by_id=person("jd").id))
    db.session.flush()


def person(login: str) -> User:
    return db.session.query(User).filter_by(login=login).one()


def lead(number: str = "XS1") -> Lead:
    return db.session.query(Lead).filter_by(number=number).one()


def actions() -> list[str]:
    events = db.session.query(AuditEvent).filter(AuditEvent.action.like("lead.%"))
    return [event.action for event in events.order_by(AuditEvent.id)]


def pool_of(login: str) -> list[str]:
    return [one.number for one in lead_pool.listing(person(login), after=None).lines]


@pytest.fixture
def filled(session: Any) -> None:
    fill()


@sqlite_only
def test_the_last_day_is_protected_and_the_next_is_not(filled: None) -> None:
    gx = person("gx")
    with clock.at(END):
        assert pool_of("gx") == [] and not db.session.query(Lead).filter(leads_read_by(gx)).all()
        assert may(person("jd"), "lead:edit", lead())
        with pytest.raises(Refused, match="不在公共池"):
            lead_pool.claim(lead(), actor=gx)
    with clock.at(GONE):
        assert pool_of("gx") == ["XS2", "XS1"] == pool_of("jd")
        assert not may(person("jd"), "lead:edit", lead())
        page = lead_pool.listing(gx, after=None, limit=1)
        assert [one.number for one in page.lines] == ["XS2"] and page.following
        rest = lead_pool.listing(gx, after=page.following, limit=1)
        assert [one.number for one in rest.lines] == ["XS1"] and rest.following is None


def test_a_claimed_lead_begins_anew(filled: None) -> None:
    with clock.at(DAY):
        lead_progress.record(lead(), lead_progress.Entry("visit", DAY, "", "好"), actor=person("jd"))
        protection.renew(lead(), reason="等批复", actor=person("jd"))
        db.session.add(LeadUnit(lead_id=lead().id, unit_id=person("sy").unit_id, since=DAY))
    later = lead().protected_until + timedelta(days=5)
    with clock.at(later):
        gx = person("gx")
        with pytest.raises(NotAllowed):
            lead_pool.claim(lead(), actor=person("reviewer"))
        got = lead_pool.claim(lead(), actor=gx)
        assert (got.unit_id, got.held_by_id, got.claimed) == (gx.unit_id, gx.id, True)
        assert got.first_contact_unit_id == person("jd").unit_id
        assert got.protected_until == later + timedelta(days=90) and got.renewed_at is None
        # the other unit's visit is part of the story and meets no clock of this one
        assert got.response_due == later + timedelta(days=1) and got.stage == "negotiating"
        assert may(gx, "lead:edit", got) and not may(person("jd"), "lead:progress", got)
        assert may(gx, "contact:read", got) and may(gx, "attachment:read", got)
        with pytest.raises(Refused, match="gx已于2021"):
            lead_pool.claim(lead(), actor=person("sy"))
        with pytest.raises(Refused, match="本单位已于"):
            lead_pool.claim(lead(), actor=gx)
    with clock.at(later + timedelta(days=1)):
        assert not may(person("sy"), "lead:progress", lead())
    assert actions()[-2:] == ["lead.expired", "lead.claimed"]


@sqlite_only
def test_the_unit_that_lost_it_waits(filled: None) -> None:
    jd = person("jd")
    with clock.at(END + timedelta(days=7)), pytest.raises(Refused, match="2021-06-07"):
        lead_pool.claim(lead(), actor=jd)
    with clock.at(END + timedelta(days=8)):
        assert lead_pool.claim(lead(), actor=jd).claimed


@sqlite_only
def test_a_unit_holds_so_many_and_no_more(filled: None) -> None:
    with clock.at(GONE):
        policy.set_value("claims_most", 1, basis="会议纪要", valid_from=DAY, actor=None)
        first = lead_pool.claim(lead("XS1"), actor=person("sy"))
        with pytest.raises(Refused) as full:
            lead_pool.claim(lead("XS2"), actor=person("sy2"))
        assert full.value.values == {"count": 1, "most": 1}
        first.stage, first.lost_reason = "withdrawn", "other"
        assert lead_pool.claim(lead("XS2"), actor=person("sy2")).claimed


@sqlite_only
def test_a_days_work_that_is_killed_goes_on(app: Flask) -> None:
    with app.app_context():
        with transaction():
            fill()
            with clock.at(DAY):
                for number in range(3):
                    unit = person("gx").unit
                    assert unit is not None
                    lead_clocks.begin(build.lead(unit, f"N{number}"))
            books.open_books(kind="demonstration", business_day=GONE, actor=None)
            job = jobs.enqueue("day.begin", actor=None)
            db.session.flush()
            job.state, job.worker, job.attempts, number_ = "running", "w", 1, job.id
        asked: list[bool] = []

        def stopping() -> bool:
            asked.append(True)
            return len(asked) > 2

        at_once, day.LEADS_AT_ONCE = day.LEADS_AT_ONCE, 2
        try:
            with pytest.raises(GivenBack):
                day.enter_expired_leads(_run(number_, stopping))
            assert actions().count("lead.expired") == 4
            for _again in range(2):
                day.enter_expired_leads(_run(number_, lambda: False))
        finally:
            day.LEADS_AT_ONCE = at_once
        assert actions().count("lead.expired") == 5
        assert {(one.pool_since, one.response_due) for one in db.session.query(Lead)} == {(GONE, None)}


def _run(number: int, stopping: Callable[[], bool]) -> Run:
    job = db.session.get(Job, number)
    assert job is not None
    return Run(job, timedelta(seconds=60), stopping)


@sqlite_only
def test_what_is_late(filled: None) -> None:
    settings = policy.on(DAY)

    def late(login: str, kind: str, **more: Any) -> list[str]:
        return [one.number for one in lead_overdue.listing(person(login), kind, settings, **more).lines]

    with clock.at(DAY + timedelta(days=1)):
        assert reminders.groups(person("jd"), settings) == []
    with clock.at(DAY + timedelta(days=8)):
        entry = lead_progress.Entry("visit", DAY, "", "好", "再访", DAY + timedelta(days=7))
        lead_progress.record(lead("XS2"), entry, actor=person("jd"))
        assert late("jd", "response") == ["XS1"] == late("reviewer", "feedback")
        assert late("jd", "next_step") == ["XS2"] and late("gx", "next_step") == []
        [group] = reminders.groups(person("jd"), settings)
        assert (group.key, group.name) == (person("jd").id, "staff") and group.counts["next_step"] == 1
        [of_unit] = reminders.groups(person("reviewer"), settings)
        assert of_unit.key == person("jd").unit_id and of_unit.counts == group.counts
        assert reminders.groups(person("gx"), settings) == []
        lead("XS1").stage = "triage"
        assert late("jd", "triage") == [] == late("jd", "response")
        due = {"due_on": DAY + timedelta(days=7), "level": 3, "similarity": 90}
        db.session.add(Triage(lead_id=lead("XS1").id, other_id=lead("XS2").id, **due))
        assert late("jd", "triage") == ["XS1"] == late("reviewer", "triage")
        [group] = reminders.groups(person("jd"), settings)
        assert (group.counts["triage"], group.counts["next_step"], group.counts["response"]) == (1, 1, 0)
        assert reminders.total(reminders.groups(person("reviewer"), settings)) == group.counts
    with clock.at(DAY + timedelta(days=31)):
        assert late("jd", "quiet") == ["XS2"] == late("jd", "report")
    with clock.at(END - timedelta(days=7)):
        lead("XS1").stage = "registered"
        assert late("jd", "ending") == ["XS1", "XS2"]
        page = lead_overdue.listing(person("jd"), "ending", settings, limit=1)
        assert page.following and late("jd", "ending", after=page.following) == ["XS2"]
        assert late("jd", "ending", person_id=person("gx").id) == []
    with clock.at(GONE):
        assert all(late("jd", kind) == [] for kind in lead_overdue.KINDS)


def test_two_at_once(database: Database, tmp_path: Path) -> None:
    """A lead claimed by two units, two by a unit that may hold one, protection extended twice, a form sent twice."""
    app = create_app(database.settings(tmp_path))
    with app.app_context():
        with transaction():
            fill()
            policy.set_value("claims_most", 1, basis="会议纪要", valid_from=DAY, actor=None)
            books.open_books(kind="demonstration", business_day=GONE, actor=None)
        db.session.remove()
        db.engine.dispose()

    def claim(login: str, number: str) -> None:
        lead_pool.claim(lead(number), actor=person(login))

    def renew(login: str, number: str) -> None:
        protection.renew(lead(number), reason="等批复", actor=person(login))

    def record(login: str, number: str) -> None:
        entry = lead_progress.Entry("visit", GONE, "", "好")
        lead_progress.record(lead(number), entry, form_key="k", actor=person(login))

    [told] = _at_once(app, claim, ("gx", "XS1"), ("sy", "XS1"))
    assert "慢了一步" in told
    with app.app_context(), transaction():
        jd = person("jd").unit_id
        assert jd is not None
        one = lead("XS1")
        one.unit_id, one.claimed, one.protected_until = jd, False, END
    [told] = _at_once(app, claim, ("sy", "XS1"), ("sy2", "XS2"))
    assert "最多1条" in told
    with app.app_context():
        assert actions().count("lead.claimed") == 2
        [held] = db.session.query(Lead.number).filter_by(unit_id=person("sy").unit_id, claimed=True)
        db.session.remove()
    [told] = _at_once(app, renew, ("sy", held[0]), ("sy2", held[0]))
    assert "只能延长一次" in told
    assert _at_once(app, record, ("sy", held[0]), ("sy", held[0])) == []
    with app.app_context():
        assert actions().count("lead.renewed") == 1 == db.session.query(LeadProgress).count()
        db.session.remove()
        db.engine.dispose()


def _at_once(app: Flask, verb: Callable[[str, str], None], *asked: tuple[str, str]) -> list[str]:
    """Has these done at once, each by a connection of its own; returns what those were told who were refused."""
    start, told = threading.Barrier(len(asked)), list[str]()

    def do(login: str, number: str) -> None:
        with app.app_context():
            lead(number)
            start.wait()
            try:
                with transaction():
                    verb(login, number)
            except Refused as refused:
                told.append(str(refused))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=do, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told
