"""A batch of transfers on its way through the pages: seen, drawn up, excepted, signed, confirmed, withdrawn."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Project, Transfer, TransferBatch
from crm.periods import Month
from crm.services import months, people, units
from crm.work.worker import run_pending
from tests import build
from tests.web.conftest import Client, register
from tests.web.test_projects import HOSTILE

OLD = date(2015, 1, 1)
STOCK = {"kind": "stock", "day": "2020-04-27"}
FORM = STOCK | {"title": "一是存量划分", "basis": "通知三一是"}


@pytest.fixture
def stock(filled: Flask) -> Flask:
    """Three projects that 机电产业办 is to give to 慈惠街, and the head who signs there."""
    with filled.app_context(), transaction():
        people.add_user(
            "cihui", name="慈惠街某", role="unit_head", unit=units.unit_by_code("cihui"), password=build.PASSWORD, actor=None
        )  # fmt: skip
        people.add_user("other", name="别的单位某", role="unit_head", unit=units.unit_by_code("gx"), password=build.PASSWORD, actor=None)  # fmt: skip
        with clock.at(date(2021, 6, 2)):
            for number in ("S1", "S2", "S3"):
                register(number, f"存量{number}", fen=10_000_000_000, attracted_by="jd", served_by="jd", site_street="cihui", signed_on=OLD, completed_on=OLD)  # fmt: skip
        months.close(Month(2021, 4), actor=None)
    return filled


def rows(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        found = db.session.query(Project.number, Transfer.state).join(
            Transfer, Transfer.project_id == Project.id
        )
        return sorted((number, state) for number, state in found)


def state(app: Flask) -> Any:
    with app.app_context():
        return db.session.query(TransferBatch.state, TransferBatch.round).one()


def version(page: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', page)[0]


def step(client: Any, verb: str, **data: Any) -> str:
    """Does what a button of the page does, with what the page says."""
    page = client.get("/batches/1").text
    assert f'action="/batches/1/{verb}"' in page, verb
    return client.post(
        f"/batches/1/{verb}", data={"version": version(page), **data}, follow_redirects=True
    ).text


def test_the_whole_way(client: Client, stock: Flask) -> None:
    reviewer, head, jd, cihui = (client(name) for name in ("reviewer", "bureau_head", "unit_head", "cihui"))
    assert (
        "没有划转批次" in reviewer.get("/batches").text
        and "请先选择类别" in reviewer.get("/batches/new").text
    )
    preview = reviewer.get("/batches/new", query_string=STOCK).text
    assert "存量S1" in preview and "全区不变" in preview and "共3个" in preview
    seen = re.findall(r'name="seen" value="(\w+)"', preview)[0]
    assert rows(stock) == []
    wrong = reviewer.post("/batches", data=STOCK | {"seen": seen, "title": "", "basis": ""})
    assert wrong.status_code == 400 and "请填写批次的名称" in wrong.text and "请写明依据" in wrong.text
    answer = reviewer.post("/batches", data=FORM | {"seen": seen})
    assert answer.headers["Location"] == "/batches/1"
    assert rows(stock) == [("S1", "confirming"), ("S2", "confirming"), ("S3", "confirming")]
    assert "没有列入的项目" in reviewer.get("/batches/new", query_string=STOCK).text
    assert "等待商务局审核员送签" in jd.get("/batches/1").text
    assert "已移出1个项目" in step(reviewer, "take-out", transfers="1", reason="有争议")
    assert "已送各单位签字" in step(reviewer, "send")
    assert "已请商务局移出1个项目" in step(jd, "ask-out", transfers="2", reason="正在搬迁")
    asked = reviewer.get("/batches/1?asked=1").text
    assert "正在搬迁" in asked and "存量S3" not in asked
    others = client("other").get("/batches/1").text
    assert "存量S2" in others and "正在搬迁" not in others and ">有争议<" not in others, (
        "what units say is theirs"
    )
    assert ">有争议<" in jd.get("/batches/1").text
    assert "请移出，或写明为什么保留" in step(reviewer, "send", note="")
    step(reviewer, "send", note="没有搬迁")
    assert "已代表本单位签字" in step(jd, "sign")
    assert 'action="/batches/1/sign"' not in jd.get("/batches/1").text
    assert "等待各单位签字" in head.get("/batches/1").text
    step(cihui, "sign")
    assert state(stock) == ("confirming", 2)
    page = head.get("/batches/1").text
    assert "已确认，正在一并生效" in step(head, "confirm")
    assert "名单正在一并生效" in head.get("/batches/1").text
    late = head.post("/batches/1/confirm", data={"version": version(page)}, follow_redirects=True).text
    assert "该记录已被他人修改" in late
    with stock.app_context():
        assert run_pending() == 1
    done = head.get("/batches/1").text
    assert "已生效" in done and "全区不变" in done and 'name="version"' not in done
    assert rows(stock) == [("S1", "withdrawn"), ("S2", "confirmed"), ("S3", "confirmed")]
    assert "有争议" in done and "一是存量划分" in cihui.get("/batches?unit=cihui&state=confirmed").text
    assert "2个项目划转生效" in head.get("/jobs").text
    paper = cihui.post("/batches/1/print")
    assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF")
    log = client("auditor").get("/log").text
    assert "打印划转批次" in log and "确认划转批次" in log and "签署划转批次" in log


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_unit_chooses_among_its_own_and_a_refusal_keeps_what_was_typed(
    client: Client, stock: Flask
) -> None:
    with stock.app_context(), transaction():
        for code in ("sy", "zoumaling"):
            people.add_user(code, name=code, role="unit_head", unit=units.unit_by_code(code), password=None, valid_from=build.NOTICE, actor=None)  # fmt: skip
        with clock.at(date(2021, 6, 2)):
            register("S0", "存量S0", attracted_by="jd", served_by="jd", site_street="zoumaling", signed_on=OLD, completed_on=OLD)  # fmt: skip
    reviewer, cihui = client("reviewer"), client("cihui")
    reviewer.post("/batches", data=FORM)
    page = reviewer.get("/batches/1").text
    assert re.findall(r'cell-sub">(S\d)<', page) == ["S0", "S1", "S2", "S3"], "as in the preview and on paper"
    assert "总投资3.00亿元（其中1个没有登记总投资，不计金额）" in page
    step(reviewer, "send")

    def boxes(page: str) -> list[tuple[str, bool]]:
        found = re.findall(r'name="transfers" value="(\d+)" form="exceptions"( checked)?', page)
        return [(number, bool(checked)) for number, checked in found]

    assert boxes(client("unit_head").get("/batches/1").text) == [(one, False) for one in "1234"]
    page = cihui.get("/batches/1?unit=cihui").text
    assert boxes(page) == [("2", False), ("3", False), ("4", False)]
    for data, wrong, kept in (
        ({"transfers": "3", "reason": " "}, "请写明理由", ""), ({"reason": "搬迁"}, "请选择项目", "搬迁"),
        ({"transfers": ["1", "3"], "reason": "担保未结"}, "只能就本单位移交或承接的项目提出意见", "担保未结"),
    ):  # fmt: skip
        answer = cihui.post("/batches/1/ask-out?unit=cihui", data={"version": version(page)} | data)
        assert (
            answer.status_code == 400
            and wrong in answer.text
            and f'name="reason" value="{kept}"' in answer.text
        )
        assert boxes(answer.text) == [("2", False), ("3", "transfers" in data), ("4", False)]
    assert state(stock) == ("signing", 1)
    answer = client("bureau_head").post(
        "/batches/1/withdraw", data={"version": version(page), "note": "长" * 1001}
    )
    assert (
        answer.status_code == 400 and "长" * 1001 in answer.text and 'id="withdraw-note-error"' in answer.text
    )


def test_a_unit_that_nobody_can_sign_for_is_named_before_and_refused_after(
    client: Client, stock: Flask
) -> None:
    reviewer = client("reviewer")
    reviewer.post("/batches", data=FORM)
    assert "没有在任的负责人可以签字" not in reviewer.get("/batches/1").text
    with stock.app_context(), transaction():
        found = people.user_by_login("cihui")
        assert found is not None
        people.lock_user(found, actor=None)
    page = reviewer.get("/batches/1").text
    assert "没有在任的负责人可以签字" in page and "无人可签" in page
    assert "没有在任的负责人可以签字：慈惠街。请" in step(reviewer, "send")
    assert state(stock) == ("drafting", 1)


def test_sent_back_and_withdrawn(client: Client, stock: Flask) -> None:
    reviewer, head = client("reviewer"), client("bureau_head")
    reviewer.post("/batches", data=FORM)
    step(reviewer, "send")
    assert "请写明理由" in step(head, "send-back", note=" ")
    assert "已退回重拟" in step(head, "send-back", note="再核对")
    assert state(stock) == ("drafting", 2) and "再核对" in reviewer.get("/batches/1").text
    assert "已撤回，没有任何项目划转" in step(reviewer, "withdraw", note="不办了")
    assert {state for _, state in rows(stock)} == {"withdrawn"}
    answer = reviewer.post("/batches/1/send", data={"version": 1}, follow_redirects=True).text
    assert "批次已经撤回" in answer


def test_who_may_not(client: Client, stock: Flask) -> None:
    client("reviewer").post("/batches", data=FORM)
    for login, verb in (
        ("staff", "sign"), ("reviewer", "sign"), ("reviewer", "confirm"), ("unit_head", "send"), ("unit_head", "withdraw"),
        ("bureau_head", "take-out"), ("leader", "send-back"),
    ):  # fmt: skip
        assert client(login).post(f"/batches/1/{verb}", data={"version": 1}).status_code == 403, (login, verb)
    assert client("administrator").get("/batches/1").status_code == 403
    assert client("leader").get("/batches/1").status_code == 200
    assert client("staff").get("/batches/new").status_code == 403


def test_hostile_input_is_no_error_of_the_program(client: Client, stock: Flask) -> None:
    reviewer = client("reviewer")
    reviewer.post("/batches", data=FORM)
    # every third: each of these pages is walked through with all of them, see test_hostile.py
    for value in HOSTILE[::3]:
        for name in ("kind", "day", "unit", "only", "place"):
            assert reviewer.get("/batches/new", query_string=STOCK | {name: value}).status_code == 200
        for name in ("state", "unit", "before"):
            assert reviewer.get("/batches", query_string={name: value}).status_code == 200
        for name in ("unit", "after", "before", "asked"):
            assert reviewer.get("/batches/1", query_string={name: value}).status_code == 200
        answer = reviewer.post(
            "/batches/1/take-out", data={"version": value, "transfers": value, "reason": value}
        )
        assert answer.status_code in (303, 400)
        assert reviewer.post("/batches", data=FORM | {"kind": value}).status_code == 400
        assert reviewer.post("/batches", data=FORM | {"day": value, "unit": value}).status_code in (400,)
    assert reviewer.get("/batches/2").status_code == 404
    assert {state for _, state in rows(stock)} == {"confirming"}


def test_pages_ask_few_questions(client: Client, stock: Flask) -> None:
    reviewer, head = client("reviewer"), client("bureau_head")

    def few(address: str, visitor: Any = reviewer, most: int = 20) -> None:
        with count_statements() as counted:
            assert visitor.get(address).status_code == 200
        assert counted.count <= most, (address, counted.count, counted.statements)

    few("/batches/new?kind=stock&day=2020-04-27")
    reviewer.post("/batches", data=FORM)
    few("/batches", most=12)
    few("/batches/1")
    step(reviewer, "take-out", transfers="1", reason="有争议")
    few("/batches/1")
    step(reviewer, "send")
    few("/batches/1")
    for login in ("unit_head", "cihui"):
        few("/batches/1", client(login))
        step(client(login), "sign")
    few("/batches/1", head)
    step(head, "confirm")
    few("/batches/1", head)
    with stock.app_context():
        assert run_pending() == 1
    few("/batches/1", head)
