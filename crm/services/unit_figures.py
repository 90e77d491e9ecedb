"""What each unit has, is entitled to, gives and gets: counts and sums of projects, and the projects behind each figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, not_, union_all

from crm.db import db
from crm.models import DUTIES, Decision, Duty, Holding, Project, User
from crm.services.paging import PAGE_SIZE, Page, Place, by_key, counted
from crm.services.project_list import FEW
from crm.services.standpoint import Standpoint

Part = Literal["has", "entitled", "gives", "gets", "undetermined"]
PARTS: tuple[Part, ...] = ("has", "entitled", "gives", "gets", "undetermined")
"""`gives`: has, but another is entitled. `gets`: is entitled, but another has. `undetermined`: has, and the notice is
silent about who is entitled; these are in `has` and in none of the others."""


@dataclass(frozen=True)
class Amount:
    """So many projects with a total investment of so many fen; those whose investment is not known add none."""

    count: int = 0
    fen: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.count + other.count, self.fen + other.fen)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.count - other.count, self.fen - other.fen)

    def __bool__(self) -> bool:
        return self.count != 0


@dataclass
class Figures:
    """The figures of one unit, or of several together."""

    has: Amount = field(default_factory=Amount)
    entitled: Amount = field(default_factory=Amount)
    gives: Amount = field(default_factory=Amount)
    gets: Amount = field(default_factory=Amount)
    undetermined: Amount = field(default_factory=Amount)

    @property
    def difference(self) -> Amount:
        """What it would have more (or, negative, less) if every project were with the unit entitled: gets − gives."""
        return self.gets - self.gives

    @property
    def kept(self) -> Amount:
        """What it has and is entitled to."""
        return self.entitled - self.gets

    def __bool__(self) -> bool:
        return bool(self.has or self.entitled)


@dataclass(frozen=True)
class Line:
    """A project behind a figure, as its facts were on the day."""

    number: str
    name: str
    investor: str | None
    site_street_id: int | None
    status: str
    holder_id: int
    entitled_id: int
    fen: int | None


def by_unit(
    user: User | None, seen: Standpoint, duty: Duty, *, unit_id: int | None = None
) -> dict[int, Figures]:
    """Unit id → its figures, units without any left out: one statement.

    For one unit only the projects it has or is entitled to are read, and the figures of others are not whole.
    """
    queries = []
    for one in seen.parts():
        entitled, held = one.entitled(duty), one.held(duty)
        # today in the order of the index that has all of it, so that the projects themselves are not read
        groups = (
            [column(each) for each in DUTIES for column in (one.entitled, one.held)]
            if one.is_present
            else [entitled, held]
        )
        query = one.select(
            user, held, entitled, one.status, func.count(), func.sum(one.facts.total_investment_fen)
        )
        if unit_id is not None:
            query = query.where((held == unit_id) | (entitled == unit_id))
        queries.append(query.group_by(*groups, one.status))
    found: dict[int, Figures] = {}
    for has_id, entitled_id, status, count, fen in db.session.execute(union_all(*queries)):
        amount = Amount(count, int(fen or 0))
        undetermined = status == "undetermined"
        mine = found.setdefault(has_id, Figures())
        mine.has += amount
        if undetermined:
            mine.undetermined += amount
            continue
        theirs = found.setdefault(entitled_id, Figures())
        theirs.entitled += amount
        if has_id != entitled_id:
            mine.gives += amount
            theirs.gets += amount
    return {unit_id: figures for unit_id, figures in found.items() if figures}


def total(figures: Iterable[Figures]) -> Figures:
    """The figures of several units together."""
    added = Figures()
    for one in figures:
        for part in PARTS:
            setattr(added, part, getattr(added, part) + getattr(one, part))
    return added


def summed(amounts: Iterable[Amount]) -> Amount:
    """Several amounts together."""
    return sum(amounts, Amount())


def projects(
    user: User | None,
    seen: Standpoint,
    duty: Duty,
    part: Part,
    unit_id: int,
    place: Place,
    *,
    size: int = PAGE_SIZE,
) -> Page[Line]:
    """One page of exactly the projects that a unit's figure counts: two statements."""
    table = Decision if part in ("entitled", "gets") else Holding
    sieve = None if seen.is_present else seen.ever(table, **{f"{duty}_id": unit_id})
    return paged(user, seen, duty, _counts(seen, duty, part, unit_id), place, size=size, sieve=sieve)


def paged(
    user: User | None,
    seen: Standpoint,
    duty: Duty,
    condition: ColumnElement[bool],
    place: Place,
    *,
    size: int = PAGE_SIZE,
    sieve: ColumnElement[bool] | None = None,
) -> Page[Line]:
    """One page of the projects that a condition on a standpoint's columns is true of: two statements.

    `sieve` is implied by the condition and answered by an index: few projects are found by it, many on the way.
    """
    count, capped = counted(
        seen.select(user, Project.id).where(condition, *([] if sieve is None else [sieve]))
    )
    facts = seen.facts
    query = seen.select(
        user, Project.number, facts.name, facts.investor, facts.site_street_id, seen.status,
        seen.held(duty), seen.entitled(duty), facts.total_investment_fen,
    ).where(condition, *([sieve] if sieve is not None and count <= FEW else []))  # fmt: skip
    found = by_key(query, Project.number, place, Line, size=size)
    return replace(found, count=count, capped=capped)


def _counts(seen: Standpoint, duty: Duty, part: Part, unit_id: int) -> ColumnElement[bool]:
    """Does a unit's figure count the project?"""
    has: Any = seen.held(duty) == unit_id
    entitled: Any = seen.entitled(duty) == unit_id
    return {
        "has": has,
        "entitled": and_(entitled, not_(seen.undetermined)),
        "gives": and_(has, not_(entitled), not_(seen.undetermined)),
        "gets": and_(entitled, not_(has), not_(seen.undetermined)),
        "undetermined": and_(has, seen.undetermined),
    }[part]
