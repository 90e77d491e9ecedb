"""What every page has in common: headers, banner, language, appearance, errors; and the small pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crm import extensions
from crm.briefs import document
from crm.db import count_statements, db
from crm.errors import Refusals, Refused, Stale
from crm.permissions import public
from tests.web.conftest import Client

TEMPLATES = Path(__file__).parents[2] / "templates"
STATIC = Path(__file__).parents[2] / "crm" / "static"


def test_headers_on_every_answer(client: Client) -> None:
    for path in ("/sign-in", "/projects", "/nope", "/health", "/static/css/tokens.css"):
        with client("staff").get(path) as answer:
            answer.get_data()
        policy = answer.headers["Content-Security-Policy"]
        assert (
            "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert client("staff").get("/projects").headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in client("staff").get("/").headers


def test_https_only_is_said_where_it_is_so(client: Client, filled: Flask) -> None:
    filled.config["SESSION_COOKIE_SECURE"] = True
    assert "max-age" in client().get("/sign-in").headers["Strict-Transport-Security"]


def test_no_template_has_inline_style_or_script() -> None:
    for file in TEMPLATES.rglob("*.html"):
        found = re.findall(
            r"<style|\sstyle=|<script(?![^>]*src=)|\son\w+=\"|javascript:", file.read_text(encoding="utf-8")
        )
        assert not found, f"{file.name}: {found}"


def test_nothing_comes_from_another_host(client: Client) -> None:
    page = client("staff").get("/projects").text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    for file in STATIC.rglob("*.css"):
        assert not re.findall(r"url\(['\"]?(?:https?:)?//|@import", file.read_text(encoding="utf-8")), (
            file.name
        )
        assert len(file.read_text(encoding="utf-8").splitlines()) < 300


def test_the_demonstration_says_so_on_every_page(client: Client, filled: Flask) -> None:
    for role, path in ((None, "/sign-in"), ("staff", "/"), ("auditor", "/log"), ("staff", "/nope")):
        assert "业务日期 2021年6月3日" in client(role).get(path).text
    with filled.app_context():
        db.session.execute(text("UPDATE books SET kind = 'real'"))
        db.session.commit()
    assert "demo-banner" not in client("staff").get("/").text


def test_language_and_appearance_are_chosen_by_post(client: Client) -> None:
    visitor = client()
    assert visitor.get("/preferences").status_code == 405
    answer = visitor.post("/preferences", data={"language": "en", "next": "/sign-in"})
    assert answer.headers["Location"] == "/sign-in"
    page = visitor.get("/sign-in").text
    assert '<html lang="en" data-theme="auto">' in page and "Sign in" in page
    visitor.post("/preferences", data={"theme": "dark"})
    assert 'data-theme="dark"' in visitor.get("/sign-in").text
    visitor.post("/preferences", data={"language": "xx", "theme": "<b>"})
    assert '<html lang="en" data-theme="dark">' in visitor.get("/sign-in").text


def test_home_shows_the_month_and_what_is_open(client: Client) -> None:
    page = client("staff").get("/").text
    assert "2021年6月一览" in page and "本单位未定和暂定的" in page
    assert 'href="/projects?status=undetermined"' in client("reviewer").get("/").text
    assert 'href="/system"' in client("administrator").get("/").text
    assert 'href="/log"' in client("auditor").get("/").text


def test_the_system_page(client: Client, filled: Flask) -> None:
    page = client("administrator").get("/system").text
    with filled.app_context():
        kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[db.engine.dialect.name]
    assert kind in page and "演示账套" in page and "结构版本" in page
    assert "历史不可改" in page and "sqlalchemy" in page
    visitor = client("administrator")
    with count_statements() as seen:
        assert visitor.get("/system").status_code == 200
    assert seen.count <= 20, seen.statements


def test_errors_have_a_next_step(client: Client, filled: Flask) -> None:
    filled.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    for answer, status, said in (
        (client("staff").get("/nope"), 404, "回到首页"),
        (client().get("/nope"), 404, "登录"),
        (client("staff").get("/log"), 403, "请联系系统管理员"),
        (client("staff").delete("/projects"), 405, "从页面进入"),
        (client().post("/sign-in", data={"login": "x" * 2 * 1024 * 1024}), 413, "1 MB"),
    ):
        assert answer.status_code == status
        assert said in answer.text


def test_refusals_become_pages_and_problems(client: Client, filled: Flask) -> None:
    raised = {
        "one": Refused("登录名 %(login)s 已被使用", field="login", login="<b>x</b>"),
        "stale": Stale(),
        "many": Refusals([Refused("请填写登录名", field="login"), Refused("请填写姓名", field="name")]),
        "bug": ZeroDivisionError("secret"),
    }
    filled._got_first_request = False
    filled.config["PROPAGATE_EXCEPTIONS"] = False

    @filled.get("/raise/<which>")
    @public
    def _raise(which: str) -> str:
        raise raised[which]

    json = {"Accept": "application/json"}
    page = client("staff").get("/raise/one")
    assert page.status_code == 400 and "登录名 &lt;b&gt;x&lt;/b&gt; 已被使用" in page.text
    problem = client("staff").get("/raise/one", headers=json).json
    assert problem is not None and problem["field"] == "login"
    assert client("staff").get("/raise/stale").status_code == 409
    many = client("staff", "en").get("/raise/many", headers=json).json
    assert many is not None and [one["detail"] for one in many["errors"]] == ["Give the login", "Give a name"]
    for headers in (json, {}):
        bug = client("staff").get("/raise/bug", headers=headers)
        assert bug.status_code == 500 and "secret" not in bug.text and "系统出错" in bug.text


def test_a_database_that_does_not_answer_is_said_to_be_busy(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_session_id: str) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    visitor = client("staff")
    monkeypatch.setattr(extensions.login, "_user_callback", locked)
    for answer in (visitor.get("/projects"), visitor.post("/briefs/2021-05"), visitor.delete("/projects")):
        assert answer.status_code == 503 and "暂时不可用" in answer.text and "BEGIN" not in answer.text


def test_nobody_waits_while_a_pdf_is_set(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    render = document.render

    def noted(*given: Any, **more: Any) -> bytes:
        held.append(db.session().in_transaction())
        return render(*given, **more)

    monkeypatch.setattr(document, "render", noted)
    assert client("leader").post("/briefs/2021-05").status_code == 200
    assert held == [False]


def test_briefs_are_read_and_printed(client: Client) -> None:
    visitor = client("leader")
    assert "2021年5月" in visitor.get("/briefs").text
    page = visitor.get("/briefs/2021-05").text
    assert "招商引资工作简报" in page and "<svg" in page and "商会总部楼" in page
    assert "Brief on Investment Attraction" in client("leader", "en").get("/briefs/2021-05").text
    for month in ("2021-13", "2021-07", "x", "2019-12", "２０２１-05", "2021-5"):
        assert visitor.get(f"/briefs/{month}").status_code == 404
    printed = visitor.post("/briefs/2021-05")
    assert printed.mimetype == "application/pdf" and printed.data.startswith(b"%PDF")
    # A server can only send Latin letters in a header.
    disposition = printed.headers["Content-Disposition"]
    assert disposition.isascii() and disposition.startswith("attachment") and "2021-05.pdf" in disposition
    assert "生成简报" in client("auditor").get("/log").text
