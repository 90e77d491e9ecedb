"""流转和合作 as people find them: what waits for a unit, what it waits for, and for the bureau all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from crm import clock
from crm.db import db
from crm.errors import NotFound
from crm.grants import BUREAU, UNITS
from crm.messages import N_
from crm.models import Lead, Reassignment, User
from crm.permissions import allowed, leads_read_by

SIDES = ("asked", "ours")
"""Those that the person's unit is asked to answer, and those that it made."""

OF_A_LEAD = 5


@dataclass(frozen=True)
class Line:
    """An offer, and whether the person may read what the lead says."""

    made: Reassignment
    reads: bool
    user: User

    @property
    def is_open(self) -> bool:
        """Does it wait for an answer?"""
        return self.made.state == "open"

    @property
    def overdue(self) -> int:
        """By how many days the answer is late; 0 where it is not."""
        late = (clock.today() - self.made.answer_due).days if self.is_open else 0
        return max(late, 0)

    @property
    def asked(self) -> bool:
        """May the person answer it?"""
        mine = self.made.to_unit_id == self.user.unit_id and self.made.proposed_by_id != self.user.id
        return self.is_open and mine and allowed(self.user, "lead:reassign")

    @property
    def ours(self) -> bool:
        """May the person take it back?"""
        mine = self.made.from_unit_id == self.user.unit_id
        return self.is_open and mine and allowed(self.user, "lead:reassign")


def by_id(number: int, user: User) -> Line:
    """One offer; raises NotFound, for those too whom it does not concern."""
    row = db.session.execute(_query(user).where(Reassignment.id == number)).first()
    if row is None:
        raise NotFound(N_("没有编号为%(number)s的流转或合作"), number=number)
    return Line(row[0], bool(row[1]), user)


def listing(user: User, *, state: str | None, side: str | None, before: int | None, limit: int) -> list[Line]:
    """Offers, newest first, below a number: one statement."""
    query = _query(user).order_by(Reassignment.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Reassignment.state == state)
    if before is not None:
        query = query.where(Reassignment.id < before)
    if side is not None:
        unit = Reassignment.to_unit_id if side == "asked" else Reassignment.from_unit_id
        query = query.where(unit == user.unit_id)
    return _lines(query, user)


def waiting_for(user: User, most: int) -> Sequence[Line]:
    """What waits on the front page, the soonest due first: of a unit what it was asked and what it asked, of the bureau what
    is overdue. At most one statement.
    """
    if not (user.role in UNITS or user.role in BUREAU):
        return ()
    query = _query(user).where(Reassignment.state == "open")
    if user.role in BUREAU:
        query = query.where(Reassignment.answer_due < clock.today())
    return _lines(query.order_by(Reassignment.answer_due, Reassignment.id).limit(most), user)


def of_lead(lead: Lead, user: User) -> list[Line]:
    """The latest offers about a lead that the person may read, newest first: one statement."""
    query = _query(user, of_all=True).where(Reassignment.lead_id == lead.id)
    return _lines(query.order_by(Reassignment.id.desc()).limit(OF_A_LEAD), user)


def _lines(query: Select[Any], user: User) -> list[Line]:
    return [Line(made, bool(reads), user) for made, reads in db.session.execute(query)]


def _query(user: User, *, of_all: bool = False) -> Any:
    query: Any = (
        select(Reassignment, leads_read_by(user))
        .join(Reassignment.lead)
        .where(true() if of_all else _concerns(user))
        .options(
            contains_eager(Reassignment.lead),
            joinedload(Reassignment.from_unit),
            joinedload(Reassignment.to_unit),
            joinedload(Reassignment.proposed_by),
            joinedload(Reassignment.answered_by),
        )
    )
    return query


def _concerns(user: User) -> ColumnElement[bool]:
    """Units see what they made and what they were asked; bureau and leaders see all."""
    if user.role not in UNITS:
        return true()
    return or_(Reassignment.from_unit_id == user.unit_id, Reassignment.to_unit_id == user.unit_id)
