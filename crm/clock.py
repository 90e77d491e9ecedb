"""The one clock: the business day, the instant the books record, and the real clock for everything
about security.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from flask import current_app
from sqlalchemy import Date, column, select, table

from crm.db import db

# China has kept one offset all year since 1991: no time-zone database need be installed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_BOOKS = table("books", column("business_day", Date))
_KEY = "guishu-business-day"


@dataclass(frozen=True)
class _Set:
    day: date
    instant: datetime | None


_set: ContextVar[_Set | None] = ContextVar("clock", default=None)


def today() -> date:
    """The business day, a calendar day in Asia/Shanghai: the one set, else the one the books stand on,
    else the real one.
    """
    overridden = _set.get()
    if overridden:
        return overridden.day
    return _books_day() or real_now().astimezone(SHANGHAI).date()


def now() -> datetime:
    """The instant (UTC) the books record: the one set, else the real time of day in Shanghai on the
    business day.
    """
    overridden = _set.get()
    if overridden and overridden.instant:
        return overridden.instant
    day = overridden.day if overridden else _books_day()
    return _on(day) if day else real_now()


def real_now() -> datetime:
    """The real instant (UTC): for sessions, lock-outs and tokens, whatever day the books stand on."""
    return datetime.now(UTC)


def shanghai(instant: datetime) -> datetime:
    """The instant as a clock on a wall in the district shows it."""
    return instant.astimezone(SHANGHAI)


def begins(day: date) -> datetime:
    """The instant at which a day begins in the district."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def ends(day: date) -> datetime:
    """The last instant of a day in the district."""
    return datetime.combine(day, time.max, SHANGHAI).astimezone(UTC)


@contextmanager
def at(day: date, instant: datetime | None = None) -> Iterator[None]:
    """Sets the business day, and the recorded instant where given, for what happens inside: seeds and
    tests.
    """
    if instant is not None and instant.tzinfo is None:
        raise ValueError(f"an instant needs its time zone: {instant!r}")
    token = _set.set(_Set(day, instant))
    try:
        yield
    finally:
        _set.reset(token)


def configure(business_day: date | None) -> None:
    """Tells the running program which day its books stand on; None is the real day."""
    current_app.extensions[_KEY] = business_day


def forget() -> None:
    """Has the next question read the day from the books again."""
    current_app.extensions.pop(_KEY, None)


def _books_day() -> date | None:
    if not current_app:
        return None
    if _KEY not in current_app.extensions:
        configure(db.session.execute(select(_BOOKS.c.business_day)).scalar_one_or_none())
    day: date | None = current_app.extensions[_KEY]
    return day


def _on(day: date) -> datetime:
    time_of_day = real_now().astimezone(SHANGHAI).timetz()
    return datetime.combine(day, time_of_day).astimezone(UTC)
