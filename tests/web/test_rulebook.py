"""The rulebook: the whole notice, what decides how many projects, and how it was read on any day."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, transaction
from crm.models import SUCCESSION
from crm.rules.explanation import RULE_NAMES
from crm.rules.notices.silent import SILENT
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.services import people, readings, trials
from tests.databases import Database
from tests.web.conftest import Client, register
from tests.web.test_projects import HOSTILE, ways


def count_of(page: str, rule: str) -> str:
    """How many projects the page says a rule decides, at its first place."""
    found = re.search(
        rf'<a class="rule-count" href="/rulebook/rules/{re.escape(rule)}[?"][^>]*>([^<]+)<', page
    )
    assert found, rule
    return found[1]


def test_the_whole_notice_stands_on_the_page(client: Client) -> None:
    page = client("staff").get("/rulebook").text
    for words in {clause.words for clause in WLKB_2020_1.clauses} | {one.words for one in SILENT}:
        assert words in page, words
    assert "考核内容，属目标任务和评分，不决定归属" in page
    assert "招商单位是产业办" in page and "选址所在街道协办，至建成为止" in page
    assert 'id="R11"' in page and "自2020年4月27日起，依据：" in page and "另可" in page


def test_each_rule_says_how_many_projects_it_decides(client: Client) -> None:
    page = client("leader").get("/rulebook").text
    assert count_of(page, "3.1-named-major") == "1个项目"
    assert count_of(page, "3.2-in-plate") == "1个项目"
    assert count_of(page, "3.2-unsited") == "1个项目"
    assert count_of(page, "none") == "1个项目"
    assert count_of(page, "3.1-retain") == "0个项目"
    assert count_of(page, "2-attraction") == "3个项目"
    before = client("leader").get("/rulebook?on=2021-03-14").text
    assert count_of(before, "3.2-out-of-plate") == "1个项目"
    assert count_of(before, "3.1-named-major") == "0个项目"
    known = client("leader").get("/rulebook?on=2021-03-16&known=2021-03-16").text
    assert count_of(known, "3.1-named-major") == "0个项目" and "2021年3月16日收盘时" in known


def test_a_rule_leads_to_its_projects_and_a_project_to_its_rule(client: Client) -> None:
    visitor = client("staff")
    page = visitor.get("/rulebook/rules/3.1-named-major").text
    assert 'href="/projects/P1"' in page and "/projects/P2" not in page
    assert "对京东方、康宁重大项目和全产业链项目" in page
    assert "这一天没有项目由它判定" in visitor.get("/rulebook/rules/3.1-named-major?on=2021-03-14").text
    assert re.search(r'href="/rulebook(\?[^"#]*)?#p\d+"', visitor.get("/projects/P1").text)
    for rule in RULE_NAMES.keys() - {SUCCESSION}:
        assert visitor.get(f"/rulebook/rules/{rule}").status_code == 200, rule


def test_pages_of_projects(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.web import rulebook

    monkeypatch.setattr(rulebook, "A_PAGE", 1)
    first = client("staff").get("/rulebook/rules/2-attraction").text
    assert "before=P" in first and 'rel="next"' in first
    empty = client("staff").get("/rulebook/rules/2-attraction?before=A").text
    assert "这一页没有项目" in empty


def test_a_reading_says_which_projects_depend_on_it(client: Client) -> None:
    page = client("staff").get("/rulebook/readings/R6").text
    assert "商会总部楼" in page and "1个项目的归属会变" in page and "慈惠街" in page
    assert "没有项目的归属会变" in client("staff").get("/rulebook/readings/R4").text
    english = client("staff", "en").get("/rulebook/readings/R6").text
    assert "would change" in english and "Cihui" in english


def test_a_reading_set_later_is_in_force_from_its_day(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction(), clock.at(date(2021, 6, 3)):
        readings.set_reading(
            "R6", choice="site-street", basis="会议纪要", valid_from=date(2021, 6, 1),
            actor=people.user_by_login("reviewer"),
        )  # fmt: skip
    visitor = client("staff")
    now = visitor.get("/rulebook").text
    assert "会议纪要" in now and "自2021年6月1日起，依据：" in now
    assert "会议纪要" not in visitor.get("/rulebook?on=2021-05-31").text
    assert "会议纪要" not in visitor.get("/rulebook?known=2021-06-02").text
    assert "按现行口径不适用" in visitor.get("/rulebook?on=2021-05-31").text
    assert "会议纪要" in visitor.get("/rulebook/readings/R6?on=2021-05-31").text


def test_who_may_not_read_projects_sees_the_rules_and_no_project(client: Client) -> None:
    visitor = client("administrator")
    for path in ("/rulebook", "/rulebook/rules/none", "/rulebook/readings/R6"):
        page = visitor.get(path).text
        assert "商会总部楼" not in page and "rule-count" not in page and 'href="/projects' not in page


def test_a_trial_of_more_projects_than_it_takes_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "TRIED_AT_MOST", 2)
    assert "共4个项目，只试算了最近登记的2个" in client("staff").get("/rulebook/readings/R6").text


def test_hostile_addresses(client: Client, database: Database) -> None:
    visitor = client("staff")
    for value in HOSTILE:
        for way in ways(database, "on", "known", "before"):
            for path in ("/rulebook", "/rulebook/rules/none", "/rulebook/readings/R5"):
                answer = visitor.get(path, query_string=dict.fromkeys(way, value))
                assert answer.status_code == 200, (path, way, value)
    for path in (
        "/rulebook/rules/9.9",
        "/rulebook/readings/R12",
        "/rulebook/rules/%00",
        "/rulebook/readings/x'",
    ):
        assert visitor.get(path).status_code == 404, path


def test_how_many_statements_it_takes(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    visitor.get("/rulebook")

    def cost(path: str) -> int:
        with count_statements() as ran:
            assert visitor.get(path).status_code == 200
        return ran.count

    paths = ("/rulebook", "/rulebook/rules/3.2-in-plate", "/rulebook/readings/R6")
    before = {path: cost(path) for path in paths}
    assert all(statements <= 20 for statements in before.values()), before
    with filled.app_context(), transaction():
        for number in range(12):
            register(f"Q{number:02}", f"另一项目{number}", attracted_by="lk", site_street="cihui", signed_on=date(2021, 1, 1))  # fmt: skip
    # the first look after a change counts again, the next does not
    assert all(cost(path) <= before[path] + 1 for path in paths)
    assert {path: cost(path) for path in paths} == before
