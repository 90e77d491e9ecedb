"""The health page: each part can be unavailable, nothing is written, nobody is told more, and it asks seldom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Worker
from crm.operations import machine, vital
from crm.web import health
from tests.web.conftest import Client

PARTS = ("database", "schema", "writing", "worker", "disk")


@pytest.fixture
def alive(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A worker was seen a moment ago, and the program has been running for long."""
    monkeypatch.setattr(vital, "GRACE", 0.0)
    with filled.app_context(), transaction():
        db.session.add(Worker(name="one"))
    return filled


def forget(app: Flask) -> None:
    """Has the next question asked anew."""
    health.init(app)


def test_all_is_well(client: Client, alive: Flask) -> None:
    answer = client().get("/health")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", **dict.fromkeys(PARTS, "ok")}
    assert answer.headers["Cache-Control"] in ("no-store", "no-cache")


def test_it_asks_once_for_many_questions_and_writes_nothing(client: Client, alive: Flask) -> None:
    visitor = client()
    with count_statements() as seen:
        for _ in range(50):
            assert visitor.get("/health").status_code == 200
    own = [statement for statement in seen.statements if "accesses" not in statement]
    assert 0 < len(own) <= 4
    assert all(statement.lstrip().upper().startswith("SELECT") for statement in own), own


def unwell(app: Flask, client: Client) -> set[str]:
    """The parts that are not well."""
    forget(app)
    answer = client().get("/health")
    said = dict(answer.json or {})
    assert answer.status_code == 503 and said.pop("status") == "unavailable"
    assert set(said) == set(PARTS) and set(said.values()) <= {"ok", "unavailable"}
    return {part for part, word in said.items() if word != "ok"}


def test_a_worker_that_fell_silent(client: Client, alive: Flask) -> None:
    with alive.app_context(), transaction():
        db.session.query(Worker).one().seen_at = clock.real_now() - timedelta(minutes=5)
    assert unwell(alive, client) == {"worker"}


def test_a_worker_may_come_a_little_after_the_server(
    client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(filled)
    assert client().get("/health").status_code == 200
    monkeypatch.setattr(vital, "GRACE", 0.0)
    assert unwell(filled, client) == {"worker"}


def test_tables_of_another_version(client: Client, alive: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.operations.vital.head", lambda: "9999")
    assert unwell(alive, client) == {"schema"}


def test_a_full_disk(client: Client, alive: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "disk_free", lambda _: machine.DISK_FLOOR - 1)
    assert unwell(alive, client) == {"disk"}


def test_books_that_cannot_be_written(client: Client, alive: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.operations.tables.can_write", lambda: False)
    assert unwell(alive, client) == {"writing"}


def test_a_database_that_does_not_answer(
    client: Client, alive: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", broken)
    assert unwell(alive, client) == {"database", "schema", "writing", "worker"}
