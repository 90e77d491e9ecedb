"""Editing a project in its form: what is shown, refused, previewed and saved, and by whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from crm.db import count_statements, db, transaction
from crm.models import AuditEvent
from tests.web.conftest import Client
from tests.web.editing import Desk, project, recorded
from tests.web.test_projects import HOSTILE


def test_the_form_has_every_fact_exactly(client: Client) -> None:
    desk = Desk(client("reviewer")).open()
    assert desk.sent["name"] == "芯片封装项目" and desk.sent["total_investment_fen"] == "1.26"
    assert desk.sent["attracted_by"] == "jd" and desk.sent["named_major"] == "full_chain"
    assert desk.sent["above_scale_industrial"] == "no" and desk.sent["signed_on"] == "2019-09-18"
    assert "现值自2021年3月15日起" in client("reviewer").get("/projects/P1/edit").text


def test_a_preview_writes_nothing_and_says_what_moves(client: Client, filled: Flask) -> None:
    before = recorded(filled)
    desk = Desk(client("reviewer"), "/projects/P2/edit").open()
    page = desk.post("preview", site_street="cihui", since="day", valid_from="2021-06-02").text
    assert "还没有保存" in page and "走马岭街" in page and "慈惠街" in page
    assert "3.2-in-plate" in page and "3.2-out-of-plate" in page and "2021-06-02" in page
    assert recorded(filled) == before


def test_saved_it_is_in_the_history_and_leads_on(client: Client, filled: Flask) -> None:
    visitor = client("reviewer")
    desk = Desk(visitor, "/projects/P2/edit").open()
    desk.post(
        "preview",
        site_street="cihui",
        total_investment_fen="0.12345678",
        since="day",
        valid_from="2021-06-02",
    )
    answer = desk.post("save")
    assert answer.status_code == 302 and answer.headers["Location"] == "/projects/P2"
    page = visitor.get("/projects/P2").text
    assert "已更新2项事实，自2021年6月2日起" in page and "归属随之改变" in page
    assert "0.12345678亿元" in page and "恢复变更前" in page
    assert project(filled, "P2").total_investment_fen == 1_234_567_800
    assert "那时" not in visitor.get("/projects/P2?on=2021-06-01").text


def test_every_error_at_once_and_what_was_typed_is_kept(client: Client, filled: Flask) -> None:
    before = recorded(filled)
    desk = Desk(client("reviewer")).open()
    answer = desk.post(
        "preview", name="", credit_code="91420112MA4KNTKD2Y", industry_code="9912", total_investment_fen="1.12345678901",
        signed_on="2021-02-30", attracted_by="nobody", origin="", since="day", valid_from="soon",
    )  # fmt: skip
    assert answer.status_code == 400
    for said in (
        "不是有效的统一社会信用代码", "不是金额", "“2021-02-30”不是日期", "没有“nobody”这个选项", "请选择一项", "“soon”不是日期",
        "项目名称是空的", "前两位不是GB/T 4754-2017的大类",
    ):  # fmt: skip
        assert said in answer.text, said
    for kept in ("91420112MA4KNTKD2Y", "1.12345678901", "2021-02-30", "nobody", "soon"):
        assert f'value="{kept}"' in answer.text, kept
    # what only the books can refuse comes together as well
    desk = Desk(client("reviewer")).open()
    page = desk.post(
        "preview", name="", industry_code="9912", completed_on="2018-01-01", attracted_by="", served_by=""
    ).text
    for said in ("项目名称是空的", "前两位不是GB/T 4754-2017的大类", "早于前一个日期", "至少填一个"):
        assert said in page, said
    late = Desk(client("reviewer")).open().post("preview", name="新名", since="day", valid_from="2021-06-04")
    assert late.status_code == 400 and "晚于今天" in late.text
    assert recorded(filled) == before


def test_nothing_changed_is_said(client: Client) -> None:
    answer = Desk(client("reviewer")).open().post("preview")
    assert answer.status_code == 400 and "没有任何改动" in answer.text


def test_an_industry_by_name_and_a_code_typed_wide(client: Client, filled: Flask) -> None:
    desk = Desk(client("reviewer")).open()
    page = desk.post(
        "preview",
        industry_code="3670 汽车零部件及配件制造",
        credit_code="９１４２０１００ＭＡ４ＫＭＴＫＤ２７",
    )
    assert page.status_code == 400 or "3670" in page.text
    named = Desk(client("reviewer")).open().post("preview", industry_code="汽车零部件及配件制造")
    assert named.status_code == 200 and "3670" in named.text
    assert Desk(client("reviewer")).open().post("preview", industry_code="没有的行业").status_code == 400


def test_the_classes_of_the_standard_are_found_by_code_and_name(client: Client) -> None:
    visitor = client("staff")
    found: Any = visitor.get("/industries?q=汽车 零部件", headers={"Accept": "application/json"}).json
    assert {"code": "3670", "name": "汽车零部件及配件制造"} in found and len(found) <= 20
    assert "3670" in visitor.get("/industries?q=367").text
    assert "没有这样的行业小类" in visitor.get("/industries?q=乌有").text
    assert "写几个字就能查" in visitor.get("/industries").text
    for value in HOSTILE:
        assert visitor.get("/industries", query_string={"q": value}).status_code == 200
    assert client("administrator").get("/industries?q=汽车").status_code == 403


def test_a_correction_stops_where_the_books_have_another_value_and_says_so(client: Client) -> None:
    desk = Desk(client("reviewer")).open()
    page = desk.post("preview", named_major="boe", since="start").text
    assert "自2021年3月15日起账上另有取值" in page


@pytest.mark.parametrize(("number", "status"), [("P1", 200), ("P2", 403), ("P3", 403)])
def test_a_unit_edits_its_own_projects_by_page_and_by_post(
    client: Client, filled: Flask, number: str, status: int
) -> None:
    before = recorded(filled)
    for role in ("staff", "unit_head"):
        visitor = client(role)
        assert visitor.get(f"/projects/{number}/edit").status_code == status
        assert (f"/projects/{number}/edit" in visitor.get(f"/projects/{number}").text) == (status == 200)
        sent = Desk(client("reviewer"), f"/projects/{number}/edit").open().sent | {
            "name": "改了",
            "step": "save",
        }
        sent.pop("named_major") if status == 200 else None
        answer = visitor.post(f"/projects/{number}/edit", data=sent)
        assert answer.status_code == (400 if status == 200 else 403), (
            "a field is missing, or it is another unit's"
        )
    assert recorded(filled) == before


@pytest.mark.parametrize("role", ["leader", "working_group", "administrator", "auditor"])
def test_nobody_else_edits_or_registers(client: Client, role: str) -> None:
    visitor = client(role)
    for path in ("/projects/P1/edit", "/projects/new", "/projects/P1/history/1/restore"):
        assert visitor.get(path).status_code == visitor.post(path, data={"step": "save"}).status_code == 403
    assert client("staff").get("/projects/new").status_code == 403


def test_the_mark_is_the_bureaus_own(client: Client, filled: Flask) -> None:
    desk = Desk(client("staff")).open()
    assert '<select class="control" id="named_major"' not in client("staff").get("/projects/P1/edit").text
    answer = desk.post("save", named_major="boe", since="day", valid_from="2021-06-01")
    assert answer.status_code == 400 and "重大项目标记只能由区商务局设定" in answer.text
    assert project(filled).named_major == "full_chain"
    ok = Desk(client("staff")).open().post("save", name="芯片封装测试项目", since="start")
    assert ok.status_code == 302 and project(filled).name == "芯片封装测试项目"


def test_what_is_typed_in_the_demonstration_is_marked(client: Client, filled: Flask) -> None:
    Desk(client("reviewer")).open().post("save", site_street="cihui", since="day", valid_from="2021-06-01")
    assert project(filled).invented == ["name", "signed_on", "site_street"]
    with filled.app_context(), transaction():
        event = (
            db.session.query(AuditEvent)
            .filter_by(action="project.facts_set")
            .order_by(AuditEvent.id.desc())
            .first()
        )
        assert event is not None
        number = event.id
    restore = Desk(client("reviewer"), f"/projects/P1/history/{number}/restore").open()
    assert restore.post("save").status_code == 302
    assert project(filled).invented == ["name", "signed_on"]


def test_hostile_forms_are_no_error(client: Client, filled: Flask) -> None:
    before = recorded(filled)
    visitor = client("reviewer")
    opened = Desk(visitor).open().sent
    values = [
        value.encode("utf-8", "replace").decode() for value in (*HOSTILE, "9" * 19, "-0", "１２", "1e400")
    ]
    wrong = [dict.fromkeys(opened, value) for value in values]
    wrong += [
        opened | {"version": opened["version"], name: value}
        for name in opened
        for value in ("\x00", "9" * 40)
    ]
    for sent in wrong:
        assert visitor.post("/projects/P1/edit", data=sent | {"step": "preview"}).status_code in (200, 400), (
            sent
        )
    for value in values:
        sent = dict.fromkeys(opened, value) | {"number": value, "step": "preview"}
        assert visitor.post("/projects/new", data=sent).status_code == 400
    broken: list[dict[str, Any]] = [
        {},
        {"step": "save"},
        {"version": "1", "step": "save"},
        {"step": ["a", "b"]},
    ]
    for sent in broken:
        assert visitor.post("/projects/P1/edit", data=sent).status_code == 400
    for path in (
        "/projects/P9/edit",
        "/projects/%00/edit",
        "/projects/P1/history/1/restore",
        "/projects/P1/history/2147483647/restore",
    ):
        assert (
            visitor.get(path).status_code
            == visitor.post(path, data=opened | {"step": "save"}).status_code
            == 404
        )
    assert visitor.get("/projects/P1/history/99999999999999999999/restore").status_code == 404
    assert recorded(filled) == before


def test_how_many_statements_it_takes(client: Client) -> None:
    visitor = client("reviewer")
    visitor.get("/projects/P1/edit")
    for step, most in (("open", 20), ("preview", 55), ("page", 20)):
        with count_statements() as ran:
            if step == "open":
                desk = Desk(visitor).open()
            elif step == "preview":
                assert desk.post("preview", site_street="cihui", since="start").status_code == 200
            else:
                assert visitor.get("/projects/P1").status_code == 200
        assert ran.count <= most, (step, ran.count, ran.statements)


def test_the_credit_code_says_who_it_is(client: Client, filled: Flask) -> None:
    code = "91420112MA4KMTKD2Q"
    from stdnum.cn.uscc import calc_check_digit

    code = code[:-1] + calc_check_digit(code[:-1])
    visitor = client("reviewer")
    for number in ("P1", "P2"):
        answer = (
            Desk(visitor, f"/projects/{number}/edit")
            .open()
            .post("save", investor="汉芯公司", credit_code=code, since="start")
        )
        assert answer.status_code == 302
    answer = (
        Desk(visitor, "/projects/P3/edit")
        .open()
        .post("save", investor="别的公司", credit_code=code, since="start")
    )
    assert answer.status_code == 400 and "在账中是“汉芯公司”" in answer.text
    answer = Desk(visitor, "/projects/P1/edit").open().post("save", investor="新芯公司", since="start")
    assert answer.status_code == 400, "P2 still knows it by the old name"


def test_days_typed_are_those_saved(client: Client, filled: Flask) -> None:
    assert (
        Desk(client("reviewer")).open().post("save", completed_on="2021-05-01", since="start").status_code
        == 302
    )
    assert project(filled).completed_on == date(2021, 5, 1)
