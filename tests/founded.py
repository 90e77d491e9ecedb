"""Books with the foundation in them and nothing else, loaded once a run: a module that imports the fixture has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from crm import clock
from crm.seeds import foundation
from tests import databases
from tests.conftest import BOTH
from tests.databases import Database


def enter() -> None:
    """The foundation, known since the day after the notice."""
    with clock.at(date(2020, 4, 28)):
        foundation.load()


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Those books, a copy for each test."""
    with databases.copied(request, "founded", enter, tmp_path) as made:
        yield made
