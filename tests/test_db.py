"""One commit, at the edge; writers wait for one another and lose nothing."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from crm import create_app
from crm.db import Instant, count_statements, db, transaction
from crm.models import Enterprise, Unit
from tests import build
from tests.databases import Database

ROUNDS = 25
WRITERS = 4


def begins(app: Flask) -> list[str]:
    """Collects every BEGIN that reaches SQLite from here on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("BEGIN"):
            seen.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return seen


def test_reading_begins_plainly_and_writing_immediately(app: Flask, database: Database) -> None:
    seen = begins(app)
    with app.app_context():
        db.session.scalars(select(Unit)).all()
        with transaction():
            db.session.scalars(select(Unit)).all()
    assert seen == ([] if database.kind == "postgresql" else ["BEGIN", "BEGIN IMMEDIATE"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_only_a_transaction_takes_the_write_lock(app: Flask, database: Database, method: str) -> None:
    seen = begins(app)
    with app.test_request_context("/sign-in", method=method):
        db.session.scalars(select(Unit)).all()
        with transaction():
            db.session.scalars(select(Unit)).all()
    assert seen == ([] if database.kind == "postgresql" else ["BEGIN", "BEGIN IMMEDIATE"])


def test_a_transaction_is_kept_whole_or_not_at_all(app: Flask) -> None:
    with app.app_context():
        with transaction():
            db.session.add(Enterprise(name="留下"))
        with transaction(keep=False) as session:
            session.add(Enterprise(name="预览"))
            session.flush()
            assert session.scalar(select(func.count()).select_from(Enterprise)) == 2
        with pytest.raises(ZeroDivisionError), transaction() as session:
            session.add(Enterprise(name="出错"))
            session.flush()
            raise ZeroDivisionError
        assert db.session.scalars(select(Enterprise.name)).all() == ["留下"]


def test_a_transaction_inside_another_is_a_mistake(session: Any) -> None:
    with transaction(), pytest.raises(RuntimeError, match="inside"), transaction():
        pass


def test_rows_changed_before_a_transaction_are_a_mistake(session: Any) -> None:
    session.scalars(select(Enterprise)).all()
    session.add(Enterprise(name="太早"))
    with pytest.raises(RuntimeError, match="before"), transaction():
        pass


def write(database: Database, instance: Path, failures: Any) -> None:
    """Reads a counter, adds one and writes it back, many times."""
    app = create_app(database.settings(instance))
    try:
        with app.app_context():
            for _ in range(ROUNDS):
                with transaction() as session:
                    query = select(Unit).where(Unit.code == "counter").with_for_update()
                    counter = session.scalar(query)
                    session.execute(
                        update(Unit).where(Unit.id == counter.id).values(position=counter.position + 1)
                    )
                    session.add(Enterprise(name="一轮"))
    except Exception as error:  # the parent prints whatever it was
        failures.put(repr(error))


def test_writers_at_once_lose_nothing_and_are_never_locked_out(
    app: Flask, database: Database, tmp_path: Path
) -> None:
    with app.app_context():
        with transaction():
            before = build.unit("counter").position
        db.engine.dispose()
    # Forked from a process that has imported the program once and has no thread and no connection.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    failures = context.Queue()
    writers = [
        context.Process(target=write, args=(database, tmp_path / "instance", failures))
        for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert failures.empty(), failures.get()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    with app.app_context():
        assert db.session.scalar(select(Unit.position)) == before + WRITERS * ROUNDS
        assert db.session.scalar(select(func.count()).select_from(Enterprise)) == WRITERS * ROUNDS


def test_sqlite_is_set_up_for_many_processes(app: Flask, database: Database) -> None:
    if database.kind == "postgresql":
        pytest.skip("settings of SQLite")
    expected = {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 15000,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }
    with app.app_context(), db.engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


def test_statements_are_counted(session: Any) -> None:
    with count_statements() as seen:
        session.scalars(select(Unit)).all()
        session.scalars(select(Enterprise)).all()
    assert seen.count == 2
    assert "FROM enterprises" in seen.statements[1]


def test_instants_are_utc_whatever_zone_they_came_in(session: Any) -> None:
    shanghai = datetime(2021, 6, 3, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    project = build.project(created_at=shanghai)
    session.expire(project)
    assert project.created_at == shanghai
    assert project.created_at.tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2021, 6, 3), session.get_bind().dialect)
