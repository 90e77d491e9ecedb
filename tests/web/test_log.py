"""The auditor's log: newest first, filtered, paged, exported as shown, never broken by an address, naming no project."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from crm.db import count_statements, db, transaction
from crm.models import AuditEvent, Project, User
from crm.services import auditing, history
from crm.web import access_log, log_export
from tests.web.conftest import Client
from tests.web.test_projects import HOSTILE


def last_event(app: Flask) -> Any:
    """What was recorded last."""
    with app.app_context():
        return db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()


def export(visitor: FlaskClient, address: str = "/log/export", **form: str) -> list[list[str]]:
    """The rows of an export as csv, its head first."""
    answer = visitor.post(address, data={"format": "csv", **form})
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    answer.close()
    return rows


def test_what_happened_and_who_did_it(client: Client) -> None:
    page = client("auditor").get("/log").text
    assert "更新项目事实" in page and "reviewer某" in page
    assert page.index("登记项目") < page.index("更新项目事实")


def test_filters(client: Client, filled: Flask) -> None:
    visitor = client("auditor")
    assert "更新项目事实</td>" not in visitor.get("/log?action=project.registered").text
    by_reviewer = visitor.get("/log?actor=reviewer").text
    assert "更新项目事实</td>" in by_reviewer and "登记项目</td>" not in by_reviewer
    assert "没有符合条件的记录" in visitor.get("/log?since=2022-01-01").text
    assert "2021-03-17" in visitor.get("/log?since=2021-03-17&until=2021-03-17").text
    accounts = visitor.get("/log?group=user").text
    assert "新增用户</td>" in accounts and "登记项目</td>" not in accounts
    with filled.app_context():
        number = db.session.query(Project.id).filter_by(number="P1").scalar()
    one = visitor.get(f"/log?subject=projects&number={number}").text
    assert one.count(f"项目 {number}</td>") == one.count('<td data-label="对象"') == 2


def test_sign_ins_have_a_page(client: Client, filled: Flask) -> None:
    client().post("/sign-in", data={"login": "staff", "password": "wrong wrong wrong"})
    page = client("auditor").get("/log/sign-ins").text
    assert "登录失败</td>" in page and "登记项目</td>" not in page
    assert "没有符合条件的记录" in client("auditor").get("/log/sign-ins?action=user.signed_out").text


def test_a_page_names_no_project(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        project = db.session.query(Project).filter_by(number="P1").one()
        history.record(
            "project.facts_set", project, actor=None, note="芯片封装项目很好", before={"name": "芯片封装项目"},
            after={"name": "新名称"},
        )  # fmt: skip
    visitor = client("auditor")
    page = visitor.get("/log?action=project.facts_set").text
    assert "项目名称" in page and "不在日志中显示" in page
    exported = str(export(visitor))
    for name in ("芯片封装项目", "新名称", "食品厂", "汉芯公司"):
        assert name not in page and name not in visitor.get("/log").text and name not in exported


def test_the_state_of_the_chain(client: Client, filled: Flask) -> None:
    visitor = client("auditor")
    assert "尚未核对" in visitor.get("/log").text
    with filled.app_context():
        with transaction():
            found = auditing.walk()
            assert found.fault is None
            auditing.note(found, actor=None)
        digest = history.last_digest()
        db.session.rollback()
    page = visitor.get("/log").text
    assert digest in page and f"{found.entries}条完好" in page and "在服务器上用命令" in page


def test_pages(client: Client) -> None:
    visitor = client("auditor")
    first = visitor.get("/log").text
    assert 'rel="next"' in first and 'rel="prev"' not in first
    last = visitor.get("/log?last=1").text
    assert "新增单位</td>" in last and 'rel="next"' not in last


def test_the_export_is_what_the_page_shows_and_is_recorded(
    client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(log_export, "AT_ONCE", 3)
    visitor = client("auditor")
    head, *rows = export(visitor, action="project.registered")
    assert head[0] == "序号" and {row[5] for row in rows} == {"登记项目"} and len(rows) == 4
    assert [int(row[0]) for row in rows] == sorted((int(row[0]) for row in rows), reverse=True)
    event = last_event(filled)
    assert event.action == "log.exported"
    assert event.detail["rows"] == 4 and event.detail["filters"] == {"action": "project.registered"}
    with filled.app_context():
        assert db.session.get_one(User, event.actor_id).login == "auditor"
        total = db.session.query(AuditEvent).count()
    answer = visitor.post("/log/export", data={"format": "xlsx"})
    file = tmp_path / "log.xlsx"
    file.write_bytes(answer.data)
    answer.close()
    assert len(CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()) == total + 1


def test_formulas_are_text_in_an_export(client: Client, filled: Flask) -> None:
    client().post("/sign-in", data={"login": "=cmd|calc", "password": "wrong wrong wrong"})
    with filled.app_context(), transaction():
        db.session.query(User).filter_by(login="reviewer").one().name = "=1+1"
    _, *rows = export(client("auditor"), actor="reviewer")
    assert {row[3] for row in rows} == {"'=1+1"}


def test_who_opened_what(client: Client, filled: Flask) -> None:
    filled.config["ACCESS_LOG"] = access_log.AT_ONCE
    client("staff").get("/projects/P1?on=2021-05-01")
    client("leader").get("/briefs")
    client().get("/projects")
    filled.config["ACCESS_LOG"] = access_log.OFF
    visitor = client("auditor")
    page = visitor.get("/log/access").text
    assert "/projects/P1</td>" in page and "未登录" in page and "2021-05-01" not in page
    page = visitor.get("/log/access?path=/projects").text
    assert "/projects/P1</td>" in page and "/briefs</td>" not in page
    page = visitor.get("/log/access?actor=leader").text
    assert "/briefs</td>" in page and "/projects/P1</td>" not in page
    assert "没有符合条件的记录" in visitor.get("/log/access?until=2021-06-03").text
    _, *rows = export(visitor, "/log/access/export", path="/projects/")
    assert [(row[3], row[5], row[6], row[7]) for row in rows] == [("staff", "/projects/P1", "on", "200")]
    assert last_event(filled).detail["list"] == "accesses"


def test_reading_is_for_the_auditor_alone(client: Client) -> None:
    for role in ("staff", "bureau_head", "leader", "administrator"):
        visitor = client(role)
        found = [visitor.get(path).status_code for path in ("/log", "/log/sign-ins", "/log/access")]
        found += [visitor.post(path).status_code for path in ("/log/export", "/log/access/export")]
        assert found == [403] * 5


def test_hostile_parameters_are_no_error(client: Client) -> None:
    visitor = client("auditor")
    names = (
        "group",
        "action",
        "actor",
        "subject",
        "number",
        "since",
        "until",
        "after",
        "before",
        "last",
        "path",
    )
    for value in HOSTILE:
        given = dict.fromkeys(names, value)
        for path in ("/log", "/log/sign-ins", "/log/access"):
            assert visitor.get(path, query_string=given).status_code == 200, (path, value)
        for path in ("/log/export", "/log/access/export"):
            answer = visitor.post(path, data={**given, "format": value})
            assert answer.status_code == 200, (path, value)
            answer.close()


@pytest.mark.parametrize("path", ["/log", "/log/sign-ins", "/log/access"])
def test_how_many_statements_it_takes(client: Client, filled: Flask, path: str) -> None:
    visitor = client("auditor")
    visitor.get(path)
    with count_statements() as ran:
        visitor.get(path)
    assert ran.count <= 8
