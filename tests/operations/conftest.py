"""An installation: small books on either database, with uploaded files, and the command `crm` on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import create_engine, inspect

from crm import create_app
from crm.cli import main
from tests.conftest import BOTH
from tests.databases import Database, PostgreSQL, copy
from tests.web.conftest import filled_postgresql, filled_sqlite

__all__ = ["filled_postgresql", "filled_sqlite"]


@dataclass
class Installation:
    """An instance folder, its books, and the folder of PostgreSQL's own programs."""

    instance: Path
    database: Database
    tools: Path
    monkeypatch: pytest.MonkeyPatch

    def crm(self, *arguments: str | Path) -> Result:
        """Runs a command in this process."""
        for name, value in self.environment().items():
            self.monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    def environment(self) -> dict[str, str]:
        """The settings of this installation."""
        return {
            "GUISHU_INSTANCE": str(self.instance),
            "DATABASE_URL": self.database.url,
            "DATABASE_OWNER_URL": self.database.owner_url,
            "GUISHU_PG_BIN": str(self.tools),
            "LANGUAGE": "zh",
        }

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in the order of its columns."""
        engine = create_engine(self.database.owner_url)
        with engine.connect() as connection:
            rows = {
                name: sorted(map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
                for name in inspect(connection).get_table_names()
                # SQLite's index of searches cannot be read as rows; the tables that it is kept in can
                if not (name in ("project_index", "lead_index") and engine.dialect.name == "sqlite")
            }
        engine.dispose()
        return rows

    def files(self) -> dict[str, bytes]:
        """Every file that belongs to the installation, by name; locks, archives and databases left out."""
        return {
            path.relative_to(self.instance).as_posix(): path.read_bytes()
            for path in sorted(self.instance.rglob("*"))
            if path.is_file() and path.suffix not in {".lock", ".zip", ".db", ".db-wal", ".db-shm"}
        }

    def app(self) -> Flask:
        """The application on these books, with the settings of the environment."""
        return create_app(self.database.settings(self.instance) | {"GUISHU_PG_BIN": str(self.tools)})

    def execute(self, *statements: str) -> None:
        """Runs SQL as the owner of the tables."""
        engine = create_engine(self.database.owner_url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def tools(postgresql: PostgreSQL) -> Path:
    """The folder of pg_dump, pg_restore and psql of the test server's own version."""
    with postgresql.superuser() as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    return Path(row[0])


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The small books, a copy for each test."""
    if request.param == "sqlite":
        yield copy(request.getfixturevalue("filled_sqlite"), tmp_path)
    else:
        template = request.getfixturevalue("filled_postgresql")
        with request.getfixturevalue("postgresql").fresh(template) as fresh:
            yield fresh


@pytest.fixture
def installation(
    database: Database, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """The small books with a key and two uploaded files, one of them large."""
    instance = tmp_path / "instance"
    uploads = instance / "uploads"
    uploads.mkdir(parents=True)
    (uploads / ("a" * 64)).write_bytes(b"number,name\n" * 100_000)
    (uploads / ("b" * 64)).write_bytes(bytes(range(256)))
    (uploads / ".unfinished").write_bytes(b"half")
    (instance / "glyphs").mkdir()
    (instance / "glyphs" / "cache").write_bytes(b"can be made again")
    (instance / "secret_key").write_text("the key of this installation")
    (instance / "secret_key").chmod(0o600)
    (instance / "contact_key").write_bytes(Fernet.generate_key())
    (instance / "contact_key").chmod(0o600)
    made = Installation(instance, database, tools, monkeypatch)
    yield made


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, installation: Installation, tmp_path: Path
) -> Iterator[Installation]:
    """Another machine: an empty folder and an empty database of the same kind."""
    instance = tmp_path / "elsewhere" / "instance"
    instance.mkdir(parents=True)
    if installation.database.kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'elsewhere' / 'books.db'}"
        yield Installation(
            instance, Database("sqlite", url, url), installation.tools, installation.monkeypatch
        )
    else:
        with request.getfixturevalue("postgresql").fresh("template0") as fresh:
            yield Installation(instance, fresh, installation.tools, installation.monkeypatch)
