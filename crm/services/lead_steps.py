"""What a person has to do next about the leads they work on, and how many their unit has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from crm import clock
from crm.db import db
from crm.models import Lead, User
from crm.permissions import own_leads
from crm.services.paging import counted

AHEAD = timedelta(days=7)
"""How far ahead a next step is shown."""

COUNTED_AT_MOST = 1_000


@dataclass(frozen=True)
class NextStep:
    """A next step that is due soon, or was; or a lead that has none."""

    number: str
    name: str
    what: str
    on: date | None


@dataclass(frozen=True)
class Work:
    """A person's next steps, the earliest first and those without a day last, and the unit's open leads."""

    steps: Sequence[NextStep]
    count: int
    capped: bool
    """Are there more than were counted?"""


def work(user: User, most: int) -> Work:
    """Two statements, however many leads."""
    is_due = or_(Lead.next_step_on.is_(None), Lead.next_step_on <= clock.today() + AHEAD)
    query = select(Lead.number, Lead.name, Lead.next_step, Lead.next_step_on).where(
        Lead.held_by_id == user.id, Lead.is_open, own_leads(user), is_due
    )
    query = query.order_by(Lead.next_step_on.is_(None), Lead.next_step_on, Lead.id).limit(most)
    steps = [NextStep(*row) for row in db.session.execute(query)]
    return Work(steps, *counted(select(Lead.id).where(own_leads(user), Lead.is_open), COUNTED_AT_MOST))
