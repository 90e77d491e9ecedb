"""查重 and 研判 on pages: what is told as a name is typed, what stops a lead, and how the bureau decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.registry import credit_code
from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Lead, Triage
from crm.services import leads, people, units
from tests import build
from tests.services.test_leads import given
from tests.web.conftest import TODAY, Client
from tests.web.test_leads import sent

SECRET = "绝密光电显示技术有限公司"
CODE = credit_code(7)


@pytest.fixture
def other(filled: Flask) -> str:
    """The number of another office's lead."""
    with filled.app_context(), clock.at(TODAY), transaction():
        person = people.add_user(
            "gx",
            name="高新某",
            role="staff",
            unit=units.unit_by_code("gx"),
            password=build.PASSWORD,
            actor=None,
        )
        return leads.log(given(SECRET, investor="绝密母公司", credit_code=CODE), actor=person).number


def told(visitor: FlaskClient, **asked: str) -> Any:
    """What the form's script is told."""
    answer = visitor.get("/leads/duplicates", query_string=asked | {"json": "1"})
    assert answer.status_code == 200 and answer.is_json
    return answer.get_json()


def test_what_another_unit_has_is_told_without_its_contents(client: Client, other: str) -> None:
    visitor = client("staff")
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in CODE)
    for asked in (
        {"name": "武汉絕密光電顯示技術"},
        {"credit_code": full_width},
        {"credit_code": CODE.lower()},
    ):
        with count_statements() as ran:
            answer = told(visitor, **asked)
        assert ran.count <= 12
        (found,) = answer["found"]
        assert (found["label"], found["href"]) == (other, f"/leads/{other}")
        assert found["unit"] == "高新技术产业办" or "高新" in found["unit"]
        assert found["since"] == TODAY.isoformat() and "绝密" not in str(answer)
        page = visitor.get("/leads/duplicates", query_string=asked).text
        assert other in page and "绝密光" not in page.replace(asked.get("name", " "), "")
    assert told(visitor, credit_code=CODE[:-1] + ("0" if CODE[-1] != "0" else "1"))["found"] == []
    assert told(client("reviewer"), credit_code=CODE)["found"][0]["label"] == SECRET
    assert told(visitor)["found"] == [] and visitor.get("/leads/duplicates").status_code == 200
    for nasty in ("\0", "汉" * 50_000, "%_'\"", "\ud800".encode("utf-16", "surrogatepass").hex()):
        assert told(visitor, name=nasty, investor=nasty, credit_code=nasty)["found"] == []
    assert client("auditor").get("/leads/duplicates?name=x").status_code == 403


@pytest.fixture
def waiting(client: Client, other: str) -> str:
    """The number of a lead that was stopped and sent for triage."""
    visitor = client("staff")
    stopped = visitor.post("/leads/new", data=sent(name="绝密光电显示科技", investor=""))
    assert stopped.status_code == 409
    assert other in stopped.text and "绝密母公司" not in stopped.text and SECRET not in stopped.text
    assert 'value="triage"' in stopped.text and 'value="绝密光电显示科技"' in stopped.text
    done = visitor.post("/leads/new", data=sent(name="绝密光电显示科技", investor="", step="triage"))
    assert done.status_code == 303
    number: str = done.headers["Location"].rpartition("/")[2]
    return number


def seen_in(page: str) -> str:
    """What the form says its person saw."""
    found = re.search(r'name="seen" value="([0-9.]+)"', page)
    assert found
    return found[1]


def test_a_lead_that_waits_is_merged(client: Client, other: str, waiting: str, filled: Flask) -> None:
    staff, bureau = client("staff"), client("reviewer")
    page = staff.get(f"/leads/{waiting}").text
    assert other in page and "等待区商务局研判" in page and "绝密母公司" not in page
    assert waiting in client("staff").get("/").text
    assert "/triage/1" in bureau.get("/").text and waiting in bureau.get("/triage").text
    for path, most in (("/triage", 12), ("/triage/1", 20), (f"/leads/{waiting}", 20)):
        with count_statements() as ran:
            page = bureau.get(path).text
        assert ran.count <= most, (path, ran.statements)
    shown = bureau.get("/triage/1").text
    assert SECRET in shown and "绝密光电显示科技" in shown and "并入" in shown
    form = {"seen": seen_in(shown), "outcome": "same"}
    assert staff.post("/triage/1", data=form).status_code == 403
    assert bureau.post("/triage/1", data=form | {"seen": "9.9.9"}).status_code == 409
    assert bureau.post("/triage/1", data=form | {"outcome": "new"}).status_code == 409
    assert bureau.post("/triage/1", data=form).headers["Location"] == "/triage/1"
    again = bureau.post("/triage/1", data=form)
    assert again.status_code == 409 and "reviewer某" in again.text
    assert bureau.post("/triage/99", data=form).status_code == 404
    merged = staff.get(f"/leads/{waiting}")
    assert merged.status_code == 200 and "并入线索" in merged.text and "绝密光电显示科技" in merged.text
    survivor = bureau.get(f"/leads/{other}").text
    assert f"并入的线索{waiting}" in survivor
    assert "同一项目" in bureau.get("/triage?state=decided").text
    with filled.app_context():
        assert db.session.query(Lead).filter_by(number=other).one().stage == "registered"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_only_somewhat_alike_is_logged_and_looked_at(
    client: Client, other: str, filled: Flask
) -> None:
    done = client("staff").post("/leads/new", data=sent(name="绝密光电显示材料", investor=""))
    assert done.status_code == 303
    with filled.app_context():
        triage = db.session.query(Triage).one()
        assert (triage.level, triage.lead.stage) == (4, "registered")
    bureau = client("reviewer")
    assert 'href="/triage"' in bureau.get("/").text and 'href="/triage"' not in client("staff").get("/").text
    shown = bureau.get("/triage/1").text
    assert 'value="ignored"' in shown
    assert bureau.post("/triage/1", data={"seen": seen_in(shown), "outcome": "ignored"}).status_code == 303


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_addresses_that_mean_nothing(client: Client, filled: Flask) -> None:
    bureau = client("reviewer")
    for path in (
        "/triage?state=x&at=abc&due=nope",
        "/triage?at=1&due=2021-01-01",
        "/triage?state=decided&at=0",
    ):
        assert bureau.get(path).status_code == 200
    for path in ("/triage/0", "/triage/99999999999", "/triage/x"):
        assert bureau.get(path).status_code == 404
