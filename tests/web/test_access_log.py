"""After the answer: who opened what is noted, in a transaction of its own, and nobody waits for it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from crm.db import count_statements, db, transaction
from crm.models import Access
from crm.web import access_log
from tests.web.conftest import Client


@pytest.fixture
def noted(filled: Flask) -> Flask:
    """The application, noting every request at once."""
    filled.config["ACCESS_LOG"] = access_log.AT_ONCE
    return filled


def rows(app: Flask) -> list[Access]:
    """What was noted, in order."""
    with app.app_context():
        return db.session.query(Access).order_by(Access.id).all()


def test_who_opened_what(client: Client, noted: Flask) -> None:
    answer = client("staff").get("/projects?q=汉芯公司&unit=jd", headers={"X-Request-ID": "proxy-000123"})
    assert answer.headers["X-Request-ID"] == "proxy-000123"
    (row,) = rows(noted)
    assert (row.method, row.endpoint, row.path, row.status) == ("GET", "projects.listing", "/projects", 200)
    assert (row.request, row.role, row.address) == ("proxy-000123", "staff", "127.0.0.1")
    assert row.parameters == "q unit", "names of parameters, never what was searched for"
    assert row.user_id is not None and row.milliseconds >= 0


def test_refused_unknown_and_failed_requests_are_noted_as_well(client: Client, noted: Flask) -> None:
    client("auditor").get("/projects")
    client().get("/projects")
    client().get("/nowhere\x00/" + "长" * 1000)
    found = [(row.status, row.user_id is None, row.endpoint) for row in rows(noted)]
    assert found == [(403, False, "projects.listing"), (302, True, "projects.listing"), (404, True, None)]
    assert len(rows(noted)[-1].path) == access_log.LONGEST


def test_static_files_and_health_are_left_out(client: Client, noted: Flask) -> None:
    client().get("/static/css/tokens.css").close()
    client().get("/health")
    assert rows(noted) == []


def test_a_request_number_that_is_none_is_replaced(client: Client, filled: Flask) -> None:
    for given in ("x", "a b c d e f g h", "<script>alert(1)</script>", "1" * 65):
        answer = client().get("/nowhere", headers={"X-Request-ID": given})
        number = answer.headers["X-Request-ID"]
        assert number != given and access_log.SANE.fullmatch(number)
        assert number in answer.text, "error pages say it"


def test_the_request_itself_writes_nothing(client: Client, filled: Flask) -> None:
    """Noted beside: the page runs its own statements and no other, whoever holds the write lock."""
    filled.config["ACCESS_LOG"] = access_log.BESIDE
    visitor = client("staff")
    visitor.get("/projects")
    beside: Any = filled.extensions[access_log.KEY]
    with filled.app_context(), transaction() as session:
        session.execute(text("UPDATE units SET position = position"))
        began = time.monotonic()
        # The thread waits for the lock meanwhile; a page does not.
        answered = threading.Thread(target=lambda: [visitor.get("/projects") for _ in range(3)])
        answered.start()
        answered.join(10)
        assert not answered.is_alive() and time.monotonic() - began < 10
    beside.flush()
    assert [row.path for row in rows(filled)] == ["/projects"] * 4


def test_a_full_queue_loses_and_says_so(
    client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    filled.config["ACCESS_LOG"] = access_log.BESIDE
    monkeypatch.setattr(access_log, "WAITING", 2)
    monkeypatch.setattr(access_log, "PAUSE", 3)
    visitor = client()
    for _ in range(4):
        assert visitor.get("/sign-in").status_code == 200
    beside: Any = filled.extensions[access_log.KEY]
    assert beside.lost == 2 and "missing from the access log" in caplog.text
    beside.flush()
    assert len(rows(filled)) == 2


def test_what_cannot_be_written_is_lost_and_said_and_breaks_no_page(
    client: Client, noted: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_rows: object) -> None:
        db.session.execute(text("INSERT INTO nowhere VALUES (1)"))

    monkeypatch.setattr(access_log, "write", broken)
    assert client().get("/sign-in").status_code == 200
    assert "missing from the access log" in caplog.text


def test_noting_costs_one_statement(client: Client, noted: Flask) -> None:
    visitor = client("staff")
    visitor.get("/projects")
    with count_statements() as ran:
        visitor.get("/projects")
    assert [line for line in ran.statements if line.startswith("INSERT")] == [
        line for line in ran.statements if "accesses" in line
    ]
    assert len([line for line in ran.statements if "accesses" in line]) == 1
