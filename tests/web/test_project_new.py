"""Registering a project: the next free number, every error at once, whose it would be, and then it is there."""

from __future__ import annotations

from flask import Flask

from tests.web.conftest import Client
from tests.web.editing import Desk, project, recorded


def test_a_new_project_is_previewed_and_entered(client: Client, filled: Flask) -> None:
    visitor = client("bureau_head")
    desk = Desk(visitor, "/projects/new").open()
    assert desk.sent["number"] == "XM2021001"
    page = desk.post(
        "preview", name="临空冷链项目", investor="江城冷链有限公司", industry_code="5931", attracted_by="lk",
        site_street="baiquan", signed_on="2021-06-01",
    ).text  # fmt: skip
    assert "3.2-in-plate" in page and "确认登记" in page
    assert visitor.get("/projects/XM2021001").status_code == 404
    assert desk.post("save").status_code == 302
    page = visitor.get("/projects/XM2021001").text
    assert "项目已登记" in page and "临空冷链项目" in page
    assert Desk(visitor, "/projects/new").open().sent["number"] == "XM2021002"
    assert "name" in project(filled, "XM2021001").invented


def test_a_new_project_with_errors_shows_them_all(client: Client, filled: Flask) -> None:
    before = recorded(filled)
    desk = Desk(client("reviewer"), "/projects/new").open()
    page = desk.post("save", number="P1").text
    assert "项目编号“P1”已存在" in page and "请填写这一项" in page
    page = desk.post("save", number="P1", industry_code="5931").text
    for said in ("项目编号“P1”已存在", "项目名称是空的", "至少填一个"):
        assert said in page, said
    for number in ("", "new", "..", "a/b", "X" * 41, "?"):
        answer = desk.post(
            "save",
            number=number,
            name="项目",
            attracted_by="jd",
            signed_on="2021-06-01",
            industry_code="5931",
        )
        assert answer.status_code == 400, number
    assert recorded(filled) == before
