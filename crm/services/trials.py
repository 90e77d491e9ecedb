"""What another reading or another plate would change: the same rules over the same facts, on another ground."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from crm.db import db
from crm.models import Project, ProjectFacts, Unit, User, terms
from crm.permissions import visible_to
from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES, Attribution, Grounds, Stretch, named, stretches
from crm.services import attribution
from crm.services.attribution import Rulebook

TRIED_AT_MOST = 5_000
"""Projects that one trial decides twice: about a second."""

INDICATORS = RESPONSIBILITIES.index(Responsibility.INDICATORS)


@dataclass(frozen=True)
class Moved:
    """A project whose attribution another ground would change; each side one entry a responsibility."""

    number: str
    name: str
    before: Sequence[Attribution | None]
    after: Sequence[Attribution | None]

    @property
    def shifts(self) -> list[tuple[list[Responsibility], Attribution | None, Attribution | None]]:
        """The responsibilities that differ, those that move alike together: before and after."""
        found: dict[
            tuple[Attribution | None, Attribution | None],
            tuple[list[Responsibility], Attribution | None, Attribution | None],
        ] = {}
        for responsibility, was, now in zip(RESPONSIBILITIES, self.before, self.after, strict=True):
            if _felt(was) != _felt(now):
                found.setdefault((_felt(was), _felt(now)), ([], was, now))[0].append(responsibility)
        return list(found.values())


@dataclass(frozen=True)
class Trial:
    """What was tried on a day: how many projects of how many, those that move, and indicators by unit."""

    day: date
    tried: int
    total: int
    moved: Sequence[Moved]
    by_unit: Sequence[tuple[Unit, int, int]]
    """Units that the indicators of fewer or more projects would go to: projects before, projects after."""


def trial(user: User, now: Rulebook, then: Grounds, day: date, known: datetime | None = None) -> Trial:
    """Decides the newest projects on both grounds, as far as the person may see them, and compares a day.

    Three statements, whatever the number of projects. Raises RulesConflict.
    """
    total = db.session.scalar(select(func.count()).select_from(Project).where(visible_to(user))) or 0
    newest = (
        select(Project.id).where(visible_to(user)).order_by(Project.id.desc()).limit(TRIED_AT_MOST).subquery()
    )
    ids = select(newest.c.id)
    names = {
        project_id: (number, name)
        for project_id, number, name in db.session.execute(
            select(Project.id, Project.number, Project.name).where(Project.id.in_(ids))
        )
    }
    versions: dict[int, list[ProjectFacts]] = {}
    for row in db.session.scalars(terms(ProjectFacts, known).where(ProjectFacts.project_id.in_(ids))):
        versions.setdefault(row.project_id, []).append(row)
    moved, before, after = [], Counter[str](), Counter[str]()
    for project_id, rows in versions.items():
        history = attribution.versions(rows, now)
        was = _on(stretches(history, now.grounds), day)
        will = _on(stretches(history, then), day)
        for side, counter in ((was, before), (will, after)):
            indicators = side[INDICATORS]
            if indicators is not None:
                counter[indicators.lead] += 1
        if [_felt(one) for one in was] != [_felt(one) for one in will]:
            moved.append(Moved(*names[project_id], was, will))
    by_unit = [
        (unit, before[unit.code], after[unit.code])
        for unit in now.units.values()
        if before[unit.code] != after[unit.code]
    ]
    moved.sort(key=lambda one: one.number, reverse=True)
    return Trial(day, len(names), total, moved, by_unit)


def read_as(book: Rulebook, code: str, choice: str) -> Grounds:
    """The ground of every day, with one question read another way."""
    return [(day, ground.read_as(code, choice)) for day, ground in book.grounds]


def _on(timeline: Sequence[Stretch], day: date) -> Sequence[Attribution | None]:
    held = [stretch for stretch in timeline if stretch.from_ <= day]
    return (
        named(held[-1].outcome, held[-1].facts, held[-1].ground.successors)
        if held
        else (None,) * len(RESPONSIBILITIES)
    )


def _felt(one: Attribution | None) -> Attribution | None:
    """What people feel of an attribution: the same units by another clause are no other answer."""
    return one._replace(rule="") if one is not None else None
