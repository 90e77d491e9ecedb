"""What each unit is credited with: its parts of the projects signed in a span of days. The sums over units, and over what has
no unit, are the district's, which counts a project once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, true

from crm import money
from crm.db import db
from crm.models import CreditShare, CreditSplit, Project, User
from crm.models.reassignments import WHOLE
from crm.permissions import visible_to


@dataclass(frozen=True)
class Credited:
    """Projects in ten-thousandths of one, their total investment in fen, and how many of them are shared."""

    projects: int = 0
    fen: int = 0
    shared: int = 0

    @property
    def number(self) -> str:
        """So many projects, as people write it: `3`, `0.5`, `12.3333`."""
        text = f"{self.projects // WHOLE}.{self.projects % WHOLE:04d}"
        return text.rstrip("0").rstrip(".")

    def __add__(self, other: Credited) -> Credited:
        return Credited(self.projects + other.projects, self.fen + other.fen, self.shared + other.shared)


def credited(
    user: User | None,
    first: date,
    last: date,
    *,
    unit_id: int | None = None,
    known: datetime | None = None,
) -> dict[int | None, Credited]:
    """Unit id → what it is credited with of the projects signed from one day to another, each by the split that held in the month
    of its signing, as known at an instant (None: now). What nobody attracted or serves stands under None. For one unit
    only what concerns it is read. Two statements.
    """
    signed = and_(visible_to(user), Project.signed_on.between(first, last))
    found: dict[int | None, Credited] = {}
    for unit, part in (*_whole(signed, unit_id, known), *_shared(signed, unit_id, known)):
        found[unit] = found.get(unit, Credited()) + part
    return found if unit_id is None else {unit_id: found.get(unit_id, Credited())}


def _whole(
    signed: ColumnElement[bool], unit_id: int | None, known: datetime | None
) -> Iterator[tuple[int | None, Credited]]:
    holder = func.coalesce(Project.attracted_by_id, Project.served_by_id)
    mine = holder == unit_id if unit_id is not None else true()
    split = exists(select(CreditSplit.id).where(_in_force(known)).correlate(Project))
    query = select(holder, func.count(), func.sum(Project.total_investment_fen)).where(signed, mine, ~split)
    for unit, count, fen in db.session.execute(query.group_by(holder)):
        yield unit, Credited(count * WHOLE, int(fen or 0))


def _shared(
    signed: ColumnElement[bool], unit_id: int | None, known: datetime | None
) -> Iterator[tuple[int | None, Credited]]:
    holds = (
        select(CreditSplit.id)
        .where(_in_force(known))
        .order_by(CreditSplit.valid_from.desc(), CreditSplit.id.desc())
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    query: Any = (
        select(Project.id, Project.total_investment_fen, CreditShare.unit_id, CreditShare.share)
        .join(CreditShare, CreditShare.split_id == holds)
        .where(signed)
        .order_by(Project.id, CreditShare.position)
    )
    if unit_id is not None:
        has = select(CreditSplit.project_id).join(CreditShare, CreditShare.split_id == CreditSplit.id)
        query = query.where(Project.id.in_(has.where(CreditShare.unit_id == unit_id)))
    for _, together in groupby(db.session.execute(query), key=lambda row: row[0]):
        rows = list(together)
        parts = money.split(rows[0][1] or 0, [share for *_, share in rows])
        counted: set[int] = set()
        for (*_, unit, share), fen in zip(rows, parts, strict=True):
            yield unit, Credited(share, fen, 0 if unit in counted else 1)
            counted.add(unit)


def _in_force(known: datetime | None) -> ColumnElement[bool]:
    """Of a project, the splits that began by the month of its signing: a split begins with a month."""
    held = and_(CreditSplit.project_id == Project.id, CreditSplit.valid_from <= Project.signed_on)
    return held if known is None else and_(held, CreditSplit.recorded_at <= known)
