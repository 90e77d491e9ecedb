"""What passes between the district's units: transfers confirmed in a span of days, and those still due on its last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, and_, func, select

from crm.db import db
from crm.models import Duty, Holding, Project, Transfer, User
from crm.services import unit_figures
from crm.services.paging import PAGE_SIZE, Page, Place
from crm.services.standpoint import Standpoint
from crm.services.unit_figures import Amount, Line

Part = Literal["confirmed", "due"]
PARTS: tuple[Part, ...] = ("confirmed", "due")


@dataclass(frozen=True)
class Flow:
    """What passed from one unit to another in the span, and what is still to."""

    from_id: int
    to_id: int
    confirmed: Amount
    due: Amount


def between_units(user: User | None, seen: Standpoint, duty: Duty, first: date) -> list[Flow]:
    """Every pair of units between which projects passed from the first day to the standpoint's, or are to pass.

    The pairs with the most projects first; two statements, however many projects.
    """
    fen = func.sum(seen.facts.total_investment_fen)
    moved = _moved(seen, duty, first).subquery()
    pair = (moved.c.from_unit_id, moved.c.to_unit_id)
    query = seen.select(user, *pair, func.count(), fen).join(moved, moved.c.project_id == Project.id)
    confirmed = _amounts(query.group_by(*pair))
    held, entitled = seen.held(duty), seen.entitled(duty)
    query = seen.select(user, held, entitled, func.count(), fen).where(seen.due_of(duty))
    due = _amounts(query.group_by(held, entitled))
    none = Amount()
    found = [
        Flow(*both, confirmed.get(both, none), due.get(both, none)) for both in confirmed.keys() | due.keys()
    ]
    return sorted(found, key=lambda one: (-one.confirmed.count - one.due.count, one.from_id, one.to_id))


def span(seen: Standpoint, duty: Duty) -> tuple[date, date] | None:
    """The first and the last day on which a responsibility passed on, up to the standpoint's; none where it never did.

    One statement.
    """
    moved = _moved(seen, duty, date.min).add_columns(Transfer.effective_day).subquery()
    first, last = db.session.execute(
        select(func.min(moved.c.effective_day), func.max(moved.c.effective_day))
    ).one()
    return (first, last) if first else None


def projects(
    user: User | None,
    seen: Standpoint,
    duty: Duty,
    first: date,
    part: Part,
    pair: tuple[int, int],
    place: Place,
    *,
    size: int = PAGE_SIZE,
) -> Page[Line]:
    """One page of exactly the projects that a figure counts: two statements."""
    if part == "due":
        condition = and_(seen.due_of(duty), seen.held(duty) == pair[0], seen.entitled(duty) == pair[1])
    else:
        moved = _moved(seen, duty, first).where(
            Transfer.from_unit_id == pair[0], Transfer.to_unit_id == pair[1]
        )
        condition = Project.id.in_(select(moved.subquery().c.project_id))
    return unit_figures.paged(user, seen, duty, condition, place, size=size)


def _moved(seen: Standpoint, duty: Duty, first: date) -> Select[int, int, int]:
    """Projects and the units between which a confirmed transfer moved a responsibility; each pair once a project."""
    query = (
        select(Transfer.project_id, Transfer.from_unit_id, Transfer.to_unit_id)
        .join(Holding, and_(Holding.transfer_id == Transfer.id, Holding.from_day == Transfer.effective_day))
        .where(
            Transfer.state == "confirmed",
            Transfer.effective_day.between(first, seen.day),
            getattr(Transfer, duty),
        )
        .distinct()
    )
    return query if seen.known is None else query.where(Holding.recorded_at <= seen.known)


def _amounts(query: Select[Any]) -> dict[tuple[int, int], Amount]:
    return {
        (before, after): Amount(count, int(fen or 0))
        for before, after, count, fen in db.session.execute(query)
    }
