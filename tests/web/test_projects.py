"""The list and the page of one project: what is found, what it says, what it costs, and what cannot break it."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from crm.db import count_statements, transaction
from tests.databases import Database
from tests.web.conftest import Client, register

HOSTILE = (
    "'", '"', "\x00", "%00", "../../etc/passwd", "1 OR 1=1", "<script>alert(1)</script>", "-1", "9" * 40, "2021-13-45",
    "0000-00-00", "1e9", "NaN", "null", "[]", "{}", "%", "_", "\\", "🐉" * 50, "a" * 5000, "2021-02-30", "９９９９-０１-０１",
)  # fmt: skip


TURNS = count()


def ways(database: Database, *names: str) -> list[tuple[str, ...]]:
    """Which parameters are hostile together: all at once, on PostgreSQL two others of them by themselves each time it is
    asked; SQLite gets what is searched for by itself.
    """
    if database.kind == "postgresql":
        turn = next(TURNS)
        return [names, *((names[(2 * turn + place) % len(names)],) for place in range(2))]
    return [way for way in (names, tuple(name for name in names if name == "q")) if way]


def numbers(page: str) -> list[str]:
    """The numbers of the projects a list shows, in order."""
    return [number for number in ("P4", "P3", "P2", "P1") if f'href="/projects/{number}"' in page]


def test_the_newest_number_comes_first_with_its_attribution(client: Client) -> None:
    page = client("staff").get("/projects").text
    assert page.index("/projects/P4") < page.index("/projects/P1")
    assert "共4个项目" in page
    assert "芯片封装项目" in page and "1.26" in page and "演示" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "芯"}, ["P1"]),
        ({"q": "封装"}, ["P1"]),
        ({"q": "汉芯公"}, ["P1"]),
        ({"q": "p3"}, ["P3"]),
        ({"q": "项目 芯"}, ["P1"]),
        ({"q": "100%"}, ["P2"]),
        ({"q": "厂_1"}, ["P2"]),
        ({"q": "_"}, ["P2"]),
        ({"unit": "jd"}, ["P1"]),
        ({"unit": "sy"}, ["P2"]),
        ({"street": "zoumaling"}, ["P2", "P1"]),
        ({"stage": "signed"}, ["P4", "P3", "P2"]),
        ({"stage": "construction_started"}, ["P1"]),
        ({"stage": "completed"}, []),
        ({"status": "undetermined"}, ["P3"]),
        ({"status": "provisional"}, ["P4"]),
        ({"status": "undetermined", "street": "zoumaling"}, []),
    ],
)
def test_search_and_filters(client: Client, asked: dict[str, str], found: list[str]) -> None:
    page = client("staff").get("/projects", query_string=asked).text
    assert numbers(page) == found
    assert ("没有符合条件的项目" in page) == (not found)


def test_pages_forwards_and_back(client: Client, filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.web import project_listing

    monkeypatch.setattr(project_listing, "PAGE_SIZE", 2)
    visitor = client("staff")
    assert numbers(visitor.get("/projects").text) == ["P4", "P3"]
    assert numbers(visitor.get("/projects?after=P3").text) == ["P2", "P1"]
    assert numbers(visitor.get("/projects?before=P2").text) == ["P4", "P3"]
    assert numbers(visitor.get("/projects?last=1").text) == ["P2", "P1"]
    first, last = visitor.get("/projects").text, visitor.get("/projects?last=1").text
    assert 'rel="next"' in first and 'rel="prev"' not in first
    assert 'rel="prev"' in last and 'rel="next"' not in last
    kept = visitor.get("/projects?q=项目&status=decided").text
    assert "after=" not in kept or "status=decided" in kept
    assert "这一页没有项目" in visitor.get("/projects?after=A").text


def test_counting_stops_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.services import paging

    monkeypatch.setattr(paging, "COUNTED_AT_MOST", 3)
    assert "3个以上项目" in client("staff").get("/projects").text


def test_the_page_of_a_project(client: Client) -> None:
    page = client("staff").get("/projects/P1").text
    for said in (
        "芯片封装项目", "1.26亿元", "对京东方、康宁重大项目和全产业链项目，继续由机电产业建设管理办公室负责全程招商和服务",
        "3.1-named-major", "让位于 3.1-named-major", "今天 2021-06-03", "重大项目标记：", "reviewer某", "口径的影响",
    ):  # fmt: skip
        assert said in page, said


def test_why_on_another_day_and_as_known_on_another(client: Client) -> None:
    visitor = client("staff")
    before = visitor.get("/projects/P1?on=2021-03-14").text
    assert "项目建成后，移交属地街道负责" not in before
    assert "前期招商引资、项目落地建设服务以产业建设管理办公室为主体，属地街道配合" in before
    assert "若取" in before and "走马岭街" in before
    known = visitor.get("/projects/P1?on=2021-03-16&known=2021-03-16").text
    assert "2021年3月16日收盘时" in known and "3.1-named-major</code>" in known
    assert "前期招商引资、项目落地建设服务以产业建设管理办公室为主体" in known
    now = visitor.get("/projects/P1?on=2021-03-16").text
    assert "继续由机电产业建设管理办公室负责全程招商和服务" in now
    assert "那时账上还没有这个项目" in visitor.get("/projects/P1?known=2020-05-05").text
    assert "这一天还没有归属" in visitor.get("/projects/P1?on=2020-04-26").text


def test_undetermined_says_so_and_suggests(client: Client) -> None:
    page = client("staff").get("/projects/P3").text
    assert "通知的各条都不适用" in page and "建议慈惠街" in page
    # what can be done about it, not a ruling that no page takes
    assert "请商务局设定口径" in page and "#readings" in page and "裁定之前" not in page
    page = client("staff").get("/transfers/new?project=P3").text
    assert "归属未定，不能划转" in page and "#readings" in page and "先由商务局裁定" not in page


def test_who_holds_it_and_who_is_entitled(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        register(
            "P9",
            "迁出项目",
            attracted_by="jd",
            site_street="cihui",
            signed_on=date(2021, 3, 1),
            completed_on=date(2021, 5, 1),
        )
    page = client("staff").get("/projects/P9").text
    assert "实属，2021年3月1日起" in page and "2021年5月1日起应划转" in page
    assert (
        page.count('class="lane-gap" role="img"')
        == 3
        == page.count("2021年5月1日起应属慈惠街，实属机电产业办")
    )
    assert "政策兑现：实属机电产业办，2021年3月1日起" in page, "with the service"
    assert "经济指标：实属机电产业办，2021年3月1日起" in page and "实属的期间" in page
    assert '<dd class="holder-when">2021年3月1日起</dd>' in page, (
        "attraction stays, though nobody assists any more"
    )
    before = client("staff").get("/projects/P9?on=2021-04-30").text
    assert "应属相同，2021年3月1日起" in before and "应划转" not in before
    undetermined = client("staff").get("/projects/P3").text
    assert "应划转" not in undetermined and "应属相同" not in undetermined, "first the bureau rules"


def test_in_english_units_have_english_names(client: Client) -> None:
    page = client("staff", "en").get("/projects/P1").text
    assert "Mechatronics Industry Office" in page and "Clause by clause" in page
    assert 'lang="en"' in page and "机电产业办" not in page


def test_an_unknown_project_is_not_found(client: Client) -> None:
    answer = client("staff").get("/projects/P9")
    assert answer.status_code == 404
    assert "没有编号为“P9”的项目" in answer.text


def test_hostile_parameters_are_no_error(client: Client, database: Database) -> None:
    visitor = client("staff")
    for value in HOSTILE:
        for way in ways(database, "q", "unit", "street", "stage", "status", "after", "before", "last"):
            answer = visitor.get("/projects", query_string=dict.fromkeys(way, value))
            assert answer.status_code == 200, (way, value)
            assert "<script>alert" not in answer.text
        for way in ways(database, "on", "known"):
            answer = visitor.get("/projects/P1", query_string=dict.fromkeys(way, value))
            assert answer.status_code == 200, (way, value)
        answer = visitor.get("/projects/" + quote(value, safe="") + "x")
        assert answer.status_code == 404, value


def test_what_was_not_understood_is_said(client: Client) -> None:
    page = client("staff").get("/projects?stage=nonsense&unit=zz").text
    assert "已忽略：unit、stage" in page or "已忽略：stage、unit" in page


def test_how_many_statements_it_takes(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    visitor.get("/projects")

    def cost(path: str) -> int:
        with count_statements() as ran:
            assert visitor.get(path).status_code == 200
        return ran.count

    before: dict[str, Any] = {path: cost(path) for path in ("/projects", "/projects/P1", "/")}
    assert before["/projects"] <= 12
    assert before["/projects/P1"] <= 20
    assert before["/"] <= 20
    with filled.app_context(), transaction():
        for number in range(20):
            register(
                f"Q{number:02}",
                f"另一项目{number}",
                attracted_by="lk",
                site_street="cihui",
                signed_on=_day(number),
            )
    assert {path: cost(path) for path in before} == before


def _day(number: int) -> Any:
    from datetime import date

    return date(2021, 1, 1 + number)
