"""What these books are: demonstration or real, and the business day they stand on."""

from __future__ import annotations

from datetime import date

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Books, User
from crm.services import history, standing


def books() -> Books | None:
    """The one row that says what these books are; none before they were opened."""
    return db.session.get(Books, 1)


def open_books(*, kind: str, business_day: date | None, actor: User | None) -> Books:
    """Opens new books: `demonstration` or `real`, standing on a business day (None: the real one).

    Raises Refused where they are open already.
    """
    if books():
        raise Refused(N_("账套已经启用"))
    opened = Books(kind=kind, business_day=business_day)
    db.session.add(opened)
    history.record("books.opened", opened, actor=actor, kind=kind, business_day=business_day)
    clock.configure(business_day)
    standing.roll_all(business_day or clock.today())
    return opened


def set_business_day(day: date | None, *, actor: User | None) -> None:
    """Has the books stand on another day; None is the real one. Raises Refused where no books are open.

    Whoever calls rolls the standing to that day, `standing.roll`, in transactions of its own.
    """
    current = books()
    if current is None:
        raise Refused(N_("账套尚未启用"))
    before, current.business_day = current.business_day, day
    history.record("books.day_set", current, actor=actor, before=before, after=day)
    clock.configure(day)
