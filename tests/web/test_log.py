"""The auditor's log: newest first, filtered, paged, never broken by an address."""

from __future__ import annotations

from flask import Flask

from crm.db import count_statements
from tests.web.conftest import Client
from tests.web.test_projects import HOSTILE


def test_what_happened_and_who_did_it(client: Client) -> None:
    page = client("auditor").get("/log").text
    assert "更新项目事实" in page and "reviewer某" in page
    assert page.index("登记项目") < page.index("更新项目事实")


def test_filters(client: Client) -> None:
    visitor = client("auditor")
    assert "更新项目事实</td>" not in visitor.get("/log?action=project.registered").text
    by_reviewer = visitor.get("/log?actor=reviewer").text
    assert "更新项目事实</td>" in by_reviewer and "登记项目</td>" not in by_reviewer
    assert "没有符合条件的记录" in visitor.get("/log?since=2022-01-01").text
    assert "2021-03-17" in visitor.get("/log?since=2021-03-17&until=2021-03-17").text


def test_pages(client: Client) -> None:
    visitor = client("auditor")
    first = visitor.get("/log").text
    assert 'rel="next"' in first and 'rel="prev"' not in first
    last = visitor.get("/log?last=1").text
    assert "新增单位</td>" in last and 'rel="next"' not in last


def test_hostile_parameters_are_no_error(client: Client) -> None:
    visitor = client("auditor")
    for value in HOSTILE:
        for name in ("action", "actor", "since", "until", "after", "before", "last"):
            assert visitor.get("/log", query_string={name: value}).status_code == 200, (name, value)


def test_how_many_statements_it_takes(client: Client, filled: Flask) -> None:
    visitor = client("auditor")
    visitor.get("/log")
    with count_statements() as ran:
        visitor.get("/log")
    assert ran.count <= 8
