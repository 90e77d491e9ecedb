"""A lead of one unit, people of three, and what passes between them."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.db import db
from crm.models import AuditEvent, CreditSplit, Lead, LeadUnit, Reassignment, User
from crm.services import history, people, reassignments
from crm.services.credit import Row
from crm.services.reassignment_checks import Offer
from tests import build

TODAY = date(2021, 6, 3)


def begin() -> Any:
    """Three units with somebody in each, and a lead of the first."""
    found = build.district()
    for login, unit in (("jd", "jd"), ("jd2", "jd"), ("gx", "gx"), ("gx2", "gx"), ("sy", "sy")):
        account(login, "unit_head" if login == "gx" else "staff", found.units[unit])
    account("reviewer", "reviewer", found.swj)
    build.lead(found.jd, "XS1", held_by_id=person("jd").id, response_due=TODAY, report_due=TODAY)
    db.session.flush()
    return found


def account(login: str, role: str, unit: Any) -> User:
    """Somebody who never signs in: there is no password to hash."""
    return people.add_user(
        login, name=login, role=role, unit=unit, password=None, valid_from=build.NOTICE, actor=None
    )


def person(login: str) -> User:
    """The account with this login."""
    found = people.user_by_login(login)
    assert found
    return found


def lead() -> Lead:
    """The lead."""
    return db.session.query(Lead).filter_by(number="XS1").one()


def offer(
    small: Any, kind: str = "reassignment", to: str = "gx", shares: str = "", reason: str = "落地需要"
) -> Offer:
    """`shares` as in `jd recruiter 50, gx receiver 50`."""
    rows = [one.split() for one in shares.split(",") if one]
    return Offer(
        kind, small.units[to].id, reason, [Row(small.units[u].id, role, percent) for u, role, percent in rows]
    )


def made(small: Any, **given: Any) -> Reassignment:
    """An offer of the first unit."""
    return reassignments.propose(lead().id, offer(small, **given), actor=person("jd"))


def said() -> list[str]:
    """What happened to the lead."""
    return [event.action for event in history.events(lead())]


def books() -> tuple[Any, ...]:
    """Everything that an offer could change."""
    db.session.expire_all()
    one = lead()
    return (
        one.unit_id, one.held_by_id, one.had_since, one.protected_until, one.stage, one.version,
        [(r.id, r.state, r.version) for r in db.session.query(Reassignment).order_by(Reassignment.id)],
        [(j.unit_id, j.until) for j in db.session.query(LeadUnit)], db.session.query(CreditSplit).count(),
        db.session.query(AuditEvent).count(),
    )  # fmt: skip


HALVES = "jd recruiter 50, gx receiver 50"
