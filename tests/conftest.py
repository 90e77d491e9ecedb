"""Every test that asks for a database runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm import create_app
from crm.db import db
from tests import databases
from tests.databases import Database, PostgreSQL
from tests.economy import economy
from tests.processes import first_start

BOTH = ("sqlite", "postgresql")

LONGEST = (
    "browser/test_accessibility.py", "test_commands.py", "test_bundle.py", "web/test_hostile.py",
    "test_worker_command.py", "work/test_processes.py", "test_import_command.py", "operations/test_backup.py",
    "browser/test_handing_over.py", "web/test_project_list.py", "browser/test_first_contact.py", "web/test_rights_of_units.py",
)  # fmt: skip
"""The files that take longest, in this order: begun last, one of them would leave a processor idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others as they were."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session", autouse=True)
def economical() -> Iterator[None]:
    """In every test, whether it asks or not."""
    with economy():
        yield


@pytest.fixture(scope="session")
def postgresql() -> PostgreSQL:
    """The server of this test run."""
    return PostgreSQL(databases.run_id())


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows."""
    return databases.once_a_run(tmp_path_factory, "migrated", databases.migrated_sqlite) / "empty.db"


@pytest.fixture(scope="session")
def demonstration_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a first start of `crm run`: `instance` that it left behind, `output` that it printed."""
    return databases.once_a_run(tmp_path_factory, "first-start", first_start)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Books with all tables and no rows."""
    if request.param == "sqlite":
        yield databases.copy(request.getfixturevalue("migrated_sqlite"), tmp_path)
    else:
        with request.getfixturevalue("postgresql").fresh() as fresh:
            yield fresh


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        yield databases.sqlite(tmp_path / "books.db")
    else:
        with request.getfixturevalue("postgresql").fresh("template0") as fresh:
            yield fresh


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on those books."""
    app = create_app(database.settings(tmp_path / "instance"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    """The session inside the application, for tests of services; what they leave uncommitted is rolled back.

    Tests that send requests use `app` alone and make their rows inside transaction().
    """
    with app.app_context():
        yield db.session
        db.session.rollback()
