"""The program's own log: a JSON object a line, with the request it belongs to and nothing secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm import logs
from crm.db import db
from crm.permissions import public


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as JSON lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLines())
    logger = logging.getLogger(logs.OURS)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(before)


def objects(lines: io.StringIO) -> list[dict[str, Any]]:
    """The lines as objects."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_one_line_a_request_without_what_was_typed(app: Flask, lines: io.StringIO) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/sign-in?next=/secret-place", data={"login": "somebody", "password": "a very secret word"}
    )
    (line,) = objects(lines)
    assert (line["method"], line["path"], line["level"]) == ("POST", "/sign-in", "info")
    assert (line["status"], line["request"]) == (answer.status_code, answer.headers["X-Request-ID"])
    assert line["ms"] >= 0 and line["time"].endswith("+00:00") and "user" not in line
    for secret in ("very secret", "somebody", "secret-place"):
        assert secret not in lines.getvalue()


def test_a_failure_is_logged_with_the_number_that_the_page_tells(app: Flask, lines: io.StringIO) -> None:
    @app.get("/fails")
    @public
    def fails() -> str:
        raise RuntimeError("nobody thought of this\nand of that")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/fails")
    error, request = objects(lines)
    assert (error["level"], request["status"]) == ("error", 500)
    assert "RuntimeError: nobody thought of this" in error["exception"]
    assert error["request"] == request["request"] == answer.headers["X-Request-ID"]
    assert error["request"] in answer.text and "nobody thought" not in answer.text


def test_an_error_of_the_database_does_not_tell_values(session: Any) -> None:
    with pytest.raises(DBAPIError) as failed:
        db.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "a secret name"})
    assert "a secret name" not in str(failed.value)


def test_plain_lines_for_a_terminal() -> None:
    record = logging.LogRecord("crm", logging.WARNING, __file__, 1, "disk %s%% full", (93,), None)
    record.status = 200
    assert logs.PlainLines().format(record).endswith("WARNING disk 93% full  status=200")


def test_a_file_where_one_is_named_and_only_once(tmp_path: Path) -> None:
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, level = list(root.handlers), ours.level
    try:
        logs.configure(str(tmp_path / "first.log"))
        logs.configure(str(tmp_path / "guishu.log"))
        ours.info("归属")
        found = (tmp_path / "guishu.log").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["message"] for line in found] == ["归属"]
        assert (tmp_path / "first.log").read_text() == ""
    finally:
        for handler in set(root.handlers) - set(handlers):
            root.removeHandler(handler)
            handler.close()
        ours.setLevel(level)
