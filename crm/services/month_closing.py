"""月结 as the bureau does it: the months there are, what closing the next one means, and closing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refused, Stale
from crm.messages import N_
from crm.models import (
    OPEN_TRANSFERS,
    AuditEvent,
    CarryOver,
    MonthClose,
    Project,
    Transfer,
    TransferBatch,
    TransferSignature,
    User,
)
from crm.periods import Month
from crm.permissions import allowed, visible_to
from crm.rules.facts import NOTICE_DAY
from crm.services import history, months, transfer_list
from crm.services.paging import FIRST, Page, Place, by_key
from crm.services.unit_figures import Amount

A_PAGE = 24
"""Closed months on a page."""

NOTICE_MONTH = Month.of(NOTICE_DAY)
"""The first that may be closed: before the notice nothing was attributed."""


@dataclass(frozen=True)
class Line:
    """A month, closed or not, and how many carry-overs are booked in it and concern it. Their sums are told by the lines
    themselves: of several months of one project each has the whole of it.
    """

    month: Month
    id: int | None = None
    """None where it is not closed."""
    closed_at: datetime | None = None
    by: str | None = None
    """Who closed it; none where nobody did, or the system."""
    booked: int = 0
    concerning: int = 0


@dataclass(frozen=True)
class Meaning:
    """What closing a month means: what would be carried over from then on, if it were confirmed."""

    under_way: Amount
    """Transfers under way by themselves."""
    in_batches: Amount
    due: Amount
    """Projects of which a transfer is due that nobody has proposed."""
    batches: int
    """Batches that a unit has signed already, which will have to be signed again."""


def next_month() -> Month | None:
    """The month after the last closed one; none where no month is closed yet: one statement."""
    closed = months.last_closed_day()
    return Month.of(closed).plus(1) if closed else None


def first_choices() -> list[Month]:
    """The months of which one may be the first to be closed, newest first: from the notice's to the present one."""
    present, found = Month.of(clock.today()), []
    while present >= NOTICE_MONTH:
        found.append(present)
        present = present.plus(-1)
    return found


def due() -> Month | None:
    """The next month to close, once it has ended; none where no month was closed yet: one statement."""
    month = next_month()
    return month if month and month.last < clock.today() else None


def listing(user: User | None, place: Place = FIRST) -> Page[Line]:
    """The months, newest first: before the closed ones, on the first page, those that are open, up to the present one or
    the next to close. At most three statements.
    """
    query = (
        select(MonthClose, User.name)
        .outerjoin(AuditEvent, AuditEvent.id == MonthClose.event_id)
        .outerjoin(User, User.id == AuditEvent.actor_id)
    )
    page = by_key(query, MonthClose.id, place, _closed, size=A_PAGE)
    lines = list(page.lines)
    if not page.has_previous and lines:
        coming, last = lines[0].month.plus(1), Month.of(clock.today())
        while coming <= max(last, page.lines[0].month.plus(1)):
            lines.insert(0, Line(coming))
            coming = coming.plus(1)
    return replace(page, lines=_with_counts(user, lines))


def meaning(month: Month, user: User) -> Meaning:
    """What closing it would mean today: four statements."""
    filters = transfer_list.Filters(closing=month)
    batched = transfer_list.carried_over_after(month)
    in_batches = (
        select(func.count(), func.sum(Project.total_investment_fen))
        .select_from(Transfer)
        .join(Transfer.project)
        .where(Transfer.state.in_(OPEN_TRANSFERS), Transfer.batch_id.is_not(None), batched, visible_to(user))
    )
    signed = (
        select(func.count(TransferBatch.id.distinct()))
        .join(TransferSignature, TransferSignature.batch_id == TransferBatch.id)
        .where(
            TransferSignature.round == TransferBatch.round,
            TransferSignature.unit_id.is_not(None),
            TransferBatch.state.in_(("signing", "confirming")),
        )
    )
    under_way, unproposed = (
        transfer_list.Listing(user, tab, filters, 0).narrowed(
            func.count(), func.sum(Project.total_investment_fen)
        )
        for tab in ("open", "due")
    )
    return Meaning(
        _amount(under_way), _amount(in_batches), _amount(unproposed), db.session.scalar(signed) or 0
    )


def close(month: Month, *, actor: User) -> MonthClose:
    """Closes a month for the bureau, once and for all.

    Raises NotAllowed, Stale where somebody has closed it already, and Refused for one before the notice, one that has not
    begun, and one that does not directly follow the last closed one.
    """
    if not allowed(actor, "month:close"):
        raise NotAllowed()
    # of two who close it at once, the second is told
    history.hold()
    query = select(AuditEvent.at, User.name).select_from(MonthClose).where(MonthClose.month == str(month))
    query = query.outerjoin(AuditEvent, AuditEvent.id == MonthClose.event_id)
    row = db.session.execute(query.outerjoin(User, User.id == AuditEvent.actor_id)).one_or_none()
    if row is not None:
        raise Stale(N_("%(month)s已由%(name)s月结，没有再做什么"), month=str(month), name=row.name or "")
    if month < NOTICE_MONTH:
        raise Refused(N_("通知印发以前没有归属，最早从%(first)s月结"), field="month", first=str(NOTICE_MONTH))
    return months.close(month, actor=actor)


def _closed(row: MonthClose, name: str | None) -> Line:
    return Line(Month.parse(row.month), row.id, row.recorded_at, name)


def _with_counts(user: User | None, lines: Sequence[Line]) -> list[Line]:
    """The lines with how often was carried over into and out of each month: one statement, none without lines.

    Lines are booked after the months they concern: what was booked before the oldest month concerns none of these.
    """
    if not lines:
        return []
    key = (CarryOver.month, CarryOver.first_month, CarryOver.last_month)
    query = select(*key, func.count()).join(Project, Project.id == CarryOver.project_id)
    query = query.where(CarryOver.month >= str(lines[-1].month), visible_to(user)).group_by(*key)
    rows = db.session.execute(query).all()
    found = []
    for line in lines:
        month = str(line.month)
        booked = sum(count for booked, _first, _last, count in rows if booked == month)
        concerning = sum(count for _booked, first, last, count in rows if first <= month <= last)
        found.append(replace(line, booked=booked, concerning=concerning))
    return found


def _amount(query: Any) -> Amount:
    count, fen = db.session.execute(query).one()
    return Amount(count, int(fen or 0))
