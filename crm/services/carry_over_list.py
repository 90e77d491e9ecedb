"""结转 as people find them: line by line, and what each unit has less and more by them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union_all

from crm.db import db
from crm.models import CarryOver, Project, Transfer, User
from crm.periods import Month
from crm.permissions import visible_to
from crm.services.paging import PAGE_SIZE, Page, Place, by_key
from crm.services.unit_figures import Amount

AT_ONCE = 1_000
"""Rows an export reads at a time."""


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None narrows nothing."""

    unit_id: int | None = None
    """A unit that gives or gets."""
    month: str | None = None
    """The open month it was booked in, `YYYY-MM`."""
    concerning: str | None = None
    """A closed month it concerns, `YYYY-MM`."""


@dataclass(frozen=True)
class Line:
    """One line, the project it is of, and the batch that its transfer belongs to."""

    row: CarryOver
    number: str
    name: str
    batch_id: int | None


@dataclass
class Sums:
    """Of one unit the lines by which it has less, and those by which it has more."""

    gives: Amount = field(default_factory=Amount)
    gets: Amount = field(default_factory=Amount)


def listing(
    user: User | None,
    filters: Filters,
    place: Place,
    *,
    size: int = PAGE_SIZE,
) -> Page[Line]:
    """A page, what was booked last first: one statement."""
    return by_key(_query(user, filters), CarryOver.id, place, Line, size=size)


def lines(user: User | None, filters: Filters) -> Generator[Line, None, None]:
    """All of them, what was booked last first, some of them in memory at a time."""
    query = _query(user, filters).order_by(CarryOver.id.desc()).execution_options(yield_per=AT_ONCE)
    for row in db.session.execute(query):
        yield Line(*row)


def sums(user: User | None, filters: Filters) -> tuple[dict[int, Sums], Amount]:
    """Unit id → how many lines it has and the total investment of their projects, and the same of all: one statement.

    A project counts once, however many of its lines there are: they are of its several months, and each of these has the
    whole of it. With a unit among the filters its own sum is whole; of the others there is what passes between them and it.
    """
    query: Any = select(CarryOver.from_unit_id, CarryOver.to_unit_id, CarryOver.project_id, CarryOver.to_fen)
    lines = _narrowed(query.join(Project, Project.id == CarryOver.project_id), user, filters).subquery()
    sides = {"gives": lines.c.from_unit_id, "gets": lines.c.to_unit_id, "": literal(0)}
    found: dict[int, Sums] = {}
    whole = Amount()
    for side, unit_id, count, fen in db.session.execute(
        union_all(*(_once(lines, literal(side), unit) for side, unit in sides.items()))
    ):
        amount = Amount(int(count), int(fen))
        if side:
            setattr(found.setdefault(unit_id, Sums()), side, amount)
        else:
            whole = amount
    return found, whole


def in_all(month: Month, visible: ColumnElement[bool]) -> Amount:
    """How many lines were booked in a month, and the total investment of their projects: one statement."""
    query = select(CarryOver.project_id, CarryOver.to_fen).join(Project, Project.id == CarryOver.project_id)
    lines = query.where(visible, CarryOver.month == str(month)).subquery()
    row = db.session.execute(_once(lines, literal(""), literal(0))).one_or_none()
    return Amount(int(row[2]), int(row[3])) if row else Amount()


def _once(lines: Any, name: Any, unit: Any) -> Select[Any]:
    """Name, unit, how many lines, and the total investment of their projects, each of which counts once."""
    each = select(unit.label("unit"), func.count().label("some"), func.max(lines.c.to_fen).label("fen"))
    by_project = each.select_from(lines).group_by(unit, lines.c.project_id).subquery()
    some, fen = func.sum(by_project.c.some), func.coalesce(func.sum(by_project.c.fen), 0)
    return select(name, by_project.c.unit, some, fen).group_by(by_project.c.unit)


def months() -> list[str]:
    """The open months that have lines, newest first: one statement."""
    return list(db.session.scalars(select(CarryOver.month).distinct().order_by(CarryOver.month.desc())))


def concerned() -> list[str]:
    """The closed months between the first and the last that lines concern, newest first: one statement."""
    query = select(func.min(CarryOver.first_month), func.max(CarryOver.last_month))
    first, last = db.session.execute(query).one()
    found: list[str] = []
    while first is not None and (not found or found[-1] > first):
        found.append(str(Month.parse(found[-1]).plus(-1)) if found else last)
    return found


def _query(user: User | None, filters: Filters) -> Any:
    query: Any = (
        select(CarryOver, Project.number, Project.name, Transfer.batch_id)
        .join(Project, Project.id == CarryOver.project_id)
        .join(Transfer, Transfer.id == CarryOver.transfer_id)
    )
    return _narrowed(query, user, filters)


def _narrowed(query: Any, user: User | None, filters: Filters) -> Select[Any]:
    query = query.where(visible_to(user))
    if filters.month is not None:
        query = query.where(CarryOver.month == filters.month)
    if filters.concerning is not None:
        query = query.where(
            CarryOver.first_month <= filters.concerning, CarryOver.last_month >= filters.concerning
        )
    if filters.unit_id is not None:
        unit = filters.unit_id
        query = query.where(or_(CarryOver.from_unit_id == unit, CarryOver.to_unit_id == unit))
    narrowed: Select[Any] = query
    return narrowed
