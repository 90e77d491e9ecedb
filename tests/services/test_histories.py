"""Random histories of facts, readings and plates: what is stored is what the rules say, on every day and as known then."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm import clock
from crm.errors import Refused
from crm.models import Area, Decision, Project, Unit
from crm.periods import ALWAYS
from crm.rules.facts import CHOICES, NOTICE_DAY, Facts
from crm.rules.timeline import Stretch, named
from crm.services import attribution, projects, readings, rebuilding, units
from crm.services.attribution import COLUMNS
from crm.sheets.registry import RegistryRow
from tests.founded import database

__all__ = ["database"]

TODAY = date(2021, 6, 3)
OFFICES = ("jd", "gx", "sy", "zb", "lk", "xf")
STREETS = ("changqing", "jinghe", "zoumaling", "baiquan", "cihui", "xingou", "dongshan")
PLACES = ("综保区一期", "长青街1平方公里经济园区", "中小企业城")
PROJECTS, STEPS = 4, 12
DAYS = ("signed_on", "construction_started_on", "completed_on")
Answer = tuple[Any, ...] | None


def day(chance: random.Random) -> date:
    """A day about the notice, or any between 2017 and today."""
    if chance.random() < 0.3:
        return NOTICE_DAY + timedelta(chance.randint(-2, 2))
    return TODAY - timedelta(chance.randint(0, 1400))


def facts(chance: random.Random) -> dict[str, Any]:
    """Facts that a registry would take."""
    days: list[date | None] = [*sorted(day(chance) for _ in range(3))]
    for index in chance.sample(range(3), chance.randint(0, 2)):
        days[index] = None
    return {
        "attracted_by": chance.choice([*OFFICES, *STREETS, "swj"]),
        "served_by": chance.choice([None, *OFFICES, *STREETS]),
        "origin": chance.choice(["new_introduction", "expansion", "relocation"]),
        "from_street": chance.choice([None, *STREETS]),
        "site_street": chance.choice([None, *STREETS]),
        "site_area": chance.choice([None, None, *PLACES]),
        "statistical_street": chance.choice([None, *STREETS]),
        "above_scale_industrial": chance.random() < 0.5,
        "named_major": chance.choice([None, None, None, None, "boe", "full_chain"]),
        "signed_on": days[0],
        "construction_started_on": days[1],
        "completed_on": days[2],
    }


def change(chance: random.Random, project: Project) -> None:
    """Some facts from a day on; what the books refuse leaves them as they were."""
    wanted = facts(chance)
    kept = {fact: wanted[fact] for fact in chance.sample(sorted(wanted), chance.randint(1, 4))}
    since = chance.choice([ALWAYS, TODAY, NOTICE_DAY, day(chance), project.completed_on or ALWAYS])
    try:
        projects.change(project, kept, valid_from=min(since, TODAY), actor=None)
    except Refused as refused:
        assert refused.field in (*DAYS, "attracted_by", None)


def rule(chance: random.Random, books: Any) -> None:
    """Another reading or another plate from a day on, and every project decided again."""
    if chance.random() < 0.6:
        code = chance.choice([*CHOICES, "R8"])
        choice = day(chance).isoformat() if code == "R8" else chance.choice(CHOICES[code])
        readings.set_reading(code, choice=choice, basis="会议纪要", valid_from=day(chance), actor=None)
    else:
        office = books.query(Unit).filter_by(code=chance.choice(OFFICES)).one()
        place = (
            books.query(chance.choice([Unit, Area]))
            .filter_by(name=chance.choice(["慈惠街", *PLACES]))
            .first()
        )
        if place is None:
            return
        included = chance.random() < 0.7
        units.set_plate(
            office, place=place, included=included, valid_from=day(chance), clause="会议纪要", actor=None
        )
    rebuilding.rebuild(after=0, actor=None)


def by_rules(timeline: Sequence[Stretch], on: date, ids: dict[str, int]) -> Answer:
    """Leads, status and suggestion as the timeline has them on a day."""
    held = [stretch for stretch in timeline if stretch.from_ <= on]
    if not held:
        return None
    attributions = named(held[-1].outcome, held[-1].facts)
    service = attributions[2]
    assert service is not None
    leads = [ids[a.lead] if a else None for a in attributions]
    return (*leads, service.status, ids[service.suggestion] if service.suggestion else None)


def stored(found: Decision | None) -> Answer:
    """The same, as stored."""
    return None if found is None else tuple(getattr(found, column) for column in COLUMNS[1:])


def asked(timeline: Sequence[Stretch], project: Project) -> set[date]:
    """The days on which something might change, and the days beside them."""
    days = {stretch.from_ for stretch in timeline} | {row.from_day for row in attribution.decided(project)}
    return {near + timedelta(by) for near in days | {NOTICE_DAY, TODAY} for by in (-1, 0, 1)}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_stored_is_what_the_rules_say_on_every_day_and_was_on_every_earlier_one(
    session: Any, seed: int
) -> None:
    chance = random.Random(seed)
    opened = datetime(2021, 6, 3, 1, tzinfo=UTC)
    made: list[Project] = []
    remembered: list[tuple[datetime, Project, date, Answer]] = []
    for step in range(STEPS):
        now = opened + timedelta(minutes=step)
        with clock.at(TODAY, now):
            if len(made) < PROJECTS:
                row = RegistryRow(2, f"P{step}", "项目", "", None, "3525", Facts(**facts(chance)), None)
                made.append(projects.register(row, actor=None))
            elif chance.random() < 0.7:
                change(chance, chance.choice(made))
            else:
                rule(chance, session)
            book = attribution.rulebook()
            for project in made:
                timeline = attribution.timeline(project, book)
                days = asked(timeline, project)
                for on in days:
                    expected = by_rules(timeline, on, book.ids)
                    assert stored(attribution.entitled(project, on)) == expected, (seed, step, on)
                on = chance.choice(sorted(days))
                remembered.append((now, project, on, by_rules(timeline, on, book.ids)))
    for known, project, on, expected in remembered:
        assert stored(attribution.entitled(project, on, known)) == expected
        book = attribution.rulebook(known)
        assert by_rules(attribution.timeline(project, book, known), on, book.ids) == expected
