"""Deciding the whole registry again: after the rules, a reading or a plate changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm import chain
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
    history.hold()
    # what is decided rests on facts read now: nobody may change them before it is stored
    numbers = dict(db.session.execute(query.with_for_update()).all())
    if not numbers:
        return Part(0, (), None)
    # The one entry of a batch carries the digest of its rows and cannot be changed afterwards: what differs is worked
    # out once and taken back, and stored under an entry that knows it.
    first, last = min(numbers), max(numbers)
    with _taken_back():
        event = history.record("attribution.rebuilt", actor=actor, first=first, last=last)
        found = attribution.decide(list(numbers), attribution.rulebook(), event=event)
        rules = _rules({now[0] for *_, now in found if now[0] is not None})
        # by the rule's name: the outcome's own number may be another the second time
        rows_sha256 = chain.digest_of_rows(
            [project, day.isoformat(), rules.get(now[0]), *now[1:]] for project, day, _, now in found
        )
    book = attribution.rulebook()
    if found:
        event = history.record(
            "attribution.rebuilt",
            actor=actor,
            first=first,
            last=last,
            rows=len(found),
            rows_sha256=rows_sha256,
        )
        found = attribution.decide(list(numbers), book, event=event)
    rules = _rules({row[0] for _, _, *rows in found for row in rows if row[0] is not None})
    units = {unit.id: unit.name for unit in book.units.values()}

    def told(row: Row) -> str:
        if row == NOTHING:
            return ""
        lead = row[1 + LEADS.index("indicators_id")]
        return f"{units[lead]}[{rules[row[0]]}]" if lead is not None and row[0] is not None else ""

    changes = tuple(Change(numbers[p], day, told(was), told(now)) for p, day, was, now in found)
    return Part(len(numbers), changes, max(numbers) if len(numbers) == AT_ONCE else None)


@contextmanager
def _taken_back() -> Iterator[None]:
    savepoint = db.session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _rules(outcome_ids: set[int | None]) -> dict[int, str]:
    query = select(Outcome.id, Outcome.body).where(Outcome.id.in_(outcome_ids))
    return {outcome_id: body["rule"] for outcome_id, body in db.session.execute(query)}
