"""From lead to signing: how far the leads of each month came, unit by unit, where they came from and where they were lost.

A lead is counted in the month in which it was logged and with the unit that has it, or had it last; merged ones are not counted.
It has reached a step where that step or a later one is on record, so that no step has more leads than the one before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.models import Lead, User
from crm.periods import Month
from crm.permissions import leads_read_by

STEPS = ("logged", "negotiating", "inspected", "drafted", "signed")
"""From logged to signed, in order."""

LONGEST = 60
"""Months that can be asked for at once."""

_DAYS: Mapping[str, Any] = {
    "logged": Lead.logged_on,
    "negotiating": Lead.negotiating_on,
    "inspected": Lead.inspected_on,
    "drafted": Lead.drafted_on,
    "signed": Lead.signed_on,
}
"""Step → the day it was taken."""

GAPS = (*pairwise(STEPS), ("logged", "signed"))
"""The pairs of steps between which days are counted."""


@dataclass(frozen=True)
class Scope:
    """Which leads: those logged in these months, of one unit or (none) of all."""

    first: Month
    last: Month
    unit_id: int | None = None


@dataclass
class Cohort:
    """Some leads: how many reached each step with which intended sums in fen, and how many were lost."""

    counts: list[int] = field(default_factory=lambda: [0] * len(STEPS))
    fens: list[int] = field(default_factory=lambda: [0] * len(STEPS))
    lost: int = 0

    def add(self, furthest: int, count: int, fen: int, lost: bool) -> None:
        """Adds leads that came as far as a step, counted from 0, and no farther."""
        for step in range(furthest + 1):
            self.counts[step] += count
            self.fens[step] += fen
        self.lost += count if lost else 0

    def __add__(self, other: Cohort) -> Cohort:
        return Cohort(
            [a + b for a, b in zip(self.counts, other.counts, strict=True)],
            [a + b for a, b in zip(self.fens, other.fens, strict=True)],
            self.lost + other.lost,
        )

    @property
    def open(self) -> int:
        """Neither signed nor lost."""
        return self.counts[0] - self.counts[-1] - self.lost


@dataclass(frozen=True)
class Behind:
    """Which leads of a scope: those that reached a step, that stopped at one, that came from a source, that were lost."""

    step: str | None = None
    furthest: str | None = None
    source: str | None = None
    reason: str | None = None
    lost: bool = False

    def __bool__(self) -> bool:
        return self != Behind()


def cohorts(scope: Scope) -> dict[tuple[int, Month], Cohort]:
    """Unit and month → the leads logged in it: one statement."""
    month = func.substr(cast(Lead.logged_on, String), 1, 7)
    furthest, lost = _furthest(), Lead.stage == "withdrawn"
    query = _of(scope, select(Lead.unit_id, month, furthest, lost, *_amounts())).group_by(
        Lead.unit_id, month, furthest, lost
    )
    found: dict[tuple[int, Month], Cohort] = {}
    for unit_id, name, step, is_lost, count, fen in db.session.execute(query):
        found.setdefault((unit_id, Month.parse(name)), Cohort()).add(step, count, int(fen), bool(is_lost))
    return found


def together(found: Iterable[Cohort]) -> Cohort:
    """Several cohorts as one."""
    total = Cohort()
    for one in found:
        total += one
    return total


def by_source(scope: Scope) -> list[tuple[str, Cohort]]:
    """Source and its leads, the most leads first: one statement."""
    furthest, lost = _furthest(), Lead.stage == "withdrawn"
    query = _of(scope, select(Lead.source, furthest, lost, *_amounts())).group_by(Lead.source, furthest, lost)
    found: dict[str, Cohort] = {}
    for source, step, is_lost, count, fen in db.session.execute(query):
        found.setdefault(source, Cohort()).add(step, count, int(fen), bool(is_lost))
    return sorted(found.items(), key=lambda pair: (-pair[1].counts[0], pair[0]))


def by_reason(scope: Scope) -> list[tuple[str, list[int]]]:
    """Why leads were lost, and how many at each step they had reached, the most first: one statement."""
    furthest = _furthest()
    query = _of(scope, select(Lead.lost_reason, furthest, func.count())).where(Lead.stage == "withdrawn")
    found: dict[str, list[int]] = {}
    for reason, step, count in db.session.execute(query.group_by(Lead.lost_reason, furthest)):
        found.setdefault(reason, [0] * len(STEPS))[step] += count
    return sorted(found.items(), key=lambda pair: (-sum(pair[1]), pair[0]))


def medians(scope: Scope) -> list[tuple[str, str, int, float | None]]:
    """From one step to the next, and from the first to the last: how many leads took both, and the median of days
    between; none where no lead did. One statement.
    """
    parts = []
    for place, (before, after) in enumerate(GAPS):
        days = _between(_DAYS[before], _DAYS[after])
        query = _of(
            scope, select(literal(place).label("place"), days.label("days"), func.count().label("count"))
        )
        parts.append(query.where(_DAYS[after] >= _DAYS[before]).group_by(days))
    found: list[Counter[int]] = [Counter() for _ in GAPS]
    for place, days, count in db.session.execute(union_all(*parts)):
        found[place][int(days)] += count
    return [(*gap, sum(counted.values()), _median(counted)) for gap, counted in zip(GAPS, found, strict=True)]


def leads(user: User, scope: Scope, behind: Behind, *, before: int | None, limit: int) -> Sequence[Lead]:
    """The leads behind a figure that the person may read, newest first, below an id: one statement."""
    query = _of(scope, select(Lead)).where(leads_read_by(user)).options(joinedload(Lead.industry))
    if behind.step is not None:
        later = STEPS[STEPS.index(behind.step) :]
        query = query.where(or_(*(_DAYS[step].is_not(None) for step in later)))
    if behind.furthest is not None:
        query = query.where(_furthest() == STEPS.index(behind.furthest))
    if behind.source is not None:
        query = query.where(Lead.source == behind.source)
    if behind.reason is not None:
        query = query.where(Lead.lost_reason == behind.reason)
    if behind.lost or behind.reason is not None:
        query = query.where(Lead.stage == "withdrawn")
    if before is not None:
        query = query.where(Lead.id < before)
    return list(db.session.scalars(query.order_by(Lead.id.desc()).limit(limit)))


def _of(scope: Scope, query: Any) -> Any:
    query = query.where(
        Lead.logged_on >= scope.first.first, Lead.logged_on <= scope.last.last, Lead.stage != "merged"
    )
    return query if scope.unit_id is None else query.where(Lead.unit_id == scope.unit_id)


def _furthest() -> ColumnElement[int]:
    taken = [(_DAYS[step].is_not(None), place) for place, step in enumerate(STEPS)]
    return case(*taken[:0:-1], else_=0)


def _amounts() -> tuple[Any, Any]:
    return func.count(), func.coalesce(func.sum(Lead.intended_investment_fen), 0)


def _between(first: Any, last: Any) -> ColumnElement[int]:
    if db.engine.dialect.name == "sqlite":
        return cast(func.julianday(last) - func.julianday(first), Integer)
    return type_coerce(last - first, Integer)


def _median(counted: Counter[int]) -> float | None:
    total = sum(counted.values())
    if not total:
        return None
    middle, seen = [], 0
    wanted = ((total - 1) // 2, total // 2)
    for days in sorted(counted):
        middle += [days for place in wanted if seen <= place < seen + counted[days]]
        seen += counted[days]
    return sum(middle) / 2
