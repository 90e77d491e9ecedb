"""What passes on: of each unit what it holds before and after, what is carried over, and that the district's total stays.

Asked before anything is confirmed, for one transfer, for a batch (crm/services/batch_totals.py), or for a query of what might
be transferred. Before and after are each counted over all projects; neither is worked out from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from crm import clock
from crm.db import db
from crm.models import DUTIES, OPEN_TRANSFERS, CarryOver, Duty, Project, Transfer, User
from crm.periods import Month
from crm.services import carry_overs, standpoint
from crm.services.standpoint import Standpoint
from crm.services.unit_figures import Amount


@dataclass
class Change:
    """What is held before and after."""

    before: Amount = field(default_factory=Amount)
    after: Amount = field(default_factory=Amount)

    @property
    def difference(self) -> Amount:
        """What is held more, or, negative, less."""
        return self.after - self.before


@dataclass
class Held:
    """What one unit, or the district, holds of each responsibility before and after."""

    indicators: Change = field(default_factory=Change)
    enterprise_service: Change = field(default_factory=Change)

    def of(self, duty: Duty) -> Change:
        """Of one responsibility."""
        change: Change = getattr(self, duty)
        return change


@dataclass(frozen=True)
class Flow:
    """What passes from one unit to another: projects with their investment, and what else of them the books know."""

    from_unit_id: int
    to_unit_id: int
    projects: Amount
    unknown: int
    """How many of them have no total investment in the books."""
    completed: int
    """How many produce already."""
    above_scale: int
    """How many are above-scale industrial ones (规上工业), which follow the indicators as well."""


@dataclass(frozen=True)
class Carried:
    """What is carried over from one unit to another for the same closed months."""

    from_unit_id: int
    to_unit_id: int
    first_month: Month
    last_month: Month
    month: Month
    projects: Amount
    unknown: int


@dataclass(frozen=True)
class Effects:
    """What passes on, and what that changes."""

    projects: Amount
    """What passes on altogether."""
    units: Mapping[int, Held]
    """The units that give or get, by id."""
    district: Held
    """All units together, counted before and counted after."""
    flows: tuple[Flow, ...]
    carried: tuple[Carried, ...]

    @property
    def unknown(self) -> int:
        """How many of the projects have no total investment in the books."""
        return sum(flow.unknown for flow in self.flows)

    @property
    def balanced(self) -> bool:
        """Is the district's total the same on both sides?"""
        return all(self.district.of(duty).before == self.district.of(duty).after for duty in DUTIES)

    def __bool__(self) -> bool:
        return bool(self.projects)


def of_transfer(transfer: Transfer, user: User | None) -> Effects:
    """What an open transfer would change if it were confirmed today; nothing of one that has ended. At most eight statements."""
    return of(moves(Transfer.id == transfer.id), user)


def moves(which: Any) -> Select[Any]:
    """Open transfers as `of` reads them."""
    query: Any = select(
        Transfer.project_id,
        Transfer.from_unit_id,
        Transfer.to_unit_id,
        Transfer.indicators,
        Transfer.enterprise_service,
        Transfer.since,
    )
    moving: Select[Any] = query.where(which, Transfer.state.in_(OPEN_TRANSFERS))
    return moving


def of(
    moving: Any,
    user: User | None,
    carrying: tuple[Carried, ...] | None = None,
) -> Effects:
    """What a query of moves would change if they took effect today, of the projects that the person may see.

    The query has one row for a project, with the columns that `moves` has; a responsibility that the giving unit does not
    hold (any more) does not pass on. `carrying` is what is carried over, where the caller knows. Three statements, without it
    four, and where months are closed one and three more for each five thousand.
    """
    seen = standpoint.at(clock.today())
    rows = moving.subquery()
    units, district = _sides(seen, user, rows)
    flows = _flows(seen, user, rows)
    if carrying is None:
        carrying = carried(carry_overs.preview(_passing(seen, user, rows)))
    changed = sorted({unit_id for flow in flows for unit_id in (flow.from_unit_id, flow.to_unit_id)})
    return Effects(
        sum((flow.projects for flow in flows), Amount()),
        {unit_id: units.get(unit_id) or Held() for unit_id in changed},
        district,
        flows,
        carrying,
    )


def carried(lines: Iterable[carry_overs.Line], more: Iterable[Carried] = ()) -> tuple[Carried, ...]:
    """Lines, and what was added up already, of the same units and months together, the earliest months first; what only
    the service passes on is not in them.
    """
    each = (
        Carried(
            line.from_unit_id,
            line.to_unit_id,
            line.first_month,
            line.last_month,
            line.month,
            Amount(1, line.fen or 0),
            int(line.fen is None),
        )
        for line in lines
    )
    found: dict[Any, Carried] = {}
    for one in chain(each, more):
        key = (one.first_month, one.last_month, one.month, one.from_unit_id, one.to_unit_id)
        had = found.get(key)
        if had is not None:
            one = replace(one, projects=had.projects + one.projects, unknown=had.unknown + one.unknown)
        found[key] = one
    return tuple(found[key] for key in sorted(found))


def booked(lines: Select[CarryOver]) -> tuple[Carried, ...]:
    """The same of lines that were written: one statement."""
    row = lines.subquery()
    key = (row.c.from_unit_id, row.c.to_unit_id, row.c.first_month, row.c.last_month, row.c.month)
    query = select(*key, func.count(), func.sum(row.c.to_fen), func.count(row.c.to_fen)).group_by(*key)
    added_up = (
        Carried(
            giving,
            getting,
            Month.parse(first),
            Month.parse(last),
            Month.parse(month),
            Amount(count, int(fen or 0)),
            count - known,
        )
        for giving, getting, first, last, month, count, fen, known in db.session.execute(query)
    )
    return carried((), added_up)


def _sides(seen: Standpoint, user: User | None, rows: Any) -> tuple[dict[int, Held], Held]:
    """What every unit holds before and after, and the district: one statement."""
    before = [seen.held(duty) for duty in DUTIES]
    after = [
        case((_moves(rows, duty, held), rows.c.to_unit_id), else_=held)
        for duty, held in zip(DUTIES, before, strict=True)
    ]
    query = seen.select(user, *before, *after, func.count(), func.sum(seen.facts.total_investment_fen))
    query = query.outerjoin(rows, rows.c.project_id == Project.id).group_by(*before, *after)
    units: dict[int, Held] = {}
    district = Held()
    for *holders, count, fen in db.session.execute(query):
        amount = Amount(count, int(fen or 0))
        for place, (duty, side) in enumerate((duty, side) for side in ("before", "after") for duty in DUTIES):
            if holders[place] is None:
                continue
            for held in (units.setdefault(holders[place], Held()), district):
                change = held.of(duty)
                setattr(change, side, getattr(change, side) + amount)
    return units, district


def _passing(seen: Standpoint, user: User | None, rows: Any) -> Iterator[Any]:
    """What passes on of each project, as `carry_overs` reads it where months are closed: one statement."""
    moved = [_moves(rows, duty, seen.held(duty)).label(duty) for duty in DUTIES]
    query = seen.select(user, *(column for column in rows.c if column.name not in DUTIES), *moved)
    yield from db.session.execute(query.join(rows, rows.c.project_id == Project.id).where(or_(*moved)))


def _flows(seen: Standpoint, user: User | None, rows: Any) -> tuple[Flow, ...]:
    """What passes from unit to unit, the most projects first: one statement."""
    facts, units = seen.facts, (rows.c.from_unit_id, rows.c.to_unit_id)
    fen = facts.total_investment_fen
    query = seen.select(
        user,
        *units,
        func.count(),
        func.sum(fen),
        func.sum(case((fen.is_(None), 1), else_=0)),
        func.sum(case((facts.completed_on <= clock.today(), 1), else_=0)),
        func.sum(case((facts.above_scale_industrial, 1), else_=0)),
    )
    moved = or_(*(_moves(rows, duty, seen.held(duty)) for duty in DUTIES))
    query = query.join(rows, rows.c.project_id == Project.id).where(moved).group_by(*units)
    flows = (
        Flow(giving, getting, Amount(count, int(fen or 0)), *map(int, more))
        for giving, getting, count, fen, *more in db.session.execute(query)
    )
    return tuple(sorted(flows, key=lambda flow: (-flow.projects.count, flow.from_unit_id, flow.to_unit_id)))


def _moves(rows: Any, duty: Duty, held: Any) -> Any:
    """Does the responsibility pass on? Only from the unit that holds it."""
    return and_(rows.c[duty], held == rows.c.from_unit_id)
