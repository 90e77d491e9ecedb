"""Small books with one account a role and four projects, and clients that are signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm import clock, create_app
from crm.db import db, transaction
from crm.models import ROLES, Project, User
from crm.rules.facts import Facts
from crm.seeds import foundation
from crm.services import books, people, projects, sessions, units
from crm.sheets.registry import RegistryRow
from tests import build, databases
from tests.catalogue import compiled
from tests.conftest import BOTH
from tests.databases import Database, PostgreSQL

TODAY = date(2021, 6, 3)

EVERYWHERE = SimpleNamespace(params={})
"""What a test without parameters is asked with."""

Client = Callable[..., FlaskClient]


@pytest.fixture(scope="session", autouse=True)
def english() -> Path:
    """The English catalogue, compiled."""
    return compiled()


def register(number: str, name: str, *, investor: str = "", fen: int | None = None, **facts: Any) -> Project:
    """A project in the books, decided; units by code."""
    row = RegistryRow(
        1, number, name, investor, None, "3911", Facts(**({"origin": "new_introduction"} | facts)), fen
    )
    return projects.register(row, actor=None, invented=("name", "signed_on"))


def fill(database: Database, instance: Path) -> None:
    """Enters the accounts and the projects into migrated books, and leaves no connection open."""
    app = create_app(database.settings(instance))
    with app.app_context():
        with transaction():
            with clock.at(date(2020, 4, 28)):
                foundation.add_ground(actor=None)
                for role in ROLES:
                    unit = units.unit_by_code("jd") if role in ("staff", "unit_head") else None
                    people.add_user(
                        role, name=f"{role}某", role=role, unit=unit, password=build.PASSWORD, actor=None
                    )
            enter_projects()
        db.engine.dispose()


ON_ONE = (
    "test_access_log.py", "test_attachments.py", "test_batches.py", "test_companies.py", "test_contacts.py", "test_funnel.py", "test_health.py",
    "test_jobs.py", "test_pages.py", "test_units.py",
    "test_people.py", "test_project_edit.py", "test_project_restore.py", "test_projects.py", "test_proposals.py",
    "test_proxies.py", "test_recorded.py", "test_rights.py", "test_rights_of_units.py", "test_sessions.py", "test_settings.py", "test_sign_in.py",
    "test_versions.py",
)  # fmt: skip
"""Pages that ask the database nothing of their own: what they show comes from services whose tests run on both."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out the second database where it would prove nothing that is not proven elsewhere."""
    here = Path(__file__).parent
    items[:] = [
        item
        for item in items
        if not (
            item.path.parent == here
            and item.path.name in ON_ONE
            and "postgresql" in getattr(item, "callspec", EVERYWHERE).params.values()
        )
    ]


def enter_projects() -> None:
    """Opens the books and enters four projects: out of plate and later marked, in plate, undetermined, unsited."""
    actor = people.user_by_login("reviewer")
    with clock.at(date(2020, 5, 6)):
        first = register(
            "P1", "芯片封装项目", investor="汉芯公司", fen=12_600_000_000, attracted_by="jd", site_street="zoumaling",
            signed_on=date(2019, 9, 18), construction_started_on=date(2020, 5, 1),
        )  # fmt: skip
    with clock.at(date(2021, 3, 17)):
        projects.change(first, {"named_major": "full_chain"}, actor=actor, valid_from=date(2021, 3, 15))
    with clock.at(date(2021, 6, 2)):
        register("P2", "食品厂_100%", attracted_by="sy", site_street="zoumaling", signed_on=date(2021, 6, 1))
        register("P3", "商会总部楼", attracted_by="gsl", site_street="cihui", signed_on=date(2021, 5, 2))
        register("P4", "未选址项目", attracted_by="gx", signed_on=date(2021, 5, 20))
    with clock.at(TODAY):
        books.open_books(kind="demonstration", business_day=TODAY, actor=None)


@pytest.fixture(scope="session")
def filled_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the small books, to be copied."""

    def make(folder: Path) -> None:
        folder.mkdir()
        fill(databases.copy(migrated_sqlite, folder), folder)

    return databases.once_a_run(tmp_path_factory, "filled", make) / "books.db"


@pytest.fixture(scope="session")
def filled_postgresql(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with the small books, to be copied."""
    with postgresql.fresh() as fresh:
        fill(fresh, tmp_path_factory.mktemp("filled"))
        yield fresh.url.rpartition("/")[2].partition("?")[0]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The small books, a copy for each test."""
    if request.param == "sqlite":
        yield databases.copy(request.getfixturevalue("filled_sqlite"), tmp_path)
    else:
        template = request.getfixturevalue("filled_postgresql")
        with request.getfixturevalue("postgresql").fresh(template) as fresh:
            yield fresh


@pytest.fixture
def filled(app: Flask) -> Flask:
    """The application on small books; forms need no token, which tests of the token put back."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def client(filled: Flask) -> Client:
    """Makes a client signed in as a role, in a language; without a role nobody is signed in."""

    def make(role: str | None = None, language: str = "zh") -> FlaskClient:
        made = filled.test_client()
        with made.session_transaction() as session:
            session["language"] = language
            if role is not None:
                with filled.app_context():
                    with transaction():
                        user = db.session.query(User).filter_by(login=role).one()
                        session["_user_id"] = sessions.begin(user, address="127.0.0.1", user_agent="test")
                    session["_fresh"] = True
        return made

    return make
