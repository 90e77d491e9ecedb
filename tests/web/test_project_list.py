"""The list of projects: order, columns, filters, moment, and the file of it, which says what the page says."""

from __future__ import annotations

import csv
import hashlib
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import AuditEvent, Project, Standing
from crm.services import projects
from tests.databases import Database
from tests.web.conftest import TODAY, Client, register
from tests.web.test_projects import HOSTILE, ways


def numbers(page: str) -> list[str]:
    """The numbers of the projects a list shows, in order."""
    return [
        part.partition('"')[0].partition("?")[0]
        for part in page.split('<a class="cell-main" href="/projects/')[1:]
    ]


def some(app: Flask) -> None:
    """Five projects more: equal names and sums among them, and some without."""
    with app.app_context(), transaction(), clock.at(TODAY):
        for number, (name, fen, signed) in enumerate(
            (
                ("甲", 5 * 10**10, date(2021, 1, 1)), ("甲", 5 * 10**10, date(2021, 1, 1)), ("=1+1", None, None),
                ("@乙", None, date(2020, 6, 1)), ("丁", 7 * 10**10, None),
            )
        ):  # fmt: skip
            started = None if signed else date(2021, 2, 1)
            register(
                f"Q{number}", name, investor="-汉", fen=fen, attracted_by="lk", site_street="cihui", signed_on=signed,
                construction_started_on=started,
            )  # fmt: skip


@pytest.mark.parametrize("sort", ["number", "name", "signed", "investment"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_in_any_order_are_the_whole_list_forwards_and_back(
    client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch, sort: str, order: str
) -> None:
    from crm.services import project_list

    some(filled)
    visitor = client("staff")
    asked = f"/projects?sort={sort}&order={order}"
    whole = numbers(visitor.get(asked).text)
    assert len(whole) == 9
    with filled.app_context():
        column = {"signed": "signed_on", "investment": "total_investment_fen"}.get(sort, sort)
        found = {row.number: (getattr(row, column), row.id) for row in db.session.query(Project)}
    having = [number for number in whole if found[number][0] is not None]
    assert whole[: len(having)] == having, "what lacks it comes last"
    if sort != "name":
        assert [found[n] for n in having] == sorted((found[n] for n in having), reverse=order == "desc")
    monkeypatch.setattr(project_list, "PAGE_SIZE", 2)
    for moment in ("", "&on=2021-06-02&known=2021-06-02"):
        expected = whole if not moment else numbers_all(visitor, asked + moment)
        forwards = numbers_all(visitor, asked + moment)
        assert forwards == expected
        backwards: list[str] = []
        page = numbers(visitor.get(f"{asked}{moment}&last=1").text)
        while page:
            backwards = page + backwards
            page = numbers(visitor.get(f"{asked}{moment}&before={page[0]}").text)
        assert backwards == expected


def numbers_all(visitor: Any, address: str) -> list[str]:
    """The list page after page."""
    found: list[str] = []
    page = numbers(visitor.get(address).text)
    while page:
        found += page
        page = numbers(visitor.get(f"{address}&after={page[-1]}").text)
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"attracted": "gx"}, ["P4"]),
        ({"industry": "39"}, ["P4", "P3", "P2", "P1"]),
        ({"industry": "C"}, ["P4", "P3", "P2", "P1"]),
        ({"industry": "3911 计算机整机制造"}, ["P4", "P3", "P2", "P1"]),
        ({"industry": "40"}, []),
        ({"industry": "A"}, []),
        ({"q": "封装", "unit": "jd", "sort": "name"}, ["P1"]),
        ({"q": "Ｐ１"}, ["P1"]),
        ({"q": "芯片", "on": "2021-03-14"}, ["P1"]),
        ({"unit": "jd", "on": "2021-03-14"}, ["P1"]),
        ({"on": "2021-05-31", "known": "2021-05-31"}, ["P1"]),
        ({"on": "2020-01-01", "known": "2020-01-01"}, []),
        ({"stage": "signed", "on": "2020-04-30"}, ["P1"]),
    ],
)
def test_filters_and_moments(client: Client, asked: dict[str, str], found: list[str]) -> None:
    assert numbers(client("staff").get("/projects", query_string=asked).text) == found


def test_what_is_filtered_is_a_chip_that_takes_it_away(client: Client) -> None:
    page = client("staff").get("/projects?q=芯&unit=jd&stage=construction_started&sort=name").text
    assert page.count('class="chip"') == 3
    assert 'href="/projects?unit=jd&amp;stage=construction_started&amp;sort=name"' in page
    assert "清除全部条件" in page


def test_columns_are_those_asked_for_and_remembered(client: Client) -> None:
    visitor = client("staff")
    page = visitor.get("/projects?col=number&col=rule&col=nonsense&col=industry").text
    assert "依据规则" in page and "3.1-named-major" in page and "3911 " in page
    assert "已忽略：col" in page and 'data-label="阶段"' not in page
    assert 'data-label="依据规则"' in visitor.get("/projects").text
    usual = "&".join(f"col={key}" for key in (["number", "name", "investor", "stage", "attracted_by", "site_street", "held_indicators", "indicators", "status", "signed_on", "investment"]))  # fmt: skip
    visitor.get(f"/projects?{usual}")
    assert 'data-label="依据规则"' not in visitor.get("/projects").text


def test_hostile_parameters_are_ignored_and_said(client: Client, database: Database) -> None:
    visitor = client("staff")
    for value in HOSTILE:
        names = ("sort", "order", "size", "col", "industry", "attracted", "on", "known")
        for way in (*ways(database, *names), (*names, "after")):
            asked = dict.fromkeys(way, value) | ({"sort": "signed"} if "after" in way else {})
            assert visitor.get("/projects", query_string=asked).status_code == 200, (way, value)
    page = visitor.get("/projects?sort=password&order=up&size=7&industry=zzz").text
    for name in ("sort", "order", "size", "industry"):
        assert name in page.partition("已忽略：")[2].partition("<")[0]


def test_the_day_before_the_roll_is_asked_of_the_decisions(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    before = visitor.get("/projects?unit=jd&status=decided").text
    with filled.app_context(), transaction() as session:
        session.get(Standing, 1).day = date(2020, 1, 1)
        session.query(Project).update(
            {"indicators_id": None, "attribution_status": None, "decision_id": None}
        )
    assert numbers(visitor.get("/projects?unit=jd&status=decided").text) == numbers(before) == ["P1"]


def test_who_holds_and_what_is_due(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction(), clock.at(date(2021, 5, 2)):
        out = {"attracted_by": "jd", "site_street": "cihui", "signed_on": date(2021, 3, 1)}
        register("P8", "在建项目", **out)
        register("P9", "迁出项目", **out, completed_on=date(2021, 5, 1))
    visitor = client("staff")
    columns = [("col", key) for key in ("number", "held_indicators", "held_enterprise_service", "due")]
    for asked, found in (
        ({"due": "yes"}, ["P9"]),
        ({"due": "yes", "held": "jd", "service": "jd", "unit": "cihui"}, ["P9"]),
        ({"due": "yes", "service": "cihui"}, []),
        ({"due": "no", "held": "jd"}, ["P8", "P1"]),
        ({"due": "no", "q": "商会"}, ["P3"]),
    ):
        # today, by the decisions themselves, and as the books knew it
        for moment in ({}, {"known": "2021-06-02"}, {"on": "2021-06-02"}):
            answer = visitor.get("/projects", query_string=[*asked.items(), *moment.items(), *columns])
            assert numbers(answer.text) == found, (asked, moment)
            assert answer.text.count('<time datetime="2021-05-01">') == (found == ["P9"])
    assert numbers(visitor.get("/projects?due=yes&on=2021-04-30").text) == []
    assert numbers(visitor.get("/projects?due=yes&known=2021-05-01").text) == []
    assert "起应划转" in visitor.get("/projects?due=yes&col=name&col=held_indicators").text
    for moment in ({}, {"on": "2021-06-02", "known": "2021-06-02"}):
        written = exported(visitor, format="csv", due="yes", col=[key for _, key in columns], **moment)
        head, line = list(csv.reader(StringIO(written.data.decode("utf-8-sig"))))[-2:]
        assert dict(zip(head, line, strict=True))["应划转自"] == "2021-05-01"
        assert "机电产业办" in line


@pytest.mark.parametrize(
    "asked",
    ["", "?q=项目&sort=investment&known=2021-06-02&col=industry&col=site_area&due=no", "?on=2021-03-14"],
)
def test_what_a_list_costs(client: Client, asked: str) -> None:
    visitor = client("staff")
    visitor.get("/projects")
    with count_statements() as ran:
        assert visitor.get(f"/projects{asked}").status_code == 200
    assert ran.count <= 12, ran.statements


def exported(client: Any, **asked: Any) -> Any:
    """The answer to an export."""
    return client.post("/projects/export", data=asked)


def test_the_workbook_says_what_the_page_says(client: Client, filled: Flask) -> None:
    some(filled)
    visitor = client("staff")
    answer = exported(visitor, format="xlsx", sort="investment", attracted="lk")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    about = "\n".join(str(row[0]) for row in book.get_sheet_by_index(0).to_python())
    assert "2021年6月3日的情况" in about and "招商单位：临空产业办" in about and "staff某" in about
    head, *rows = book.get_sheet_by_index(1).to_python()
    assert [row[0] for row in rows] == numbers(visitor.get("/projects?sort=investment&attracted=lk").text)
    by_number = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert by_number["Q0"]["总投资 (亿元)"] == 5.0 and by_number["Q0"]["签约日期"] == date(2021, 1, 1)
    assert by_number["Q2"]["项目名称"] == "=1+1" and by_number["Q2"]["投资企业"] == "-汉"
    assert "项目名称" in str(by_number["Q0"]["演示"])
    with filled.app_context():
        event = db.session.query(AuditEvent).filter_by(action="project.exported").one()
        assert event.detail["count"] == 5 and event.detail["format"] == "xlsx"
        assert event.detail["filters"] == {"attracted": "lk", "sort": "investment"}
        assert event.detail["sha256"] == hashlib.sha256(answer.data).hexdigest()


def test_no_text_of_the_csv_is_a_formula(
    client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.services import project_list

    monkeypatch.setattr(project_list, "STREAMED", 2)
    some(filled)
    answer = exported(
        client("staff", "en"), format="csv", col=["number", "name", "investor", "investment"], q="汉"
    )
    assert answer.data.startswith(b"\xef\xbb\xbf")
    about, head, *rows = csv.reader(StringIO(answer.data.decode("utf-8-sig")))
    assert ("3 June 2021" in about[0] and "Number" in head[0]) or "No" in head[0]
    assert [row[:4] for row in rows] == [
        ["Q4", "丁", "'-汉", "7"], ["Q3", "'@乙", "'-汉", ""], ["Q2", "'=1+1", "'-汉", ""],
        ["Q1", "甲", "'-汉", "5"], ["Q0", "甲", "'-汉", "5"], ["P1", "芯片封装项目", "汉芯公司", "1.26"],
    ]  # fmt: skip


def test_an_export_is_of_the_moment_that_is_shown(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction(), clock.at(TODAY, datetime(2021, 6, 3, 4, tzinfo=clock.SHANGHAI)):
        project = db.session.query(Project).filter_by(number="P1").one()
        projects.change(project, {"name": "改名之后"}, actor=None)
    answer = exported(client("staff"), format="csv", known="2021-06-02", on="2021-05-31")
    text = answer.data.decode("utf-8-sig")
    assert "芯片封装项目" in text and "改名之后" not in text and "2021年6月2日收盘时" in text


def test_a_list_too_long_for_a_sheet_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.sheets import listing

    monkeypatch.setattr(listing, "LARGEST_SHEET", 3)
    answer = exported(client("staff"), format="xlsx")
    assert answer.status_code == 400 and "导出为csv" in answer.text
    assert exported(client("staff"), format="csv").status_code == 200


def test_hostile_exports_are_no_error(client: Client, database: Database) -> None:
    visitor = client("staff")
    for value in HOSTILE:
        for way in ways(database, "q", "sort", "col", "format", "on", "industry", "after"):
            assert exported(visitor, **dict.fromkeys(way, value)).status_code == 200, (way, value)
