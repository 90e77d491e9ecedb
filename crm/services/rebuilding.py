"""Deciding the whole registry again: after the rules, a reading or a plate changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.db import db
from crm.models import Outcome, Project, User
from crm.services import attribution, history
from crm.services.attribution import LEADS, NOTHING, Row

AT_ONCE = 2_000
"""Projects a transaction: short enough that nobody waits for the write lock."""


@dataclass(frozen=True)
class Change:
    """What a project's attribution was from a day on, and what it is now: rule and unit of the indicators."""

    number: str
    from_day: date
    before: str
    after: str


@dataclass(frozen=True)
class Part:
    """One part of a rebuild: how many projects, what changed, and the last project's id where more may follow."""

    projects: int
    changes: tuple[Change, ...]
    last: int | None


def rebuild(*, after: int, actor: User | None) -> Part:
    """Decides the projects that follow one id again and stores what differs.

    Nothing is recorded, not even the event, where nothing changes. Raises RulesConflict.
    """
    query = select(Project.id, Project.number).where(Project.id > after).order_by(Project.id).limit(AT_ONCE)
    # what is decided rests on facts read now: nobody may change them before it is stored
    numbers = dict(db.session.execute(query.with_for_update()).all())
    if not numbers:
        return Part(0, (), None)
    book = attribution.rulebook()
    savepoint = db.session.begin_nested()
    event = history.record("attribution.rebuilt", actor=actor, first=min(numbers), last=max(numbers))
    found = attribution.decide(list(numbers), book, event=event)
    if found:
        savepoint.commit()
    else:
        savepoint.rollback()
    rules = _rules({row[0] for _, _, *rows in found for row in rows if row[0] is not None})
    units = {unit.id: unit.name for unit in book.units.values()}

    def told(row: Row) -> str:
        if row == NOTHING:
            return ""
        lead = row[1 + LEADS.index("indicators_id")]
        return f"{units[lead]}[{rules[row[0]]}]" if lead is not None and row[0] is not None else ""

    changes = tuple(Change(numbers[p], day, told(was), told(now)) for p, day, was, now in found)
    return Part(len(numbers), changes, max(numbers) if len(numbers) == AT_ONCE else None)


def _rules(outcome_ids: set[int | None]) -> dict[int, str]:
    query = select(Outcome.id, Outcome.body).where(Outcome.id.in_(outcome_ids))
    return {outcome_id: body["rule"] for outcome_id, body in db.session.execute(query)}
