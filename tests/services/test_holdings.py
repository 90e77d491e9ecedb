"""Random histories: who holds a project is what a day-by-day reckoning says, on every day and as it was known then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.db import db, transaction
from crm.models import DUTIES, Project
from crm.services import (
    attribution,
    dues,
    holdings,
    months,
    standing,
)
from crm.services.dues import Due
from tests.importing import database, seeded_postgresql, seeded_sqlite
from tests.services.holding_histories import DAYS, FIRST, LAST, STEPS, Books, Pair

__all__ = ["database", "seeded_postgresql", "seeded_sqlite"]

ROLLS = 20
"""Rolling these few projects takes no more steps than this."""


def by_day(rows: list[holdings.Row]) -> dict[date, Pair]:
    """Rows as the days they cover, those of nobody left out."""
    found: dict[date, Pair] = {}
    for row, following in zip(rows, [*rows[1:], (LAST, None, None)], strict=True):
        if row[1] is not None and row[2] is not None:
            days = range((min(following[0], LAST) - max(row[0], FIRST)).days)
            found |= dict.fromkeys([max(row[0], FIRST) + timedelta(days=by) for by in days], (row[1], row[2]))
    return found


def due_by_day(project: Project, held: dict[date, Pair], day: date) -> set[tuple[Any, ...]]:
    """What is due, found by walking back from day to day."""
    rows = attribution.decided(project)

    def entitled(on: date, duty: str) -> int | None:
        found = [row for row in rows if row.from_day <= on]
        return None if not found or found[-1].status == "undetermined" else getattr(found[-1], f"{duty}_id")

    found: dict[tuple[int, int, date], list[str]] = {}
    for index, duty in enumerate(DUTIES):
        to, has = entitled(day, duty), held.get(day, (None, None))[index]
        if to is None or has is None or to == has:
            continue
        since = day
        while True:
            before = since - timedelta(days=1)
            if entitled(before, duty) != to or held.get(before, (None, None))[index] != has:
                break
            since = before
        found.setdefault((has, to, since), []).append(duty)
    return {(has, to, since, tuple(duties)) for (has, to, since), duties in found.items()}


def told(found: list[Due]) -> set[tuple[Any, ...]]:
    return {(due.from_unit_id, due.to_unit_id, due.since, due.duties) for due in found}


def rolled(day: date) -> None:
    """Rolls to a day, in the steps it should need."""
    for _ in range(ROLLS):
        with transaction():
            if not standing.roll(day):
                return
    raise AssertionError(f"the roll to {day} does not end")


def beside_is_right(day: date) -> None:
    """What stands beside every project is what decisions, holdings and dues say."""
    assert standing.is_of(day)
    for project in db.session.scalars(select(Project).execution_options(populate_existing=True)):
        decided = attribution.entitled(project, day)
        held = [row for row in holdings.rows_of([project.id])[project.id] if row[0] <= day]
        expected = tuple(getattr(decided, f"{duty}_id", None) for duty in DUTIES)
        assert (project.indicators_id, project.enterprise_service_id) == expected
        expected = held[-1][1:] if held else (None, None)
        assert (project.held_indicators_id, project.held_enterprise_service_id) == expected
        since = min((due.since for due in dues.of(project, day)), default=None)
        assert project.due_since == since, (project.number, day)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.mark.parametrize("seed", range(2))
def test_on_every_day_exactly_one_holds_each_and_what_was_known_stays(
    context: Flask, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "AT_ONCE", 2)
    monkeypatch.setattr(holdings, "AT_ONCE", 2)
    books = Books(context, seed, tmp_path)
    remembered: list[tuple[datetime, int, list[holdings.Row], date, set[tuple[Any, ...]]]] = []
    shut: dict[tuple[str, date], Pair] = {}
    for step in range(STEPS):
        books.step(step)
        closed = months.last_closed_day()
        stored = list(db.session.scalars(select(Project)))
        assert sorted(project.number for project in stored) == sorted(books.numbers)
        rows = holdings.rows_of([project.id for project in stored])
        for project in stored:
            held = by_day(list(rows[project.id]))
            assert held == books.reckoned[project.number].held, (step, project.number)
            if closed is not None:
                now = {(project.number, day): held[day] for day in held if day <= closed}
                assert (
                    now.items() >= {key: was for key, was in shut.items() if key[0] == project.number}.items()
                )
                shut |= now
            day = books.chance.choice([books.day, *DAYS[1200:]])
            expected = due_by_day(project, held, day)
            assert told(dues.of(project, day)) == expected, (step, project.number, day)
            remembered.append((books.instant, project.id, list(rows[project.id]), day, expected))
        if step % 4 == 3:
            rolled(books.day)
            beside_is_right(books.day)
    for day in (date(2020, 4, 26), LAST, books.day, date(2020, 4, 28), date(2021, 5, 31)):
        rolled(day)
        beside_is_right(day)
    for known, project_id, said, day, due in remembered:
        project = db.session.get_one(Project, project_id)
        assert holdings.rows_of([project_id], known)[project_id] == said
        assert [(row.from_day, *(getattr(row, f"{duty}_id") for duty in DUTIES)) for row in holdings.of(project, known)] == said  # fmt: skip
        assert told(dues.of(project, day, known)) == due
