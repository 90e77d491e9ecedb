"""The page of all units and the page of one: what leads where, whose names are seen, what an address may hold."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from crm.db import count_statements, transaction
from crm.services import history, holdings, standing, transfers
from crm.services.holdings import Move
from tests.web.conftest import Client, register

HOSTILE = ("on=x", "on=9999-12-31", "on=0001-01-01", "known=2020-13-01", "duty=attraction", "by='", "part=%00", "after=%00%FF",
           "before=" + "9" * 5000, "last=1", "last=x&after=P2&before=P1")  # fmt: skip


def figures(page: str, code: str) -> list[str]:
    """The counts in a unit's row of the table."""
    row = re.search(rf'<tr>\s*<th scope="row"[^>]*>(?:(?!</tr>).)*?/units/{code}[?"](.*?)</tr>', page, re.S)
    assert row, code
    return [re.sub(r"<[^>]+>", " ", cell).split()[0] for cell in re.findall(r"<td.*?</td>", row[1], re.S)]


def test_every_unit_has_a_row_that_leads_to_its_projects(client: Client) -> None:
    visitor = client("leader")
    page = visitor.get("/units").text
    assert figures(page, "jd") == ["1", "1", "0", "0", "0", "0"]
    assert figures(page, "gsl") == ["1", "0", "0", "0", "0", "1"]
    assert "全区合计" in page and "产业办合计" in page and 'role="img"' in page
    one = visitor.get("/units/gsl?part=undetermined").text
    assert "商会总部楼" in one and "芯片封装项目" not in one
    assert "以后只有经确认的划转才改变它" in page, "what is meant by held is said"


def test_out_of_plate_and_completed_shows_what_is_given_and_gotten(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        register(
            "P5",
            "迁出项目",
            attracted_by="jd",
            site_street="cihui",
            signed_on=date(2021, 3, 1),
            completed_on=date(2021, 5, 1),
            fen=5 * 10**10,
        )
    visitor = client("staff")
    page = visitor.get("/units").text
    assert figures(page, "jd") == ["2", "1", "1", "0", "-1", "0"]
    assert figures(page, "cihui") == ["0", "1", "0", "1", "+1", "0"]
    for code, part in (("jd", "gives"), ("cihui", "gets")):
        assert "迁出项目" in visitor.get(f"/units/{code}?part={part}").text
    before = visitor.get("/units?on=2021-04-30").text
    assert "这是2021年4月30日的情况" in before and 'href="/units/jd?on=2021-04-30' in before
    assert "5.00" in visitor.get("/units?by=investment").text


def test_a_unit_says_what_the_notice_says_of_it(client: Client) -> None:
    visitor = client("leader")
    office = visitor.get("/units/jd").text
    assert "长青街" in office and "三 一是" in office and "智能装备制造产业" in office
    street = visitor.get("/units/zoumaling").text
    assert "食品医药产业办" in street and 'href="/projects?street=zoumaling"' in street
    assert "通知没有给它划定板块" in visitor.get("/units/xf").text
    assert "一直存在" in visitor.get("/units/swj").text
    english = client("leader", "en").get("/units/jd").text
    assert "Mechatronics Industry Office" in english


def test_names_are_for_the_units_own_people(client: Client) -> None:
    assert "unit_head某" in client("staff").get("/units/jd").text
    assert "unit_head某" not in client("leader").get("/units/jd").text
    assert "在这里任职的人" not in client("staff").get("/units/cihui").text


def test_as_known_on_an_earlier_day(client: Client) -> None:
    visitor = client("leader")
    assert figures(visitor.get("/units").text, "sy") == ["1", "1", "0", "0", "0", "0"]
    assert figures(visitor.get("/units?known=2021-06-01").text, "sy") == ["0", "0", "0", "0", "0", "0"]
    assert "没有已开始的项目" in visitor.get("/units?on=2019-01-01").text
    assert "食品厂_100%" not in visitor.get("/units/sy?known=2021-06-01").text


@pytest.mark.parametrize("query", HOSTILE)
def test_whatever_an_address_holds_is_answered(client: Client, query: str) -> None:
    visitor = client("leader")
    assert visitor.get(f"/units?{query}").status_code == 200
    assert visitor.get(f"/units/jd?{query}").status_code == 200


def test_unknown_units_are_not_found(client: Client) -> None:
    for code in ("nope", "JD", "%00", "..%2f", "x" * 3000):
        assert client("leader").get(f"/units/{code}").status_code == 404


def test_pages_are_few_statements(client: Client, filled: Flask) -> None:
    visitor = client("leader")
    for path, most in (("/units", 12), ("/units?on=2021-05-01&known=2021-05-02", 12), ("/units/jd", 20)):
        visitor.get(path)
        with filled.app_context(), count_statements() as seen:
            visitor.get(path)
        assert seen.count <= most, (path, seen.count)


def test_the_flows_between_units(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        out = {"attracted_by": "jd", "site_street": "cihui", "signed_on": date(2021, 3, 1)}
        register("P5", "迁出项目", completed_on=date(2021, 5, 1), fen=5 * 10**10, **out)
        register("P66", "没有登记总投资的", completed_on=date(2021, 5, 1), **out | {"attracted_by": "sy"})
    visitor = client("staff")
    page = visitor.get("/transfers/flows").text
    assert "part=due&amp;from=sy&amp;to=cihui" in page and ">0.00<" not in page, "nothing is known of it"
    asked = "part=due&amp;from=jd&amp;to=cihui"
    assert page.count(asked) == 2 and "5.00" in page and "2020年6月4日至2021年6月3日" in page
    assert "迁出项目" in visitor.get(f"/transfers/flows?{asked.replace('amp;', '')}").text
    assert "没有这样的项目" in visitor.get("/transfers/flows?part=confirmed&from=jd&to=cihui").text
    assert "也没有应划转的" in visitor.get("/transfers/flows?on=2021-04-30").text
    assert client("auditor").get("/transfers/flows").status_code == 403
    for query in (*HOSTILE, "since=9999-12-31", "since=x&on=0001-01-01", "on=2020-02-29", "from=%00&to=jd"):
        assert visitor.get(f"/transfers/flows?{query}").status_code == 200, query
    with filled.app_context(), count_statements() as seen:
        visitor.get(f"/transfers/flows?{asked.replace('amp;', '')}&known=2021-06-03")
    assert seen.count <= 12, seen.statements
    with filled.app_context(), transaction():
        old = {"served_by": "jd", "signed_on": date(2018, 3, 1), "completed_on": date(2019, 3, 1)}
        stock = register("P6", "存量项目", site_street="cihui", **old)
        passed = transfers.propose(stock.id, reason="", actor=None)
        passed.state, passed.effective_day = "confirmed", passed.since
        street = passed.to_unit_id
        event = history.record("transfer.confirmed", passed, actor=None)
        holdings.pass_on([Move(stock.id, passed.since, street, street, passed.id)], event)
        standing.refresh([stock.id])
    assert "2019年4月28日至2021年6月3日" in visitor.get("/transfers/flows").text, "a year up to the last"
    later = visitor.get("/transfers/flows?since=2021-01-01").text
    assert "这段时间没有划转" in later and "since=2020-04-27" in later
    for way in ("held", "entitled"):
        assert visitor.get(f"/units/jd?flow={way}").text.count('aria-current="true"') == 2
