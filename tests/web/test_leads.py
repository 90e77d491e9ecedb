"""线索 on pages: logged, seen by its unit in full and by others as there is one, changed by two at once, withdrawn."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import AuditEvent, Lead
from crm.services import leads, people, units
from tests import build
from tests.services.test_leads import given
from tests.web.conftest import TODAY, Client

SECRET = "绝密光电有限公司"


@pytest.fixture
def two(filled: Flask) -> dict[str, str]:
    """A lead of the staff's own office and one of another's, by number."""
    with filled.app_context(), clock.at(TODAY), transaction():
        other = people.add_user(
            "gx",
            name="高新某",
            role="staff",
            unit=units.unit_by_code("gx"),
            password=build.PASSWORD,
            actor=None,
        )
        mine = leads.log(given("自家公司"), actor=people.user_by_login("staff"))
        theirs = leads.log(given(SECRET, investor="绝密母公司", note="绝密备注"), actor=other)
        return {"mine": mine.number, "theirs": theirs.number}


def sent(**more: str) -> dict[str, str]:
    """What the form sends."""
    blank = dict.fromkeys(
        (
            "name", "investor", "credit_code", "source", "source_note", "next_step", "next_step_on", "industry_code",
            "intended_investment_fen", "site_street", "site_area", "place", "note",
        ),
        "",
    )  # fmt: skip
    return blank | {"is_company": "yes", "name": "新来的公司", "source": "fair", "step": "save"} | more


def key_of(page: str) -> str:
    """The key in a form."""
    found = re.search(r'name="form_key" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lead_is_logged_once_with_name_and_source_alone(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    form = sent(form_key=key_of(visitor.get("/leads/new").text))
    first, again = (visitor.post("/leads/new", data=form) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["Location"] == again.headers["Location"] == "/leads/XS2021001"
    page = visitor.get("/leads/XS2021001").text
    assert "新来的公司" in page and "招商活动" in page and "登记线索" in page
    wrong = visitor.post("/leads/new", data=sent(name="", credit_code="123", next_step_on="昨天"))
    assert wrong.status_code == 400
    for field in ("name", "credit_code", "next_step_on"):
        assert f'id="{field}-error"' in wrong.text
    assert 'value="123"' in wrong.text and 'value="昨天"' in wrong.text
    wrong = visitor.post("/leads/new", data=sent(name="", contact_phone="12"))
    assert 'id="contact_phone-error"' in wrong.text and 'id="contact_name-error"' in wrong.text
    assert 'id="name-error"' in wrong.text and 'value="12"' in wrong.text
    person = {"contact_name": "王总", "contact_phone": "13812345678", "industry_code": "3911"}
    talked = visitor.post("/leads/new", data=sent(name="有人的公司", **person), follow_redirects=True).text
    assert "王总" in talked and "13812345678" not in talked and "138" in talked
    same = visitor.post("/leads/new", data=sent())
    assert same.status_code == 409 and "XS2021001" in same.text and 'value="triage"' in same.text
    triaged = visitor.post("/leads/new", data=sent(step="triage"))
    assert triaged.headers["Location"] == "/leads/XS2021003"


def test_of_anothers_lead_a_unit_sees_that_it_is_there(client: Client, two: dict[str, str]) -> None:
    with count_statements() as ran:
        page = client("staff").get(f"/leads/{two['theirs']}")
    assert page.status_code == 200 and two["theirs"] in page.text and "高新" in page.text
    assert "绝密" not in page.text
    listed = client("staff").get("/leads").text
    assert two["theirs"] in listed and "自家公司" in listed and "绝密" not in listed
    for role in ("reviewer", "leader"):
        assert SECRET in client(role).get(f"/leads/{two['theirs']}").text
        assert SECRET in client(role).get("/leads").text
    for path in ("edit", "withdraw"):
        refused = client("staff").get(f"/leads/{two['theirs']}/{path}")
        assert refused.status_code == 403 and "绝密" not in refused.text
        posted = client("staff").post(f"/leads/{two['theirs']}/{path}", data=sent(reason="site", version="1"))
        assert posted.status_code == 403 and "绝密" not in posted.text
    handed = client("staff").post(f"/leads/{two['theirs']}/hand-to", data={"person": "1"})
    assert handed.status_code == 403
    assert client("staff").get("/leads/XS9999").status_code == 404
    assert ran.count <= 20


def test_the_pages_keep_to_their_statements(client: Client, two: dict[str, str]) -> None:
    visitor = client("staff")
    for path, most in ((f"/leads/{two['mine']}", 20), ("/leads", 12), ("/leads/new", 12)):
        visitor.get(path)
        with count_statements() as ran:
            assert visitor.get(path).status_code == 200
        assert ran.count <= most, (path, ran.statements)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_who_edit_at_once_choose_field_by_field(
    client: Client, filled: Flask, two: dict[str, str]
) -> None:
    visitor, address = client("staff"), f"/leads/{two['mine']}/edit"
    form = fields(visitor.get(address).text)
    first = visitor.post(address, data=form | {"investor": "甲母公司", "place": "一号地"})
    assert first.status_code == 303
    both = visitor.post(address, data=form | {"investor": "乙母公司", "note": "我的备注"})
    assert both.status_code == 409
    assert "甲母公司" in both.text and "乙母公司" in both.text and "一号地" in both.text
    chosen = visitor.post(address, data=fields(both.text) | {"investor": "乙母公司"})
    assert chosen.status_code == 303
    with filled.app_context():
        lead = db.session.query(Lead).filter_by(number=two["mine"]).one()
        assert (lead.investor, lead.place, lead.note) == ("乙母公司", "一号地", "我的备注")
    page = visitor.get(f"/leads/{two['mine']}").text
    assert "<del>甲母公司</del>" in page and "<ins>乙母公司</ins>" in page
    same = visitor.post(address, data=fields(visitor.get(address).text))
    assert same.status_code == 400


def fields(page: str) -> dict[str, Any]:
    """What a form on a page would send as it stands; a choice that is to be made is left out."""
    from html.parser import HTMLParser

    found: dict[str, Any] = {}

    class Reader(HTMLParser):
        inside, select = False, ""

        def handle_starttag(self, tag: str, attributes: Any) -> None:
            given = dict(attributes)
            if tag == "form":
                self.inside = given.get("method") == "post" and "/leads/" in given.get("action", "")
            elif tag == "select" and self.inside:
                self.select = given["name"]
                found.setdefault(self.select, "")
            elif tag == "option" and self.inside and "selected" in given:
                found[self.select] = given["value"]
            elif tag == "input" and self.inside and given.get("type") not in ("radio", "submit"):
                found[given["name"]] = given.get("value") or ""

    Reader().feed(page)
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lead_is_given_up_with_a_reason(client: Client, two: dict[str, str]) -> None:
    visitor, address = client("staff"), f"/leads/{two['mine']}/withdraw"
    form = fields(visitor.get(address).text)
    without = visitor.post(address, data=form)
    assert without.status_code == 400 and 'id="reason-error"' in without.text
    assert visitor.post(address, data=form | {"reason": "cost", "version": "0"}).status_code == 409
    done = visitor.post(address, data=form | {"reason": "cost"}, follow_redirects=True)
    assert done.status_code == 200 and "退库" in done.text and "成本" in done.text
    assert visitor.post(address, data=form | {"reason": "cost"}).status_code in (400, 409)
    assert client("staff", "en").get(f"/leads/{two['mine']}").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_list_and_export_hide_the_same(client: Client, filled: Flask, two: dict[str, str]) -> None:
    visitor = client("staff")
    for path in (
        "/leads?q=绝密",
        "/leads?sort=name",
        "/leads?stage=registered",
        "/leads?sort=investment&order=asc",
    ):
        page = visitor.get(path).text
        assert f">{two['theirs']}<" not in page and SECRET not in page, path
    assert f">{two['theirs']}<" in visitor.get(f"/leads?q={two['theirs']}").text
    assert SECRET in client("reviewer").get("/leads?q=密光").text
    for format_ in ("csv", "xlsx"):
        answer = visitor.post("/leads/export", data={"format": format_, "unit": "gx"})
        assert answer.status_code == 200
        if format_ == "csv":
            text = answer.data.decode("utf-8-sig")
            assert two["theirs"] in text and "绝密" not in text
        else:
            rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(1).to_python()
            assert rows[1][0] == two["theirs"] and len(rows) == 2
            assert len([cell for cell in rows[1] if cell]) == 3
        answer.close()
    assert SECRET in client("leader").post("/leads/export", data={"format": "csv"}).data.decode("utf-8-sig")
    with filled.app_context():
        told = db.session.query(AuditEvent).filter_by(action="lead.exported").all()
        assert [event.detail["count"] for event in told] == [1, 1, 2]
        assert all(len(event.detail["sha256"]) == 64 for event in told)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_odd_addresses_show_what_they_can(client: Client, two: dict[str, str]) -> None:
    visitor = client("staff", "en")
    for query in (
        "?sort=zzz&stage=x&unit=9&size=7",
        "?after=XS0",
        "?before=%00",
        "?last=1&q=" + "长" * 300,
        "?pool=2",
    ):
        assert visitor.get("/leads" + query).status_code == 200
    for place in (
        "2021-06-03.1.1.1",
        "x",
        "2021-06-03.9.9",
        "2021-06-03." + "9" * 17 + ".1.1",
        "2021-02-30.1.1.1",
    ):
        assert visitor.get(f"/leads/{two['mine']}?before={place}").status_code == 200, place
    assert "No leads match" in visitor.get("/leads?q=zzzz").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_front_page_has_my_next_steps(client: Client, filled: Flask, two: dict[str, str]) -> None:
    with filled.app_context(), clock.at(TODAY), transaction():
        actor = people.user_by_login("staff")
        assert actor
        late = leads.log(given("逾期公司", next_step="签协议", next_step_on=TODAY), actor=actor)
        late.next_step_on = TODAY - timedelta(days=1)
        leads.log(given("远期公司", next_step="回访", next_step_on=TODAY + timedelta(days=30)), actor=actor)
    page = client("staff").get("/").text
    panel = page[page.index('id="lead-steps"') : page.index("本单位的线索")]
    assert panel.index("逾期公司") < panel.index("自家公司") and "已逾期" in panel and "没有下一步" in panel
    assert "远期公司" not in panel and "绝密" not in page and "本单位在办3条" in panel


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_log_names_no_lead(client: Client, filled: Flask, two: dict[str, str]) -> None:
    with filled.app_context(), clock.at(TODAY), transaction():
        actor = people.user_by_login("staff")
        assert actor
        lead = leads.for_change(two["mine"], actor)
        leads.change(lead, {"note": "绝不外传"}, version=lead.version, actor=actor)
    page = client("auditor").get("/log?group=lead").text
    assert "更新线索" in page and two["mine"] in page
    assert "绝不外传" not in page and "自家公司" not in page and "绝密" not in page
