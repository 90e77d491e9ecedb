"""Runs imports as the edges do, and makes the sheets for them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm import create_app
from crm.db import db, transaction
from crm.models import FACTS, Decision, Enterprise, Import, Outcome, Project, ProjectFacts
from crm.periods import ALWAYS
from crm.seeds import foundation
from crm.services import books, imports, staging
from crm.services.attribution import LEADS
from crm.sheets.registry import COLUMNS
from tests import databases
from tests.databases import Database, PostgreSQL

CASES = Path(__file__).parent / "cases"
EXAMPLE = CASES / "registry.csv"
TODAY = date(2021, 6, 3)

LINE = {
    "项目编号": "P1",
    "项目名称": "精密模具基地",
    "行业代码": "3525",
    "招商单位": "机电产业办",
    "项目来源": "新引进",
    "选址街道": "径河街",
    "规上工业": "是",
    "签约日期": "2020-09-01",
}


def line(number: str, **cells: str) -> dict[str, str]:
    """A row without anything wrong, some of its cells set."""
    return LINE | {"项目编号": number} | cells


def sheet(path: Path, lines: Iterable[Mapping[str, str]]) -> Path:
    """A registry as CSV."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return path


def checked(path: Path, effective_from: date = ALWAYS) -> Import:
    """Starts, stages and checks, a transaction each, as an edge does."""
    with transaction():
        number = imports.start(path, path.name, effective_from=effective_from, actor=None).id
    return check(number, path)


def check(number: int, path: Path) -> Import:
    """Stages and checks an import that was started."""
    for _ in steps(number, path):
        pass
    return imports.by_id(number)


def steps(number: int, path: Path) -> Iterator[staging.Staging]:
    """The same, stopping after each chunk."""
    while True:
        with transaction():
            if not imports.clear(imports.by_id(number)):
                break
    with transaction():
        work = staging.begin(imports.by_id(number))
    for chunk in work.chunks(path):
        with transaction():
            work.stage(chunk)
        yield work
    with transaction():
        imports.finish(work, actor=None)


def applied(path: Path, effective_from: date = ALWAYS) -> Import:
    """The whole way into the books."""
    number = checked(path, effective_from).id
    with transaction():
        imports.apply(imports.by_id(number), actor=None)
    return imports.by_id(number)


def told(import_: Import) -> list[tuple[int, str, str]]:
    """Every error as row, column and sentence."""
    return [(e["row"], e["column"], e["message"] % e["values"]) for e in imports.errors(import_)]


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """All the books say of projects, without ids that depend on the order of doing, and without instants."""
    facts = [getattr(ProjectFacts, name) for name in FACTS]
    enterprise = (Enterprise.name, Enterprise.credit_code)
    leads = [getattr(Decision, name) for name in (*LEADS, "status", "suggestion_id")]
    session = db.session
    linked = session.query(Project.number, *(getattr(Project, name) for name in FACTS), *enterprise)
    versions = session.query(Project.number, ProjectFacts.valid_from, ProjectFacts.credit_code, *facts)
    decided = session.query(Project.number, Decision.from_day, Outcome.digest, *leads)
    found = {
        "projects": linked.outerjoin(Enterprise).order_by(Project.number),
        "versions": versions.join(Project, Project.id == ProjectFacts.project_id).order_by(
            Project.number, ProjectFacts.id
        ),
        "decisions": decided.join(Project, Project.id == Decision.project_id)
        .outerjoin(Outcome, Outcome.id == Decision.outcome_id)
        .order_by(Project.number, Decision.from_day, Decision.id),
        "enterprises": session.query(*enterprise).order_by(Enterprise.name, Enterprise.credit_code),
    }
    return {name: [tuple(row) for row in query] for name, query in found.items()}


def seed(database: Database, instance: Path) -> None:
    """Seeded books, open on a day of 2021, without projects."""
    app = create_app(database.settings(instance))
    with app.app_context():
        foundation.load()
        with transaction():
            books.open_books(kind="demonstration", business_day=TODAY, actor=None)
        db.engine.dispose()


@pytest.fixture(scope="session")
def seeded_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with seeded books, to be copied."""
    folder = tmp_path_factory.mktemp("seeded")
    seed(databases.copy(migrated_sqlite, folder), folder)
    return folder / "books.db"


@pytest.fixture(scope="session")
def seeded_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with seeded books, to be copied."""
    with postgresql.fresh() as fresh:
        seed(fresh, tmp_path_factory.mktemp("seeded"))
        yield fresh.url.rpartition("/")[2].partition("?")[0]


@pytest.fixture(params=("sqlite", "postgresql"))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Seeded books, a copy for each test."""
    if request.param == "sqlite":
        yield databases.copy(request.getfixturevalue("seeded_sqlite"), tmp_path)
    else:
        template = request.getfixturevalue("seeded_postgresql")
        with request.getfixturevalue("postgresql").fresh(template) as fresh:
            yield fresh


@pytest.fixture
def other_app(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Flask]:
    """The application on a second copy of the same books."""
    (tmp_path / "other").mkdir()
    with ExitStack() as stack:
        if database.kind == "sqlite":
            other = databases.copy(request.getfixturevalue("seeded_sqlite"), tmp_path / "other")
        else:
            template = request.getfixturevalue("seeded_postgresql")
            other = stack.enter_context(request.getfixturevalue("postgresql").fresh(template))
        app = create_app(other.settings(tmp_path / "other"))
        yield app
        with app.app_context():
            db.engine.dispose()
