"""The pages of enterprises: list, file, what a field suggests, one with all that hangs on it, two people at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Enterprise, Project
from crm.services import companies, origins, people, units
from crm.sheets.credit_codes import check_character
from tests import build
from tests.web.conftest import TODAY, Client

CODE = "91420100MA4KX1234" + check_character("91420100MA4KX1234")
NEW = {"name": "湖北示例有限公司", "credit_code": CODE.lower(), "listed": "1"}


def company(app: Flask, name: str) -> Any:
    """The enterprise as the books have it now."""
    with app.app_context():
        found = db.session.query(Enterprise).filter_by(name=name).one()
        db.session.expunge(found)
        return found


def hidden(page: str) -> dict[str, str]:
    """What a form carries without showing it, nothing in it being escaped."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_registered_found_and_opened(client: Client, filled: Flask) -> None:
    staff = client("staff")
    answer = staff.post("/companies/new", data=NEW)
    assert answer.status_code == 303
    key = company(filled, NEW["name"]).id
    page = staff.get(answer.headers["Location"]).text
    assert CODE in page and "上市" in page
    again = staff.post("/companies/new", data=NEW | {"name": "别的公司"})
    assert again.status_code == 400
    assert f'href="/companies/{key}"' in again.text and "别的公司" in again.text
    wrong = staff.post("/companies/new", data={"name": "", "credit_code": CODE[:-1], "parent": "没有的公司"})
    assert wrong.status_code == 400
    assert all(text in wrong.text for text in ("企业名称是空的", "这里有17位", "账上没有“没有的公司”"))
    found = staff.get("/companies?q=示例", headers={"Accept": "application/json"})
    assert found.json == [{"id": key, "name": NEW["name"], "credit_code": CODE}]
    assert "Accept" in found.headers["Vary"]
    assert client("leader").post("/companies/new", data=NEW).status_code == 403


def test_pages_ask_little(client: Client, filled: Flask) -> None:
    key = company(filled, "汉芯公司").id
    for role in ("staff", "reviewer"):
        for path, most in (
            ("/companies", 12),
            ("/companies?q=汉芯&open_lead=1", 12),
            (f"/companies/{key}", 20),
        ):
            visitor = client(role)
            visitor.get(path)
            with count_statements() as ran:
                assert visitor.get(path).status_code == 200
            assert ran.count <= most, (path, ran.statements)
    english = client("staff", "en")
    for path in ("/companies", f"/companies/{key}", "/companies/new", f"/companies/{key}/edit"):
        assert "Enterprise" in english.get(path).text or "enterprise" in english.get(path).text


def test_the_file_has_every_line(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        db.session.add(Enterprise(name="=公式公司"))
    answer = client("leader").post("/companies/export", data={"format": "csv"})
    text = answer.data.decode("utf-8-sig")
    assert "汉芯公司" in text and ",'=公式公司" in "," + text.replace("\r\n", ",")
    assert client("leader").post("/companies/export").data[:2] == b"PK"
    assert client("auditor").post("/companies/export").status_code == 403


def test_two_change_different_fields_and_the_same(client: Client, filled: Flask) -> None:
    key = company(filled, "汉芯公司").id
    path = f"/companies/{key}/edit"
    first, second = client("staff"), client("reviewer")
    mine, theirs = hidden(first.get(path).text), hidden(second.get(path).text)
    base = {"name": "汉芯公司"}
    assert (
        second.post(path, data=theirs | base | {"note": "对方写的", "group_name": "甲集团"}).status_code
        == 303
    )
    saved = first.post(path, data=mine | base | {"fortune_500": "1"}, follow_redirects=True)
    assert "照账上保留" in saved.text
    now = company(filled, "汉芯公司")
    assert (now.note, now.group_name, now.fortune_500, now.version) == ("对方写的", "甲集团", True, 3)
    conflict = first.post(path, data=mine | base | {"note": "我写的"})
    assert conflict.status_code == 409 and "对方写的" in conflict.text and "reviewer某" in conflict.text
    chosen = hidden(conflict.text) | {"note": "我写的"}
    assert first.post(path, data=chosen).status_code == 303
    now = company(filled, "汉芯公司")
    assert (now.note, now.group_name, now.fortune_500) == ("我写的", "甲集团", True)
    assert first.post(path, data=base | {"version": "1"}).status_code == 400


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_parent_that_may_not_be_seen_is_kept_and_not_named(client: Client, filled: Flask) -> None:
    with filled.app_context(), clock.at(TODAY), transaction():
        parent = Enterprise(name="绝密母公司")
        db.session.add(parent)
        db.session.flush()
        build.lead(units.unit_by_code("gx"), "XS2021009", enterprise_id=parent.id)
        child = db.session.query(Enterprise).filter_by(name="汉芯公司").one()
        child.parent_id, key, above = parent.id, child.id, parent.id
    staff, path = client("staff"), f"/companies/{key}/edit"
    page = staff.get(path).text
    assert (
        "绝密" not in page
        and "上级企业您看不到" in page
        and "绝密母公司" in client("reviewer").get(path).text
    )
    form = hidden(page) | {"name": "汉芯公司", "parent": "（上级企业您看不到；保留不改）", "note": "新备注"}
    assert staff.post(path, data=form).status_code == 303
    after = company(filled, "汉芯公司")
    assert (after.parent_id, after.note) == (above, "新备注")
    assert staff.post(path, data=hidden(staff.get(path).text) | {"name": "汉芯公司"}).status_code == 303
    assert company(filled, "汉芯公司").parent_id is None
    # the words mean nothing where no parent is hidden
    again = hidden(staff.get(path).text) | {"name": "汉芯公司", "parent": form["parent"]}
    assert staff.post(path, data=again).status_code == 400


def test_where_a_project_comes_from(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        key = db.session.query(Enterprise).one().id
        for project in db.session.query(Project).filter(Project.number.in_(("P2", "P3"))):
            project.enterprise_id = key
    reviewer = client("reviewer")
    page = reviewer.get(f"/companies/{key}").text
    assert "/projects/P2/origin" in page
    assert "/projects/P2/origin" not in client("staff").get(f"/companies/{key}").text
    answer = reviewer.post("/projects/P2/origin", data={"origin": "P1", "kind": "expansion"})
    assert answer.status_code == 303
    page = reviewer.get(f"/companies/{key}").text
    assert "扩产" in page and "芯片封装项目" in page
    assert reviewer.post("/projects/P2/origin", data={"origin": "P3", "kind": "expansion"}).status_code == 409
    assert reviewer.post("/projects/P1/origin", data={"origin": "P2", "kind": "expansion"}).status_code == 400
    assert client("staff").post("/projects/P2/origin", data={"origin": ""}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/companies?q=%00%25_'\"&flag=x&after=99999999999999999999&before=-1&last=2",
        "/companies?q=" + "长" * 3000 + "&after=0&before=0",
        "/companies?after=1",
        "/companies?before=1",
    ],
)
def test_hostile_addresses(client: Client, filled: Flask, path: str) -> None:
    assert client("staff").get(path).status_code == 200
    asked = client("staff").get(path, headers={"Accept": "application/json"})
    assert asked.status_code == 200 and isinstance(asked.json, list)


def test_hostile_forms(client: Client, filled: Flask) -> None:
    staff = client("staff")
    for key in ("2147483647", "99999999999999", "x"):
        assert staff.get(f"/companies/{key}").status_code == 404
        assert staff.post(f"/companies/{key}/edit", data=NEW).status_code in (404, 405)
    for data in ({}, {"name": "\x00"}, {"name": "长" * 9000}, NEW | {"parent": "\x00'%", "note": "<script>"}):
        assert staff.post("/companies/new", data=data).status_code == 400
    key = company(filled, "汉芯公司").id
    data = {"name": "<script>alert(1)</script>", "version": "99999999999999999999999"}
    assert staff.post(f"/companies/{key}/edit", data=data).status_code == 400
    with filled.app_context(), transaction():
        actor = people.user_by_login("staff")
        values = {
            column: getattr(db.session.get_one(Enterprise, key), column) for column in companies.COLUMNS
        }
        one = companies.change(
            db.session.get_one(Enterprise, key), values | {"note": "<script>x"}, seen=1, actor=actor
        )
        assert one == ["note"] and origins.of([]) == {}
    assert "<script>x" not in staff.get(f"/companies/{key}").text
