"""Every page of any day, as known on any day, says the same: lists, what they are narrowed to, units, streets and flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import db, transaction
from crm.models import DUTIES, Duty, User
from crm.services import dues, standing, standpoint, street_figures, transfer_flows, unit_figures
from crm.services.paging import Place
from crm.services.project_filters import Filters
from crm.services.project_list import Line, Listing, Order
from crm.services.unit_figures import PARTS, Amount, Figures, Part
from tests.importing import database, seeded_postgresql, seeded_sqlite
from tests.services.holding_histories import DAYS, STEPS, Books

__all__ = ["database", "seeded_postgresql", "seeded_sqlite"]

MOMENTS = 3
FIRST = date(2016, 1, 1)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.rollback()


def numbers(lines: list[Line]) -> list[str]:
    return [line.project.number for line in lines]


def amount(lines: list[Line]) -> Amount:
    return Amount(len(lines), sum(line.facts.total_investment_fen or 0 for line in lines))


def some(chance: Random, values: Iterable[Any]) -> list[Any]:
    """One of these, where there is one: all of them would take minutes."""
    found = sorted(value for value in values if value is not None)
    return [chance.choice(found)] if found else []


def by_hand(lines: list[Line], duty: Duty) -> dict[int, dict[Part, list[Line]]]:
    """Unit id → the lines behind each of its figures, those without any left out."""

    def is_(part: Part, line: Line, unit_id: int) -> bool:
        has = getattr(line, f"held_{duty}_id") == unit_id
        silent = line.decision is not None and line.decision.status == "undetermined"
        entitled = getattr(line.decision, f"{duty}_id") == unit_id and not silent
        return {
            "has": has, "entitled": entitled, "gives": has and not entitled and not silent,
            "gets": entitled and not has, "undetermined": has and silent,
        }[part]  # fmt: skip

    ids = {getattr(line, f"held_{duty}_id") for line in lines} | {
        getattr(line.decision, f"{duty}_id") for line in lines
    }
    found = {
        unit_id: {part: [line for line in lines if is_(part, line, unit_id)] for part in PARTS}
        for unit_id in ids
    }
    return {unit_id: parts for unit_id, parts in found.items() if any(parts.values())}


def agrees(user: User, chance: Random, day: date, known: datetime | None) -> int:
    """Everything asked at one moment says what the whole list says; returns how many transfers it shows as due."""

    def listed(**filters: object) -> list[Line]:
        listing = Listing(user, Filters(**filters), Order(), day, known)  # type: ignore[arg-type]
        lines = list(listing.lines())
        page = listing.page(Place())
        assert list(page.lines) == lines and page.count == len(lines), filters
        return lines

    every, seen = listed(), standpoint.at(day, known)
    begun = [line for line in every if line.decision is not None and line.decision.indicators_id is not None]
    narrowed: dict[str, Callable[[Line], Any]] = {
        "held_by_id": lambda line: line.held_indicators_id,
        "served_by_id": lambda line: line.held_enterprise_service_id,
        "unit_id": lambda line: line.decision and line.decision.indicators_id,
        "status": lambda line: line.decision and line.decision.status,
        "due": lambda line: line.due_since is not None,
    }
    for name, of in narrowed.items():
        for value in some(chance, {of(line) for line in every}):
            expected = [
                number for line, number in zip(every, numbers(every), strict=True) if of(line) == value
            ]
            assert numbers(listed(**{name: value})) == expected, (name, value)
    for line in every:
        since = min((due.since for due in dues.of(line.project, day, known)), default=None)
        assert line.due_since == since, line.project.number
    for duty in DUTIES:
        units = by_hand(begun, duty)
        figures = unit_figures.by_unit(user, seen, duty)
        assert figures == {
            unit_id: Figures(**{part: amount(lines) for part, lines in parts.items()})
            for unit_id, parts in units.items()
        }
        whole = unit_figures.total(figures.values())
        assert whole.has == amount(begun) and whole.gives == whole.gets
        for unit_id in some(chance, units):
            assert unit_figures.by_unit(user, seen, duty, unit_id=unit_id)[unit_id] == figures[unit_id]
            for part, lines in units[unit_id].items():
                page = unit_figures.projects(user, seen, duty, part, unit_id, Place())
                assert [line.number for line in page.lines] == numbers(lines) and page.count == len(lines)
        flows = transfer_flows.between_units(user, seen, duty, FIRST)
        due = [one for line in begun for one in dues.of(line.project, day, known) if duty in one.duties]
        assert unit_figures.summed(flow.due for flow in flows).count == len(due)
    places = street_figures.by_place(user, seen)
    assert (places.total.projects, places.total.investment) == (amount(begun).count, amount(begun).fen)
    for street_id in some(chance, {line.facts.site_street_id for line in begun}):
        there = [line for line in begun if line.facts.site_street_id == street_id]
        assert set(numbers(listed(street_id=street_id))) >= set(numbers(there))
        assert places.streets[street_id].projects == len(there)
    return sum(line.due_since is not None for line in every)


def test_whatever_is_asked_of_a_moment_is_answered_alike(context: Flask, tmp_path: Path) -> None:
    books = Books(context, 1, tmp_path)
    instants = []
    for step in range(STEPS):
        books.step(step)
        instants.append(books.instant + timedelta(hours=1))
    user, chance, found = db.session.get_one(User, books.user_id), books.chance, 0
    moments = [(chance.choice(DAYS[1100:]), chance.choice([None, *instants])) for _ in range(MOMENTS)]
    with clock.at(books.day, instants[-1]):
        found += agrees(user, chance, books.day, None)
        # from here on sums are of what stands beside the projects, and of those of which something was said since
        with transaction():
            standing.roll_all(books.day)
        for day, known in [*moments, (books.day, None)]:
            found += agrees(user, chance, day, known)
    assert found, "nothing was due at any moment"
