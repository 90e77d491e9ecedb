"""What is decided today, kept beside each project, so that a list need not ask the history of every one.

The columns are always of one day, that of the table `standing`; whoever asks about another day, or before they were
rolled to a new one, asks the decisions themselves: `attribution.current`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, exists, func, or_, select, update
from sqlalchemy.orm.util import identity_key

from crm.db import db
from crm.models import Decision, Project, Standing

AT_ONCE = 2_000
"""Projects moved to another day in one transaction."""

COLUMNS = ("decision_id", "indicators_id", "enterprise_service_id", "attribution_status", "standing_until")


def current(day: date, known: datetime | None = None) -> ScalarSelect[int]:
    """For a query over projects: the id of the decision in force on a day, as known at an instant (None: now)."""
    query = select(Decision.id).where(Decision.project_id == Project.id, Decision.from_day <= day)
    if known is not None:
        query = query.where(Decision.recorded_at <= known)
    query = query.order_by(Decision.from_day.desc(), Decision.id.desc()).limit(1)
    return query.correlate(Project).scalar_subquery()


def is_of(day: date) -> bool:
    """Do the standing columns of every project say what is decided on this day? One statement."""
    found = db.session.execute(select(Standing.day, Standing.rolled_from)).one()
    return found.day == day and found.rolled_from is None


def refresh(project_ids: Sequence[int]) -> None:
    """Puts beside these projects what their decisions say: two statements, however many."""
    _put(project_ids, _day_kept())
    _forget(project_ids)


def leave_behind() -> None:
    """Says that some projects do not have theirs yet: those whose `standing_until` the caller set to a day long past.

    Until somebody has rolled them the decisions themselves are asked; so an import need not hold the write lock for it.
    """
    _day_kept()
    statement = update(Standing).values(rolled_from=func.coalesce(Standing.rolled_from, Standing.day))
    db.session.execute(statement)


def roll(day: date) -> bool:
    """Moves some thousand projects towards a day; whether there is more to move.

    Only those move whose decision of that day is another one. Whoever calls commits after each call.
    """
    held = select(Standing).with_for_update().execution_options(populate_existing=True)
    kept = db.session.scalars(held).one()
    if kept.day != day:
        kept.rolled_from = max(kept.day, kept.rolled_from or kept.day)
        kept.day = day
    if kept.rolled_from is None:
        return False
    stale = _stale(day, backwards=day < kept.rolled_from)
    # whoever is deciding one of them waits for us with the project in hand: we do not wait for them
    moving = select(Project.id).where(stale).limit(AT_ONCE).with_for_update(skip_locked=True)
    moved = list(db.session.scalars(moving))
    _put(moved, day)
    _forget(moved)
    if not db.session.scalar(select(exists().where(stale))):
        kept.rolled_from = None
    db.session.flush()
    return kept.rolled_from is not None


def roll_all(day: date) -> None:
    """Moves every project to a day within the caller's transaction: for books that are being opened or set."""
    while roll(day):
        pass


def _stale(day: date, *, backwards: bool) -> Any:
    later = Project.standing_until <= day
    if not backwards:
        return later
    begun_since = exists().where(Decision.id == Project.decision_id, Decision.from_day > day)
    return or_(later, begun_since)


def _day_kept() -> date:
    """The day to decide for. It cannot be moved on before the caller's transaction has ended."""
    return db.session.execute(select(Standing.day).with_for_update(read=True)).scalar_one()


def _put(project_ids: Sequence[int], day: date) -> None:
    found = (
        select(
            Project.id,
            Decision.id.label("decision_id"),
            Decision.indicators_id,
            Decision.enterprise_service_id,
            Decision.status.label("attribution_status"),
            _next_day(day).label("standing_until"),
        )
        .outerjoin(Decision, Decision.id == current(day))
        .where(Project.id.in_(project_ids))
        .subquery()
    )
    table: Any = Project.__table__
    statement = update(table).where(table.c.id == found.c.id)
    db.session.execute(statement.values({name: found.c[name] for name in COLUMNS}))


def _next_day(day: date) -> ScalarSelect[date]:
    later = select(func.min(Decision.from_day)).where(
        Decision.project_id == Project.id, Decision.from_day > day
    )
    return later.correlate(Project).scalar_subquery()


def _forget(project_ids: Sequence[int]) -> None:
    """Has those that the session knows read their standing again."""
    for project_id in project_ids:
        project = db.session.identity_map.get(identity_key(Project, project_id))
        if project is not None:
            db.session.expire(project, COLUMNS)
