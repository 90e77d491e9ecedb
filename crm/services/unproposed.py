"""应划转未提出, as desks and the front page tell it: how many, how many of them late or disputed, and what a batch settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, case, func, select

from crm import clock
from crm.db import db
from crm.grants import UNITS
from crm.models import Decision, Project, User
from crm.permissions import allowed
from crm.services import batch_kinds, transfer_disputes
from crm.services.paging import COUNTED_AT_MOST
from crm.services.transfer_list import NO_KIND, Filters, Line, Listing

SHOWN = 10
"""Lines on a desk; the rest is a click away."""


@dataclass(frozen=True)
class Tally:
    """How many projects something is due of that nobody proposed, counted no further than COUNTED_AT_MOST."""

    count: int = 0
    late: int = 0
    """Not proposed in time."""
    disputed: int = 0
    capped: bool = False
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Kind of batch → how many of them it settles; counted for the bureau's desk alone."""


@dataclass(frozen=True)
class Group:
    """What a desk shows of them: the tally, and the oldest that no batch settles, late ones first; on a unit's desk then the
    oldest that one does, each with its kind.
    """

    tally: Tally
    lines: Sequence[Line]


def tally(user: User, due_days: int) -> Tally:
    """Of the person's unit, or all that the person sees: one statement."""
    return _tally(_listing(user, due_days), NO_KIND)


def of(user: User, due_days: int) -> Group | None:
    """What a person may propose; none for who may propose nothing. Six statements."""
    if not allowed(user, "transfer:propose"):
        return None
    listing = _listing(user, due_days, batch_kinds.kind_of(clock.today()))
    if user.role in UNITS:
        return Group(_tally(listing, NO_KIND), listing.alone_first(SHOWN))
    return Group(_tally(listing, listing.kind), listing.first(SHOWN, None, listing.kind.is_(None)))


def _listing(user: User, due_days: int, kind: ColumnElement[str | None] = NO_KIND) -> Listing:
    unit_id = user.unit_id if user.role in UNITS else None
    return Listing(user, "due", Filters(unit_id=unit_id), due_days, kind)


def _tally(listing: Listing, kind: ColumnElement[str | None]) -> Tally:
    some = listing.narrowed(
        kind.label("kind"),
        listing.late().label("late"),
        transfer_disputes.disputed().label("disputed"),
    )
    some = some.join(Decision, Decision.id == Project.decision_id)
    one = some.limit(COUNTED_AT_MOST + 1).subquery()
    late, disputed = (func.sum(case((column, 1), else_=0)) for column in (one.c.late, one.c.disputed))
    query = select(one.c.kind, func.count(), late, disputed).group_by(one.c.kind)
    rows = db.session.execute(query).all()
    count = sum(row[1] for row in rows)
    return Tally(
        min(count, COUNTED_AT_MOST),
        sum(row[2] for row in rows),
        sum(row[3] for row in rows),
        count > COUNTED_AT_MOST,
        {name: many for name, many, *_ in sorted(rows, key=lambda row: -row[1]) if name is not None},
    )
