"""What takes its time happens while nobody's writing waits for it."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import event

from crm import uploads
from crm.db import db
from crm.models import Access, User
from crm.services import accesses, briefs, event_list, passwords, printing
from crm.web import access_log, exporting, imports
from tests import build
from tests.databases import Database
from tests.web.conftest import Client
from tests.web.test_people import account, act

NEW = "another password"

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def free(database: Database) -> Callable[..., Callable[..., Any]]:
    """Wraps a function so that each call of it first takes the write lock of the books and lets it go."""

    def wrapped(slow: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
        def checked(*given: Any, **named: Any) -> Any:
            other = sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            other.close()
            calls.append(slow.__name__)
            return slow(*given, **named)

        return checked

    return wrapped


@sqlite_only
def test_passwords_are_hashed_while_nothing_is_locked(
    client: Client, filled: Flask, free: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Slow:
        hash = staticmethod(free(passwords._hasher.hash, calls))
        verify = staticmethod(free(passwords._hasher.verify, calls))
        check_needs_rehash = staticmethod(lambda _stored: True)

    monkeypatch.setattr(passwords, "_hasher", Slow)
    visitor, administrator = client(), client("administrator")
    assert visitor.post("/sign-in", data={"login": "nobody", "password": NEW}).status_code == 401
    assert visitor.post("/sign-in", data={"login": "staff", "password": NEW}).status_code == 401
    assert visitor.post("/sign-in", data={"login": "staff", "password": build.PASSWORD}).status_code == 302
    assert calls == ["verify", "verify", "verify", "hash"]
    change = {"current": build.PASSWORD, "password": NEW, "again": NEW}
    assert visitor.post("/account/password", data=change | {"current": "wrong"}).status_code == 400
    assert visitor.post("/account/password", data=change).status_code == 302
    assert calls[4:] == ["verify", "verify", "hash"]
    assert act(administrator, filled, "staff", "reset").status_code == 200
    post = {"role": "staff", "unit": "jd", "valid_from": "2021-06-01"}
    made = administrator.post("/people", data={"login": "chen", "name": "陈", **post})
    assert made.status_code == 200 and isinstance(account(filled, "chen"), User)
    assert calls[7:] == ["hash", "hash"]


@sqlite_only
def test_an_upload_is_copied_while_nothing_is_locked(
    client: Client, free: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(imports, "keep", free(uploads.keep, calls))
    sent = {"file": (io.BytesIO("编号\n".encode()), "a.csv")}
    assert client("reviewer").post("/imports", data=sent).status_code == 303
    assert calls == ["keep"]


@sqlite_only
def test_exports_and_prints_keep_nobody_from_writing(
    client: Client, free: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for place, name in (
        (event_list, "listing"),
        (accesses, "listing"),
        (briefs, "month_brief"),
        (printing, "on_paper"),
        (exporting, "write"),
    ):
        monkeypatch.setattr(place, name, free(getattr(place, name), calls))
    for role, path in (
        ("auditor", "/log/export"),
        ("auditor", "/log/access/export"),
        ("reviewer", "/briefs/2021-05"),
        ("reviewer", "/projects/export"),
    ):
        assert client(role).post(path).status_code == 200
    assert calls == ["listing", "listing", "month_brief", "on_paper", "write"]


def test_what_is_written_about_a_request_asks_nothing(client: Client, filled: Flask) -> None:
    filled.config["ACCESS_LOG"] = access_log.AT_ONCE
    noted: list[str] = []
    visitor = client("reviewer")

    @filled.after_request
    def _first(response: Response) -> Response:
        # called before those that were there earlier: what they ask is counted from here
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", note)
        return response

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        noted.append(statement)

    assert visitor.post("/projects/export").status_code == 200
    with filled.app_context():
        event.remove(db.engine, "before_cursor_execute", note)
        row = db.session.query(Access).order_by(Access.id.desc()).first()
        assert row is not None and row.user is not None
        assert (row.user.login, row.role, row.path) == ("reviewer", "reviewer", "/projects/export")
    assert noted and not [one for one in noted if "FROM users" in one or "post_terms" in one], noted
