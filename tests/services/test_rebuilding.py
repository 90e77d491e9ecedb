"""A rebuild writes only what changed, says what changed, and writes nothing the second time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crm import clock
from crm.db import transaction
from crm.models import AuditEvent, Decision
from crm.seeds import foundation
from crm.services import attribution, projects, readings, rebuilding
from crm.sheets import tables
from crm.sheets.registry import Registry
from crm.sheets.vocabulary import seeded_vocabulary
from tests import databases
from tests.conftest import BOTH
from tests.databases import Database

CASES = Path(__file__).parents[1] / "cases"


def enter() -> None:
    """The worked example into the books."""
    foundation.load()
    with clock.at(date(2021, 6, 3)), transaction():
        book = attribution.rulebook()
        for row in Registry(seeded_vocabulary()).read(tables.read(CASES / "registry.csv")):
            projects.register(row, actor=None, book=book)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Those books, a copy for each test."""
    with databases.copied(request, "rebuilding", enter, tmp_path) as made:
        yield made


@pytest.fixture
def example(session: Any) -> Any:
    """Those books on 3 June 2021."""
    with clock.at(date(2021, 6, 3)):
        yield session


def test_what_agrees_already_is_left_alone(example: Any) -> None:
    before = example.query(Decision).count(), example.query(AuditEvent).count()
    part = rebuilding.rebuild(after=0, actor=None)
    assert (part.projects, part.changes, part.last) == (54, (), None)
    assert (example.query(Decision).count(), example.query(AuditEvent).count()) == before


def test_a_reading_changed_is_told_project_by_project_and_once(example: Any) -> None:
    readings.set_reading(
        "R5", choice="out-of-plate", basis="会议纪要", valid_from=date(2021, 5, 1), actor=None
    )
    part = rebuilding.rebuild(after=0, actor=None)
    told = {(c.number, c.from_day, c.before, c.after) for c in part.changes}
    assert ("A15", date(2021, 5, 1), "现代服务产业办[none]", "径河街[3.1-transfer]") in told
    assert ("C08", date(2021, 5, 1), "现代服务产业办[none]", "慈惠街[3.2-out-of-plate]") in told
    assert {c.number for c in part.changes} == {"A15", "C07", "C08"}
    assert rebuilding.rebuild(after=0, actor=None).changes == ()


def test_part_after_part_covers_every_project(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "AT_ONCE", 20)
    parts, after = [], 0
    while True:
        part = rebuilding.rebuild(after=after, actor=None)
        parts.append(part.projects)
        if part.last is None:
            break
        after = part.last
    assert parts == [20, 20, 14]
