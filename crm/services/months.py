"""月结: which months are closed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import MonthClose, User
from crm.periods import Month
from crm.services import history


def last_closed_day() -> date | None:
    """The last day of the last closed month; none where no month was closed yet."""
    return db.session.scalar(select(func.max(MonthClose.last_day)))


def closed_since(event_id: int) -> str | None:
    """The last month that was closed after an event; none where none was: one statement."""
    query = select(MonthClose.month).where(MonthClose.event_id > event_id)
    return db.session.scalar(query.order_by(MonthClose.last_day.desc()).limit(1))


def close(month: Month, *, actor: User | None) -> MonthClose:
    """Closes a month; the first may be any, then one after the other (the database holds to it as well).

    A month may be closed while it runs: what is confirmed after that takes effect from the next one on. Raises Refused
    where the month has not begun, or does not directly follow the last closed one.
    """
    # two who close at once come one after the other, and so does who confirms a transfer meanwhile
    history.hold()
    if month.first > clock.today():
        raise Refused(N_("%(month)s 还没有开始，不能月结"), field="month", month=str(month))
    closed = last_closed_day()
    if closed and month != Month.of(closed).plus(1):
        raise Refused(
            N_("%(month)s 不能月结：应接着结 %(due)s"),
            field="month",
            month=str(month),
            due=str(Month.of(closed).plus(1)),
        )
    event = history.record("month.closed", actor=actor, month=str(month))
    row = MonthClose(month=str(month), last_day=month.last, event_id=event.id)
    db.session.add(row)
    db.session.flush()
    return row
