"""How projects came to a unit and left it, month by month: what it held, or what it was entitled to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ScalarSelect, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import Decision, Duty, Holding, Project, Transfer, Unit, User
from crm.periods import Month
from crm.permissions import visible_to
from crm.services.standpoint import Standpoint

Way = Literal["held", "entitled"]
WAYS: tuple[Way, ...] = ("held", "entitled")
TABLES: dict[Way, Any] = {"held": Holding, "entitled": Decision}

MONTHS = 18
"""How far back a unit's picture goes."""


FIRST_YEAR, LAST_YEAR = 3, 9997
"""Months further out than this have no neighbours a calendar could name."""


@dataclass(frozen=True)
class Flow:
    """A month: how many projects began with the unit, passed to it, and passed from it."""

    month: Month
    began: int = 0
    came: int = 0
    left: int = 0


def by_month(
    user: User | None, seen: Standpoint, duty: Duty, unit: Unit, way: Way = "held", months: int = MONTHS
) -> list[Flow]:
    """What came and left in each of the last months up to the day, oldest month first: three statements at most."""
    if not FIRST_YEAR <= seen.day.year <= LAST_YEAR:
        return []
    last = Month.of(seen.day)
    found = {month: Flow(month) for month in (last.plus(step - months + 1) for step in range(months))}
    first = last.plus(1 - months).first
    table = TABLES[way]
    now, before, later = aliased(table), aliased(table), aliased(table)
    lead, led = getattr(now, f"{duty}_id"), getattr(before, f"{duty}_id")
    came = (
        select(now.from_day, func.count(case((led.is_(None), 1))), func.count())
        .join(Project, Project.id == now.project_id)
        .outerjoin(before, before.id == _neighbour(seen, table, now, earlier=True))
        .where(
            visible_to(user),
            lead == unit.id,
            now.from_day.between(first, seen.day),
            *_counts(seen, table, now),
            or_(led.is_(None), led != unit.id),
        )
        .group_by(now.from_day)
    )
    for day, began, both in db.session.execute(came):
        flow = found[Month.of(day)]
        found[flow.month] = Flow(flow.month, flow.began + began, flow.came + both - began, flow.left)
    led, lead = getattr(now, f"{duty}_id"), getattr(later, f"{duty}_id")
    left = (
        select(later.from_day, func.count())
        .select_from(now)
        .join(Project, Project.id == now.project_id)
        .join(later, later.id == _neighbour(seen, table, now, earlier=False))
        .where(
            visible_to(user),
            led == unit.id,
            *_counts(seen, table, now),
            later.from_day.between(first, seen.day),
            or_(lead.is_(None), lead != unit.id),
        )
        .group_by(later.from_day)
    )
    for day, gone in db.session.execute(left):
        flow = found[Month.of(day)]
        found[flow.month] = Flow(flow.month, flow.began, flow.came, flow.left + gone)
    if way == "held":
        for day, gives, count in db.session.execute(_from_the_beginning(user, seen, duty, unit, first)):
            flow = found[Month.of(day)]
            if gives:
                flow = Flow(flow.month, flow.began + count, flow.came, flow.left + count)
            else:
                flow = Flow(flow.month, flow.began - count, flow.came + count, flow.left)
            found[flow.month] = flow
    return list(found.values())


def _from_the_beginning(
    user: User | None, seen: Standpoint, duty: Duty, unit: Unit, first: date
) -> Select[date, bool, int]:
    """Day, does the unit give, and how many: transfers in effect from the very day on which the project was first held.

    So was the stock of 27 April 2020. Their rows stand in the place of the first holder's, who has no other: what passed
    on would look as if it had begun with the receiving unit.
    """
    now, before = aliased(Holding), aliased(Holding)
    gives = Transfer.from_unit_id == unit.id
    return (
        select(now.from_day, gives, func.count())
        .join(Project, Project.id == now.project_id)
        .join(Transfer, Transfer.id == now.transfer_id)
        .outerjoin(before, before.id == _neighbour(seen, Holding, now, earlier=True))
        .where(
            visible_to(user),
            getattr(Transfer, duty),
            or_(gives, Transfer.to_unit_id == unit.id),
            now.from_day.between(first, seen.day),
            *_counts(seen, Holding, now),
            before.indicators_id.is_(None),
        )
        .group_by(now.from_day, gives)
    )


def _counts(seen: Standpoint, table: Any, row: Any) -> list[Any]:
    """Conditions on a row: known, and of those known for its first day the one recorded last."""
    other = aliased(table)
    overtaken = [other.project_id == row.project_id, other.from_day == row.from_day, other.id > row.id]
    conditions = []
    if seen.known is not None:
        overtaken.append(other.recorded_at <= seen.known)
        conditions.append(row.recorded_at <= seen.known)
    return [*conditions, ~select(other.id).where(and_(*overtaken)).exists()]


def _neighbour(seen: Standpoint, table: Any, row: Any, *, earlier: bool) -> ScalarSelect[int]:
    """The id of the row that was in force before a row's first day, or of the one that ended it."""
    other = aliased(table)
    query = select(other.id).where(other.project_id == row.project_id)
    query = query.where(other.from_day < row.from_day if earlier else other.from_day > row.from_day)
    if seen.known is not None:
        query = query.where(other.recorded_at <= seen.known)
    day = other.from_day.desc() if earlier else other.from_day.asc()
    return query.order_by(day, other.id.desc()).limit(1).correlate(row).scalar_subquery()
