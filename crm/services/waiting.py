"""What waits for somebody: cases nobody can decide yet, projects about to change hands, sheets and jobs that stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import AuditEvent, Decision, Import, Job, Project, Transfer, User
from crm.permissions import visible_to
from crm.services.paging import counted
from crm.services.standpoint import Standpoint

T = TypeVar("T")

COUNTED_AT_MOST = 1_000
"""Counting stops here: more than that is simply many."""


@dataclass(frozen=True)
class Case:
    """A project whose attribution is provisional or undetermined, since when, and what would help."""

    number: str
    name: str
    status: str
    since: date
    suggestion_id: int | None
    sited: bool


@dataclass(frozen=True)
class Move:
    """A project whose indicators or service pass on a day from one unit to another."""

    number: str
    name: str
    day: date
    before_id: int | None
    after_id: int | None
    fen: int | None


@dataclass(frozen=True)
class Some(Generic[T]):
    """The first few of a list, and how many there are."""

    rows: Sequence[T]
    count: int
    capped: bool = False


def cases(
    user: User, seen: Standpoint, statuses: Sequence[str], most: int, *, unit_id: int | None = None
) -> Some[Case]:
    """The projects of a status, of one unit's books or of all, those that have waited longest first: two statements."""
    decision = Decision if not seen.is_present else aliased(Decision)
    query = seen.select(
        user, Project.number, Project.name, decision.status, decision.from_day, decision.suggestion_id,
        Project.site_street_id.is_not(None),
    ).where(seen.status.in_(statuses))  # fmt: skip
    if seen.is_present:
        query = query.join(decision, decision.id == Project.decision_id)
    if unit_id is not None:
        query = query.where(seen.entitled("indicators") == unit_id)
    rows = db.session.execute(query.order_by(decision.from_day, Project.id).limit(most)).all()
    return _counted([Case(*row) for row in rows], query, most)


def due_soon(user: User, since: date, until: date, most: int, *, unit_id: int) -> list[Move]:
    """Projects of which another unit will be entitled to the indicators within a span of days, to or from a unit, the
    soonest first: one statement."""
    now, before, previous, later = (aliased(Decision) for _ in range(4))
    was = select(previous.id).where(previous.project_id == now.project_id, previous.from_day < now.from_day)
    was = was.order_by(previous.from_day.desc(), previous.id.desc()).limit(1).correlate(now)
    overtaken = select(later.id).where(
        later.project_id == now.project_id, later.from_day == now.from_day, later.id > now.id
    )
    query = (
        select(Project.number, Project.name, now.from_day, before.indicators_id, now.indicators_id, Project.total_investment_fen)
        .join(Project, Project.id == now.project_id)
        .join(before, before.id == was.scalar_subquery())
        .where(
            visible_to(user),
            now.from_day.between(since, until),
            before.indicators_id != now.indicators_id,
            or_(before.indicators_id == unit_id, now.indicators_id == unit_id),
            ~overtaken.exists(),
        )
    )  # fmt: skip
    return [Move(*row) for row in db.session.execute(query.order_by(now.from_day, now.id).limit(most))]


def passed_on(
    user: User, since: date, until: date, most: int, *, unit_id: int | None = None, largest: bool = False
) -> list[Move]:
    """Projects whose indicators were passed on by a transfer that was confirmed in a span of days, whatever day it holds
    from, to or from a unit or all of them, the latest or the largest first, each with that day: one statement."""
    query: Any = (
        select(
            Project.number,
            Project.name,
            Transfer.ended_at,
            Transfer.from_unit_id,
            Transfer.to_unit_id,
            Project.total_investment_fen,
        )
        .join(Project, Project.id == Transfer.project_id)
        .where(visible_to(user), Transfer.state == "confirmed", Transfer.indicators)
        .where(Transfer.ended_at.between(clock.begins(since), clock.ends(until)))
    )
    if unit_id is not None:
        query = query.where(or_(Transfer.from_unit_id == unit_id, Transfer.to_unit_id == unit_id))
    if largest:
        query = query.order_by(func.coalesce(Project.total_investment_fen, -1).desc(), Transfer.id)
    else:
        query = query.order_by(Transfer.ended_at.desc(), Transfer.id.desc())
    rows = db.session.execute(query.limit(most))
    return [Move(number, name, clock.shanghai(at).date(), *more) for number, name, at, *more in rows]


def imports(most: int, *, actor_id: int | None = None) -> Some[Import]:
    """Sheets that were neither applied nor given up, oldest first; one person's or everybody's: two statements."""
    query = select(Import).where(Import.status.in_(("staging", "checked", "failed")))
    if actor_id is not None:
        query = query.where(Import.actor_id == actor_id)
    return _counted(list(db.session.scalars(query.order_by(Import.id).limit(most))), query, most)


def failed_jobs(most: int, *, actor_id: int | None = None) -> Some[Job]:
    """Background work that did not succeed, latest first, one person's or everybody's: two statements."""
    query = select(Job).where(Job.state == "failed", Job.finished_at.is_not(None))
    if actor_id is not None:
        query = query.where(Job.actor_id == actor_id)
    return _counted(list(db.session.scalars(query.order_by(Job.finished_at.desc()).limit(most))), query, most)


def events_since(action: str, since: date) -> Some[AuditEvent]:
    """How often something happened since a day, without the entries themselves."""
    query = select(AuditEvent.id).where(AuditEvent.action == action, AuditEvent.business_day >= since)
    return _counted([], query, 0)


def accounts() -> int:
    """How many people may sign in."""
    return db.session.scalar(select(func.count(User.id)).where(User.active)) or 0


def _counted(rows: list[T], query: Any, most: int) -> Some[T]:
    if len(rows) < most:
        return Some(rows, len(rows))
    return Some(rows, *counted(query.order_by(None), COUNTED_AT_MOST))
