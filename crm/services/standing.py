"""What is decided and held today, kept beside each project, so that a list need not ask the history of every one.

The columns are always of one day, that of the table `standing`; whoever asks about another day, or before they were
rolled to a new one, asks the decisions themselves: `attribution.current`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import identity_key

from crm.db import db
from crm.models import Decision, Holding, Project, ProjectFacts, Standing
from crm.services import dues, holdings

AT_ONCE = 2_000
"""Projects moved to another day in one transaction."""

COLUMNS = (
    "decision_id",
    "indicators_id",
    "enterprise_service_id",
    "attribution_status",
    "standing_until",
    "held_indicators_id",
    "held_enterprise_service_id",
)


def current(day: date, known: datetime | None = None) -> ScalarSelect[int]:
    """For a query over projects: the id of the decision in force on a day, as known at an instant (None: now)."""
    query = select(Decision.id).where(Decision.project_id == Project.id, Decision.from_day <= day)
    if known is not None:
        query = query.where(Decision.recorded_at <= known)
    query = query.order_by(Decision.from_day.desc(), Decision.id.desc()).limit(1)
    return query.correlate(Project).scalar_subquery()


def version(day: date, known: datetime | None = None) -> ScalarSelect[int]:
    """For a query over projects: the id of the version of their facts that held on a day, as known at an instant."""
    row = aliased(ProjectFacts)
    query = select(row.id).where(row.project_id == Project.id, row.valid_from <= day)
    if known is not None:
        query = query.where(row.recorded_at <= known)
    return query.order_by(row.valid_from.desc(), row.id.desc()).limit(1).correlate(Project).scalar_subquery()


def is_of(day: date) -> bool:
    """Do the standing columns of every project say what is decided on this day? One statement."""
    found = db.session.execute(select(Standing.day, Standing.rolled_from)).one()
    return found.day == day and found.rolled_from is None


def stand_on(day: date) -> ColumnElement[bool]:
    """The same as a condition of a query."""
    return exists(select(Standing.id).where(Standing.day == day, Standing.rolled_from.is_(None)))


def refresh(project_ids: Sequence[int]) -> None:
    """Puts beside these projects what their decisions and holdings say: three statements, and three more where a
    transfer is due.
    """
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

    Only those move whose decision or holding of that day is another one. Whoever calls commits after each call.
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
    # where what stands is of the day, no later holding lies before the next day that is kept
    past = or_(Project.standing_until.is_(None), Project.standing_until > Holding.from_day)
    held_since = exists().where(Holding.project_id == Project.id, Holding.from_day > day, past)
    return or_(later, begun_since, held_since)


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
            Holding.indicators_id.label("held_indicators_id"),
            Holding.enterprise_service_id.label("held_enterprise_service_id"),
        )
        .outerjoin(Decision, Decision.id == current(day))
        .outerjoin(Holding, Holding.id == holdings.current(day))
        .where(Project.id.in_(project_ids))
        .subquery()
    )
    table: Any = Project.__table__
    statement = update(table).where(table.c.id == found.c.id)
    db.session.execute(statement.values({name: found.c[name] for name in COLUMNS} | {"due_since": None}))
    _put_dues(project_ids, day)


def _put_dues(project_ids: Sequence[int], day: date) -> None:
    """Since when a transfer is due, beside those projects where another unit is entitled than holds."""
    table: Any = Project.__table__
    differ = or_(*(entitled != held for entitled, held in dues.PAIRS.values()))
    query = select(Project.id).where(
        Project.id.in_(project_ids), Project.attribution_status != "undetermined", differ
    )
    differing = list(db.session.scalars(query))
    since = dues.since_of(differing, day) if differing else {}
    if since:
        statement = update(table).where(table.c.id == bindparam("row")).values(due_since=bindparam("since"))
        rows = [{"row": project_id, "since": first} for project_id, first in since.items()]
        db.session.connection().execute(statement, rows)


def _next_day(day: date) -> ColumnElement[date | None]:
    """The next day on which another decision or another holding begins."""
    days = (
        select(row.from_day)
        .where(row.project_id == Project.id, row.from_day > day)
        .order_by(row.from_day)
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
        for row in (Decision, Holding)
    )
    decision, holding = days
    return case((decision.is_(None), holding), (holding < decision, holding), else_=decision)


def _forget(project_ids: Sequence[int]) -> None:
    """Has those that the session knows read their standing again."""
    for project_id in project_ids:
        project = db.session.identity_map.get(identity_key(Project, project_id))
        if project is not None:
            db.session.expire(project, (*COLUMNS, "due_since"))
