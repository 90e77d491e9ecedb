"""Closing months in the browser: what the page says, who closes, what is refused, and what a late transfer carries over."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import MonthClose, Transfer, User
from crm.periods import Month
from crm.services import handover, month_closing, people, transfers, units
from tests import build
from tests.web.conftest import TODAY, Client, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOSTILE = (
    "month=2021-13",
    "month=9998-12",
    "month=0001-01",
    "month=%00",
    "after=" + "9" * 400,
    "before=-1",
    "last=1&after=x",
)


def text(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))


def person(login: str) -> User:
    return db.session.query(User).filter_by(login=login).one()


def close(filled: Flask, *months: Month) -> None:
    with filled.app_context(), clock.at(TODAY), transaction():
        for month in months:
            month_closing.close(month, actor=person("bureau_head"))


def closed(filled: Flask) -> list[str]:
    with filled.app_context():
        return [row.month for row in db.session.query(MonthClose).order_by(MonthClose.id)]


def test_while_no_month_is_closed_a_month_is_chosen(client: Client, filled: Flask) -> None:
    page = client("bureau_head").get("/months").text
    assert "还没有月结过" in page and "第一个月结的月份：2021-05" in page and 'name="sure"' in page
    assert page.count("<option") == 15 and 'value="2020-04"' in page
    assert "现在月结，余下的日子" in client("bureau_head").get("/months?month=2021-06").text
    for role in ("reviewer", "unit_head", "leader"):
        page = client(role).get("/months").text
        assert "月结由商务局负责人办理" in page and 'name="sure"' not in page
        assert client(role).post("/months/close", data={"month": "2021-05", "sure": "1"}).status_code == 403
    assert not closed(filled) and 'href="/months"' in client("leader").get("/carry-overs").text


def test_closed_and_told(client: Client, filled: Flask) -> None:
    visitor = client("bureau_head")
    page = visitor.post("/months/close", data={"month": "2021-04", "sure": "1"}, follow_redirects=True).text
    assert closed(filled) == ["2021-04"]
    assert "2021-04已月结" in page and 'href="/carry-overs?concerning=2021-04"' in page
    assert "下一个月结：2021-05" in page and "bureau_head某" in page
    assert "可以月结：2021-05" in visitor.get("/").text and "可以月结" not in client("reviewer").get("/").text
    for language, sentence in (("zh", "完成月结"), ("en", "Month closed")):
        said = client("auditor", language).get("/log?action=month.closed").text
        assert sentence in said and "2021-04" in said
    close(filled, Month(2021, 5), Month(2021, 6))
    page = visitor.get("/months").text
    assert "2021-07还没有开始" in page and 'name="sure"' not in page
    with count_statements() as counted:
        visitor.get("/months")
    assert counted.count <= 20


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"month": "2021-05"}, "请核对后勾选这一项"),
        ({"sure": "1"}, "没有读到要月结的月份"),
        ({"month": "2021-13", "sure": "1"}, "没有读到要月结的月份"),
        ({"month": "2021-06", "sure": "1"}, "应接着结 2021-05"),
        ({"month": "2021-07", "sure": "1"}, "还没有开始"),
        ({"month": "2020-03", "sure": "1"}, "最早从2020-04月结"),
    ],
)
def test_what_is_refused_stands_beside_its_field(
    client: Client, filled: Flask, given: dict[str, str], sentence: str
) -> None:
    close(filled, Month(2021, 4))
    answer = client("bureau_head").post("/months/close", data=given)
    assert answer.status_code == 400 and sentence in answer.text and "field-error" in answer.text
    assert closed(filled) == ["2021-04"]


def test_what_somebody_closed_meanwhile_is_told(client: Client, filled: Flask) -> None:
    close(filled, Month(2021, 4))
    asked = {"month": "2021-04", "sure": "1"}
    page = client("bureau_head").post("/months/close", data=asked, follow_redirects=True).text
    assert "2021-04已由bureau_head某月结，没有再做什么" in page and closed(filled) == ["2021-04"]


def test_no_address_breaks_it(client: Client, filled: Flask) -> None:
    visitor = client("leader")
    paths = [f"/months?{query}" for query in HOSTILE]
    paths += ["/carry-overs?concerning=x", "/transfers?closing=9998-12", "/transfers?tab=due&closing=x"]
    assert [path for path in paths if visitor.get(path).status_code != 200] == []


def test_a_transfer_due_since_a_closed_month_is_carried_over(client: Client, filled: Flask) -> None:
    """May is closed, then a transfer due since May is proposed, signed and confirmed: June has the line."""
    with filled.app_context(), clock.at(TODAY), transaction():
        register("M1", "迟报建成项目", attracted_by="jd", site_street="cihui", signed_on=date(2021, 1, 4),
                 completed_on=date(2021, 5, 10), fen=3 * 10**10)  # fmt: skip
        people.add_user("cihui", name="慈惠街负责人", role="unit_head", unit=units.unit_by_code("cihui"), password=build.PASSWORD, actor=None)  # fmt: skip
    chief, giver = client("bureau_head"), client("unit_head")
    for month in ("2021-04", "2021-05"):
        before = text(chief.get("/months?month=2021-04").text)
        assert ("应划转未提出（个/亿元）13.00" in before) == (month == "2021-05"), "it is due since May"
        assert chief.post("/months/close", data={"month": month, "sure": "1"}).status_code == 303
    proposing = text(giver.get("/transfers/new?project=M1").text)
    assert "2021年6月1日" in proposing and "2021年5月至2021年5月已记在移交单位" in proposing
    giver.post("/transfers/new", data={"project": "M1", "reason": "建成投产"})
    with filled.app_context(), clock.at(TODAY), transaction():
        made = db.session.query(Transfer).one()
        for item in handover.items(made):
            item.state = "ready" if item.text else "nothing"
        db.session.flush()
        transfers.send(made.id, version=made.version, actor=person("unit_head"))
        transfers.sign(made.id, version=made.version, actor=person("cihui"))
        place, version = f"/transfers/{made.id}", made.version
    assert "2021-05至2021-05，1个项目，总投资3.00亿元，记入2021-06" in text(chief.get(place).text)
    late = chief.post(f"{place}/confirm", data={"version": version, "day": "2021-05-10"})
    assert late.status_code == 400 and "所在月份已月结" in late.text
    chief.post(f"{place}/confirm", data={"version": version, "day": "2021-06-01"})
    for address in ("/carry-overs?month=2021-06", "/carry-overs?concerning=2021-05"):
        page = text(chief.get(address).text)
        assert "共1笔，总投资3.00亿元" in page and "迟报建成项目" in page and "-3.00" in page
    assert "没有符合条件的结转" in chief.get("/carry-overs?concerning=2021-04").text
    assert 'href="/carry-overs?concerning=2021-05"' in chief.get("/months").text
