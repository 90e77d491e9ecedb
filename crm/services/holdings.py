"""实属: who holds a project's indicators and service on any day, as known on any day; how holdings begin and pass on.

A project's first holder is the unit in the books where the project began by the day of the notice, else the unit
entitled (attribution.md, "Entitled and held"). From then on only a confirmed transfer changes it. What lies in closed
months is never said anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, insert, literal, or_, select
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import DUTIES, AuditEvent, Decision, Holding, Project, ProjectFacts
from crm.rules.facts import NOTICE_DAY
from crm.services import months

Row = tuple[date, int | None, int | None]
"""From a day on: who holds the indicators, who the service; nobody where the project has not begun."""

Recorded = tuple[date, int | None, int | None, datetime]
"""The same, and when it was recorded."""

NOBODY = (None, None)

AT_ONCE = 2_000
"""Projects whose holdings are read at once."""


@dataclass(frozen=True)
class Move:
    """A project passes on from a day: the units that get its indicators and its service, none where that stays."""

    project_id: int
    from_day: date
    indicators_id: int | None
    enterprise_service_id: int | None
    transfer_id: int


def current(day: date, known: datetime | None = None) -> ScalarSelect[int]:
    """For a query over projects: the id of the holding in force on a day, as known at an instant (None: now)."""
    query = select(Holding.id).where(Holding.project_id == Project.id, Holding.from_day <= day)
    if known is not None:
        query = query.where(Holding.recorded_at <= known)
    query = query.order_by(Holding.from_day.desc(), Holding.id.desc()).limit(1)
    return query.correlate(Project).scalar_subquery()


def of(project: Project, known: datetime | None = None) -> list[Holding]:
    """Who holds a project from each day on, in order of days, as known at an instant (None: now): one statement."""
    query = select(Holding).where(Holding.project_id == project.id)
    if known is not None:
        query = query.where(Holding.recorded_at <= known)
    rows = db.session.scalars(query.order_by(Holding.from_day, Holding.id))
    return list({row.from_day: row for row in rows}.values())


def policy_delivery(
    rows: Sequence[Holding], entitled: Sequence[tuple[date, int | None]]
) -> list[tuple[date, int | None, int | None]]:
    """政策兑现: from each day on the unit that holds it, and the transfer that brought it there; both in order of days.

    With the service, but on days on which `entitled` names a unit with that one: see `attribution.policy_apart`.
    """
    moves = {row.from_day: row.transfer_id for row in rows}
    service = {row.from_day: row.enterprise_service_id for row in rows}
    apart = dict(entitled)
    holder, other = None, None
    found: list[tuple[date, int | None, int | None]] = []
    for day in sorted({*service, *apart}):
        holder, other = service.get(day, holder), apart.get(day, other)
        unit_id = other if holder and other else holder
        found.append((day, unit_id, moves.get(day) if unit_id == holder else None))
    return found


def effective_day(since: date) -> date:
    """From which day a transfer due since a day holds: that day, or the first after the last closed month."""
    closed = months.last_closed_day()
    return since if closed is None else max(since, closed + timedelta(days=1))


def begin(last: int, event: AuditEvent) -> None:
    """The first holders of the projects that one event entered, those with ids above `last`: one statement, however many.

    For imports: of such projects the books know one version of the facts, and no decision was said anew.
    """
    earlier = aliased(Decision)
    first = ~exists().where(earlier.project_id == Decision.project_id, earlier.from_day < Decision.from_day)
    stamp = (literal(event.at, Holding.__table__.c.recorded_at.type), literal(event.id))
    found = select(Project.id, Decision.from_day, *_holders(Project), *stamp)
    found = found.join(Decision, Decision.project_id == Project.id)
    found = found.where(Decision.event_id == event.id, Decision.outcome_id.is_not(None), first)
    columns = ["project_id", "from_day", *(f"{duty}_id" for duty in DUTIES), "recorded_at", "event_id"]
    statement = insert(Holding).from_select(columns, found.where(Project.id > last), include_defaults=False)
    db.session.execute(statement, execution_options={"synchronize_session": False})


def seat(projects: Sequence[int] | Select[Any], event: AuditEvent) -> list[int]:
    """Gives projects that began their first holder, and those whose beginning was corrected the one they should have had.

    `projects` are ids, or a query for them. A correction says anew who held first where the project had nothing in a
    closed month yet and was never transferred; else who held stays, and what differs shows as a transfer that is due.
    Returns the ids of those that have another holder now. One statement where all are as they should be, a few for
    each two thousand that are not.
    """
    differing = db.session.execute(_misplaced().where(Project.id.in_(projects))).all()
    added: list[dict[str, Any]] = []
    for start in range(0, len(differing), AT_ONCE):
        added += _seats(differing[start : start + AT_ONCE], event)
    if added:
        db.session.execute(Holding.__table__.insert(), added)  # type: ignore[attr-defined]
    return list(dict.fromkeys(row["project_id"] for row in added))


def pass_on(moves: Iterable[Move], event: AuditEvent) -> None:
    """Books what transfers move; later rows of the same project say the same from then on. Two statements, however many.

    At most one move of each project. The caller has made sure that its day is open and not before the project began.
    """
    wanted = {move.project_id: move for move in moves}
    stored = rows_of(list(wanted))
    added = []
    for project_id, move in wanted.items():
        before = {row[0]: row[1:] for row in stored[project_id]}
        began = max(day for day in before if day <= move.from_day)
        after = {day: list(before[day]) for day in sorted(before) if day > move.from_day}
        after = {move.from_day: list(before[began])} | after
        for index, to in enumerate((move.indicators_id, move.enterprise_service_id)):
            if to is None:
                continue
            for held in after.values():
                # from where another transfer moved it what that one said stays
                if held[index] != before[began][index]:
                    break
                held[index] = to
        for day, held in after.items():
            if before.get(day) != tuple(held):
                added.append(_values(project_id, (day, *held), event, move.transfer_id))
    if added:
        db.session.execute(Holding.__table__.insert(), added)  # type: ignore[attr-defined]


def rows_of(project_ids: Sequence[int], known: datetime | None = None) -> Mapping[int, list[Row]]:
    """Project id → who holds it from each day on, in order of days, as known at an instant: one statement."""
    return {
        project_id: [row[:3] for row in rows] for project_id, rows in recorded(project_ids, known).items()
    }


def recorded(project_ids: Sequence[int], known: datetime | None = None) -> Mapping[int, list[Recorded]]:
    """The same, each row with the instant at which it was recorded: one statement."""
    columns = (Holding.from_day, Holding.indicators_id, Holding.enterprise_service_id, Holding.recorded_at)
    query = select(Holding.project_id, *columns).where(Holding.project_id.in_(project_ids))
    if known is not None:
        query = query.where(Holding.recorded_at <= known)
    found: dict[int, dict[date, Recorded]] = {project_id: {} for project_id in project_ids}
    for project_id, day, indicators_id, service_id, at in db.session.execute(
        query.order_by(Holding.from_day, Holding.id)
    ):
        found[project_id][day] = (day, indicators_id, service_id, at)
    return {project_id: list(rows.values()) for project_id, rows in found.items()}


@cache
def _misplaced() -> Select[Any]:
    """What `_first_holders` says of the projects that have another first holder, or none, and the day on which theirs
    begins. Built once: putting it together takes longer than the database takes to answer it.
    """
    held, one = aliased(Holding), aliased(Holding)
    # rows that name nobody are of days before a project that was found to begin later
    named = select(one.id).where(one.project_id == Project.id, one.indicators_id.is_not(None))
    named = named.where(~_said_anew(one, aliased(Holding))).order_by(one.from_day).limit(1).correlate(Project)
    first = _first_holders()
    said = first.selected_columns
    differs = (
        held.from_day != said.from_day,
        *(getattr(held, f"{duty}_id") != said[duty] for duty in DUTIES),
    )
    query = first.add_columns(held.from_day).outerjoin(held, held.id == named.scalar_subquery())
    return query.where(or_(held.id.is_(None), *differs))


def _first_holders() -> Select[Any]:
    """For projects that have begun: project, its first day, and who should hold indicators and service first."""
    one, again = aliased(Decision), aliased(Decision)
    facts, later = aliased(ProjectFacts), aliased(ProjectFacts)
    first = select(one.id).where(
        one.project_id == Project.id, one.outcome_id.is_not(None), ~_said_anew(one, again)
    )
    first = first.order_by(one.from_day).limit(1).correlate(Project)
    version = select(later.id).where(later.project_id == Project.id, later.valid_from <= Decision.from_day)
    version = version.order_by(later.valid_from.desc(), later.id.desc()).limit(1).correlate(Project, Decision)
    columns: list[Any] = [Project.id, Decision.from_day, *_holders(facts)]
    begun = select(*columns).select_from(Project)
    begun = begun.join(Decision, Decision.id == first.scalar_subquery())
    return begun.join(facts, facts.id == version.scalar_subquery())


def _holders(facts: Any) -> Iterable[ColumnElement[int]]:
    """Who should hold indicators and service from a first decision on, where `facts` say whose books the project is in."""
    start, end = Project.construction_started_on, Project.completed_on
    earliest = case((start.is_(None), end), (end < start, end), else_=start)
    old = func.coalesce(Project.signed_on, earliest) <= NOTICE_DAY
    in_books = func.coalesce(facts.served_by_id, facts.attracted_by_id)
    return [case((old, in_books), else_=getattr(Decision, f"{duty}_id")).label(duty) for duty in DUTIES]


def _said_anew(row: Any, again: Any) -> Any:
    """Was what holds from a row's day on recorded once more?"""
    return exists().where(
        again.project_id == row.project_id, again.from_day == row.from_day, again.id > row.id
    )


def _seats(differing: Sequence[Any], event: AuditEvent) -> list[dict[str, Any]]:
    """The rows to add: of projects that should have another first holder, and what their first day is now, if any."""
    ids = [row[0] for row in differing if row[-1] is not None]
    stored = rows_of(ids) if ids else {}
    closed = months.last_closed_day() if ids else None
    query = select(Holding.project_id).where(Holding.project_id.in_(ids), Holding.transfer_id.is_not(None))
    transferred = set(db.session.scalars(query)) if ids else set()
    added = []
    for project_id, day, *holders, begun in differing:
        rows = {row[0]: row[1:] for row in stored.get(project_id, ())}
        if project_id in transferred or (closed and begun and begun <= closed):
            # who held stays; days before it that the project had begun by are held by the same unit
            new = {near: rows[begun] for near in {*rows, day} if day <= near < begun}
        else:
            new = {near: tuple(holders) if near >= day else NOBODY for near in {*rows, day}}
        for near in sorted(new):
            if rows.get(near) != new[near]:
                added.append(_values(project_id, (near, *new[near]), event, None))
    return added


def _values(project_id: int, row: Any, event: AuditEvent, transfer_id: int | None) -> dict[str, Any]:
    from_day, indicators_id, service_id = row
    return {
        "project_id": project_id,
        "from_day": from_day,
        "recorded_at": event.at,
        "indicators_id": indicators_id,
        "enterprise_service_id": service_id,
        "transfer_id": transfer_id,
        "event_id": event.id,
    }
