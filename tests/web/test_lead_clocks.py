"""Progress, protection, the common pool and what is late, on pages and by hand-made requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Lead, LeadProgress
from crm.services import leads, people
from tests.services.test_leads import given
from tests.web.conftest import TODAY, Client
from tests.web.test_leads import two

__all__ = ["two"]

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def sent(**more: str) -> dict[str, str]:
    """What the form for progress sends."""
    blank = {"kind": "visit", "day": TODAY.isoformat(), "people": "张三", "outcome": "谈得不错", "next_step": "", "next_step_on": ""}  # fmt: skip
    return blank | more


@contextmanager
def changed(app: Flask, number: str) -> Iterator[Lead]:
    """The lead, for a test to put it where it needs it."""
    with app.app_context(), transaction():
        yield db.session.query(Lead).filter_by(number=number).one()


def lost(app: Flask, number: str, days: int = 1) -> None:
    """Ends the protection of a lead so many days ago."""
    with changed(app, number) as lead:
        lead.protected_until = TODAY - timedelta(days=days)


def test_progress_is_recorded_corrected_and_struck_out(
    client: Client, filled: Flask, two: dict[str, Any]
) -> None:
    visitor, path = client("staff"), f"/leads/{two['mine']}/progress"
    key = re.search(r'name="form_key" value="([^"]+)"', visitor.get(path).text)
    assert key
    for _twice in range(2):
        answer = visitor.post(path, data=sent(form_key=key[1]))
        assert answer.status_code == 303
    with filled.app_context():
        [row] = db.session.query(LeadProgress).all()
    page = visitor.get(f"/leads/{two['mine']}").text
    assert f'href="{path}/{row.id}"' in page and "没有下一步" in page and "谈得不错" in page
    wrong = visitor.post(f"{path}/{row.id}", data=sent(outcome="", day="2021-02-30"))
    assert wrong.status_code == 400 and 'id="day-error"' in wrong.text
    assert visitor.post(f"{path}/{row.id}", data=sent(kind="call")).status_code == 303
    assert visitor.get(f"{path}/{row.id}").status_code == 409
    assert visitor.post(f"{path}/{row.id}", data=sent()).status_code == 409
    assert "谈得不错" in visitor.get(f"{path}/{row.id + 1}").text
    assert visitor.post(f"{path}/{row.id + 1}/take-back", data={"reason": ""}).status_code == 400
    assert visitor.post(f"{path}/{row.id + 1}/take-back", data={"reason": "记错了"}).status_code == 303
    with changed(filled, two["mine"]) as lead:
        assert lead.stage == "registered" and lead.negotiating_on is None


@sqlite_only
def test_hand_made_requests_change_nothing(client: Client, filled: Flask, two: dict[str, Any]) -> None:
    visitor, mine, theirs = client("staff"), f"/leads/{two['mine']}", f"/leads/{two['theirs']}"
    later = (TODAY + timedelta(days=1)).isoformat()
    for more, field in (
        ({"kind": "dinner\x00"}, "kind"),
        ({"day": later}, "day"),
        ({"day": "9" * 5000}, "day"),
        ({"outcome": "长" * 2001}, "outcome"),
        ({"people": "人" * 9000}, "people"),
        ({"next_step": "再谈", "next_step_on": "x"}, "next_step_on"),
    ):
        answer = visitor.post(f"{mine}/progress", data=sent(**more))
        assert answer.status_code == 400 and f'id="{field}-error"' in answer.text, field
    for path in ("/progress", "/progress/1", "/progress/1/take-back", "/renew"):
        assert visitor.post(theirs + path, data=sent(reason="x")).status_code in (403, 404)
    for path in ("/progress/1", "/progress/2147483647", "/progress/99999999999", "/progress/x"):
        assert visitor.get(mine + path).status_code == 404
    assert visitor.post(f"{mine}/progress", data=sent(form_key="k" * 900)).status_code == 400
    for role in ("reviewer", "leader", "auditor"):
        for path in ("/progress", "/renew", "/claim"):
            assert client(role).post(mine + path, data=sent(reason="x")).status_code == 403
    # a claim of what is in nobody's pool says so
    assert "不在公共池" in visitor.post(f"{theirs}/claim", follow_redirects=True).text
    for query in ("after=x", "after=2021-01-01.x", f"after=2021-01-01.{'9' * 40}", "kind=x", "unit=x", "person=x", "after=%00"):  # fmt: skip
        for page in ("pool", "overdue"):
            assert visitor.get(f"/leads/{page}?{query}").status_code == 200, query
    with filled.app_context():
        assert db.session.query(LeadProgress).count() == 0


@sqlite_only
def test_renewed_once(client: Client, filled: Flask, two: dict[str, Any]) -> None:
    visitor, path = client("staff"), f"/leads/{two['mine']}/renew"
    assert "2021年11月30日" in visitor.get(path).text
    assert visitor.post(path, data={"reason": " "}).status_code == 400
    assert visitor.post(path, data={"reason": "董事会下月开"}).status_code == 303
    again = visitor.post(path, data={"reason": "再等等"})
    assert again.status_code == 400 and "staff某" in again.text
    lost(filled, two["mine"])
    assert "公共池" in visitor.get(path).text


def test_the_pool_is_read_and_claimed(client: Client, filled: Flask, two: dict[str, Any]) -> None:
    visitor, path = client("staff"), f"/leads/{two['theirs']}"
    assert "公共池里没有线索" in visitor.get("/leads/pool").text
    assert "绝密" not in visitor.get(path).text
    for number in two.values():
        lost(filled, number)
    with count_statements() as counted:
        page = visitor.get("/leads/pool").text
    assert counted.count <= 12, counted.statements
    assert "绝密光电有限公司" in page and f"{path}/claim" in page and "本区未定" in page
    # one's own is to be had again later
    assert f"/leads/{two['mine']}/claim" not in page and "2021-06-10起" in page
    assert "绝密光电有限公司" in client("leader").get("/leads/pool").text
    assert f"{path}/claim" in visitor.get(path).text
    assert visitor.get(f"{path}/progress").status_code == 400
    answer = visitor.post(f"{path}/claim", follow_redirects=True)
    assert "已承接" in answer.text and "绝密光电有限公司" in answer.text
    assert "本单位已于" in visitor.post(f"{path}/claim", follow_redirects=True).text
    english = client("staff", "en").get("/leads/pool").text
    assert "Common pool" in english and "公共池" not in english


@sqlite_only
def test_what_is_late_by_person_and_by_unit(client: Client, filled: Flask, two: dict[str, Any]) -> None:
    for number in two.values():
        with changed(filled, number) as lead:
            lead.response_due = TODAY - timedelta(days=3)
            lead.next_step_on, lead.next_step = TODAY - timedelta(days=1), "再访"
    visitor = client("unit_head")
    with count_statements() as counted:
        page = visitor.get("/leads/overdue").text
    assert counted.count <= 12, counted.statements
    assert two["mine"] in page and two["theirs"] not in page and "超期3天" in page and "staff某" in page
    bureau = client("reviewer")
    assert all(number in bureau.get("/leads/overdue?kind=next_step").text for number in two.values())
    one = bureau.get("/leads/overdue?kind=next_step&unit=gx").text
    assert two["theirs"] in one and f">{two['mine']}<" not in one
    assert "没有这样的线索" in bureau.get("/leads/overdue?kind=triage").text
    with count_statements() as counted:
        quiet = bureau.get("/leads/overdue?kind=landed").text
    assert counted.count <= 12, counted.statements
    assert "/projects/P" in quiet and "本区未定" in quiet and "按20天计算" in quiet
    assert "没有这样的项目" in bureau.get("/leads/overdue?kind=signed").text
    for role, kinds in (("staff", 3), ("reviewer", 3), ("leader", 0)):
        visitor = client(role)
        visitor.get("/briefs")
        with count_statements() as counted:
            home = visitor.get("/").text
        assert home.count("/leads/overdue?kind=") == kinds, role
        assert counted.count <= 20, counted.statements
    english = client("reviewer", "en").get("/leads/overdue").text
    assert "Overdue" in english and not re.search("[一-鿿]天", english)


@sqlite_only
def test_the_page_of_a_lead_tells_its_clocks(client: Client, filled: Flask, two: dict[str, Any]) -> None:
    visitor, path = client("staff"), f"/leads/{two['mine']}"
    for _step in range(3):
        visitor.post(f"{path}/progress", data=sent(next_step="再访", next_step_on=TODAY.isoformat()))
    with count_statements() as counted:
        page = visitor.get(path).text
    assert counted.count <= 20, counted.statements
    assert page.count('class="protection-counts"') == 3 and "本区未定" in page and "保护期还剩90天" in page
    with filled.app_context(), clock.at(TODAY), transaction():
        lead = leads.log(given("待判断的公司"), actor=people.user_by_login("staff"))  # type: ignore[arg-type]
        lead.stage, number = "triage", lead.number
    assert "正在研判" in visitor.get(f"/leads/{number}").text
