"""逾期: what of a lead is late or about to be, by kind, for the unit that has it, for its head, and for the bureau."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, select

from crm import clock
from crm.grants import UNITS
from crm.models import Lead, Triage, User
from crm.permissions import leads_read_by
from crm.services.paging import Onward, Position, onward
from crm.services.policy import Policy

KINDS = ("response", "feedback", "report", "next_step", "ending", "quiet", "triage")
"""响应, 反馈, 报告, 下一步 overdue; 保护期将满; 在谈久无进展; 研判 overdue."""

A_PAGE = 30


@dataclass(frozen=True)
class Late:
    """One lead of a kind: the day it should have been done by, or ends on."""

    id: int
    number: str
    name: str
    unit_id: int
    person: str | None
    day: date
    next_step: str


@dataclass(frozen=True)
class Part:
    """A part of a count of reminders by unit or by person: rows of the key and a person's name, grouped by the key."""

    rows: Select[Any, Any]
    counts: Mapping[str, ColumnElement[int]]
    """Kind → the column that counts it."""


def _kinds(policy: Policy) -> dict[str, tuple[Any, ColumnElement[bool]]]:
    """Kind → the day that counts, and the condition on Lead. Nobody is late with a lead of the common pool."""
    today = clock.today()
    has = _has()
    notice = today + timedelta(days=policy["notice_days"])
    quiet_since = today - timedelta(days=policy["negotiating_days"])
    seen = func.coalesce(Lead.last_progress_on, Lead.had_since)
    waiting = _triage_due()
    return {
        "response": (Lead.response_due, and_(has, Lead.response_due < today)),
        "feedback": (Lead.feedback_due, and_(has, Lead.feedback_due < today)),
        "report": (Lead.report_due, and_(has, Lead.report_due < today)),
        "next_step": (Lead.next_step_on, and_(has, Lead.next_step_on < today)),
        "ending": (Lead.protected_until, and_(has, Lead.protected_until <= notice)),
        "quiet": (
            seen,
            and_(has, Lead.stage == "negotiating", Lead.had_since < quiet_since, seen < quiet_since),
        ),
        "triage": (waiting, and_(Lead.stage == "triage", waiting < today)),
    }


def _has() -> ColumnElement[bool]:
    """The condition on Lead for those that some unit has and works on."""
    return and_(Lead.is_open, Lead.protected_until >= clock.today())


def late(user: User) -> ColumnElement[bool]:
    """The condition on Lead for those whose lateness concerns the person: a unit's own, or all of them."""
    if user.role in UNITS:
        return Lead.unit_id == user.unit_id if user.unit_id is not None else Lead.id.is_(None)
    return leads_read_by(user)


def listing(
    user: User,
    kind: str,
    policy: Policy,
    *,
    unit_id: int | None = None,
    person_id: int | None = None,
    after: Position | None = None,
    limit: int = A_PAGE,
) -> Onward[Late]:
    """The leads of a kind, oldest first: one statement."""
    day, condition = _kinds(policy)[kind]
    query = (
        select(Lead.id, Lead.number, Lead.name, Lead.unit_id, User.name, day, Lead.next_step)
        .outerjoin(User, User.id == Lead.held_by_id)
        .where(late(user), condition)
    )
    if unit_id is not None:
        query = query.where(Lead.unit_id == unit_id)
    if person_id is not None:
        query = query.where(Lead.held_by_id == person_id)
    return onward(query, (day, Lead.id), after, Late, lambda one: Position(one.day, one.id), size=limit)


def counted(user: User, policy: Policy) -> list[Part]:
    """How much of each kind is late, for `reminders.groups`: two small parts of the leads, those that are protected, and
    those whose triage is late.
    """
    kinds = _kinds(policy)
    # not the bare column: in the order of its index SQLite would pass through all leads that are open
    key = func.coalesce(Lead.held_by_id if user.role in UNITS else Lead.unit_id, 0)
    rows = (
        select(key, func.min(User.name))
        .select_from(Lead)
        .outerjoin(User, User.id == Lead.held_by_id)
        .where(late(user))
        .group_by(key)
    )
    running = {kind: func.sum(case((kinds[kind][1], 1), else_=0)) for kind in KINDS if kind != "triage"}
    waits = select(Triage.lead_id).where(
        Triage.state == literal_column("'open'"), Triage.due_on < clock.today()
    )
    waiting = rows.where(Lead.id.in_(waits), Lead.stage == "triage")
    return [Part(rows.where(_has()), running), Part(waiting, {"triage": func.count()})]


def _triage_due() -> Any:
    """The day by which the first of a lead's open triages was due."""
    query = select(func.min(Triage.due_on)).where(Triage.lead_id == Lead.id, Triage.state == "open")
    return query.correlate(Lead).scalar_subquery()
