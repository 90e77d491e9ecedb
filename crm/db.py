"""The SQLAlchemy handle, constraint names, column types, and `transaction()`: the only commit in the
program.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CheckConstraint, DateTime, Dialect, Engine, MetaData, TypeDecorator, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from crm.config import ROOT
from crm.errors import Refused
from crm.folding import fold
from crm.messages import N_


class Base(DeclarativeBase):
    """What every model derives from; its metadata names every constraint, so that migrations can."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, timezone-aware in Python on every database; a moment without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs its time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A CHECK that the column is empty or one of a closed list."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


db = SQLAlchemy(model_class=Base)
_migrate = Migrate()


def init_db(app: Flask) -> None:
    """Connects the application with its database; `flask db` then writes revisions."""
    db.init_app(app)
    _migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)


_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def transaction(keep: bool = True) -> Iterator[Any]:
    """All or nothing: commits at the end, or rolls back where something was raised, or where `keep` is
    false (a preview).

    Yields the session. A read begun before is ended first, so that on SQLite the write lock is taken at once,
    held for these changes alone, and what is read inside is what will be changed.
    """
    if _writing.get():
        raise RuntimeError("transaction() inside transaction(): only an edge commits, once")
    session = db.session()
    if session.in_transaction():
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("rows were changed before transaction() began")
        session.rollback()
    token = _writing.set(True)
    try:
        yield session
        if keep:
            session.commit()
        else:
            session.rollback()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)


def insert_rows(table: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds many rows, their values in the order of `columns`: the database's defaults fill the others, a model's do not.

    For tens of thousands of rows: the session would put the values of each in order one by one.
    """
    if not rows:
        return
    dialect = db.session.get_bind().dialect
    quoted = dialect.identifier_preparer
    names = ", ".join(quoted.format_column(table.c[name]) for name in columns)
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
    values: list[Any] = list(zip(*rows, strict=True))
    for place, name in enumerate(columns):
        kind = table.c[name].type.dialect_impl(dialect)
        process = kind.bind_processor(dialect)
        if process is not None:
            values[place] = map(cache(process) if kind.hashable else process, values[place])
    statement = f"INSERT INTO {quoted.format_table(table)} ({names}) VALUES ({marks})"
    db.session.connection().exec_driver_sql(statement, list(zip(*values, strict=True)))


@contextmanager
def only_reading() -> Iterator[None]:
    """A transaction of its own for reading: what comes after it, slow work or writing, finds none open."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed before only_reading() began")
    session.rollback()
    try:
        yield
    finally:
        session.rollback()


@contextmanager
def meaning_to_write() -> Iterator[None]:
    """Transactions begun inside take SQLite's write lock at once; for migrations, which commit by
    themselves.
    """
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 15000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Without it INSERT OR REPLACE deletes a row and no trigger hears of it.
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()
    connection.create_function("folded", 1, lambda field: field and fold(field), deterministic=True)


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@dataclass
class Statements:
    """The SQL that ran while it was counted, in order."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many statements ran."""
        return len(self.statements)


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Counts the statements that this thread sends to any database meanwhile; BEGIN and COMMIT are not among them.

    Another thread's are its own: a worker that looks for jobs beside a page costs the page nothing.
    """
    seen, here = Statements(), threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.get_ident() == here and not statement.startswith("BEGIN"):
            seen.statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def migration_scripts() -> alembic.config.Config:
    """Alembic's settings: where the revisions are."""
    scripts = alembic.config.Config()
    scripts.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    return scripts


def upgrade(app: Flask, revision: str = "head") -> None:
    """Brings the tables up to a revision; creates them in an empty database."""
    with app.app_context():
        alembic.command.upgrade(migration_scripts(), revision)


def downgrade(app: Flask, revision: str) -> None:
    """Takes the tables down to a revision; `base` leaves none."""
    with app.app_context():
        alembic.command.downgrade(migration_scripts(), revision)


def check_schema(app: Flask, *, migrating: bool = False) -> bool:
    """Are the tables older than this code, or not there yet? Only where `migrating` is about to bring them up.

    Raises Refused where the database cannot be opened or its tables are not those of this code: newer, or,
    without `migrating`, older.
    """
    scripts = ScriptDirectory.from_config(migration_scripts())
    shown = app.config["SQLALCHEMY_DATABASE_URI"]
    with app.app_context():
        shown = db.engine.url.render_as_string(hide_password=True)
        _refuse_read_only(db.engine)
        try:
            with db.engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise Refused(N_("无法打开数据库 %(url)s：%(reason)s"), url=shown, reason=reason) from error
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise Refused(N_("数据库 %(url)s 的结构（%(found)s）比程序新：请升级程序"), url=shown, found=found)
    older = found != scripts.get_current_head()
    if older and not migrating:
        raise Refused(N_("数据库 %(url)s 尚未建立或结构较旧：请先运行 make run 或 crm migrate"), url=shown)
    return older


def _refuse_read_only(engine: Engine) -> None:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and Path(file).exists():
        try:
            with open(file, "ab"):
                pass
        except OSError as error:
            raise Refused(
                N_("数据库文件 %(file)s 不可写：%(reason)s"), file=file, reason=error.strerror
            ) from error
