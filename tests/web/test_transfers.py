"""A transfer through the pages: proposed, filled in, sent back, signed, confirmed, by the right people and the wrong ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Project, Transfer, TransferItem
from crm.periods import ALWAYS
from crm.services import attribution, handover, people, projects, standing, units
from tests import build
from tests.web.conftest import TODAY, Client, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NAME = "建成的医药厂"


@pytest.fixture
def due(filled: Flask) -> Iterator[Flask]:
    """A project that an office still holds and a street is entitled to, and people of both."""
    with filled.app_context(), transaction(), clock.at(TODAY):
        register(
            "P9", NAME, attracted_by="jd", site_street="zoumaling", signed_on=date(2020, 6, 1), completed_on=date(2021, 4, 15)
        )  # fmt: skip
        standing.roll_all(TODAY)
        for login, role, code in (
            ("street", "unit_head", "zoumaling"), ("street2", "staff", "zoumaling"), ("other", "unit_head", "sy"),
        ):  # fmt: skip
            people.add_user(
                login, name=login, role=role, unit=units.unit_by_code(code), password=None, valid_from=build.NOTICE,
                actor=None,
            )  # fmt: skip
    yield filled


def made(app: Flask) -> tuple[str, int, int]:
    """State, round and version of the transfer."""
    with app.app_context():
        one = db.session.query(Transfer).one()
        return one.state, one.round, one.version


def sent(client: Client, app: Flask, who: str, verb: str, **data: Any) -> Any:
    """A step by somebody who read the transfer as it stands."""
    return client(who).post(f"/transfers/1/{verb}", data={"version": made(app)[2]} | data)


def item(app: Flask, section: str) -> tuple[int, int]:
    """Id and version of the last line of a section."""
    with app.app_context():
        found = [one for one in handover.items(db.session.query(Transfer).one()) if one.section == section]
        return found[-1].id, found[-1].version


def filled_in(client: Client, app: Flask) -> None:
    """Has nothing lacking in the list."""
    with app.app_context():
        empty = [(one.id, one.version) for one in db.session.query(TransferItem).filter_by(text="")]
    for key, version in empty:
        answer = client("staff").post(
            f"/transfers/1/items/{key}", data={"version": version, "state": "nothing"}
        )
        assert answer.status_code == 303


def test_the_whole_way_by_the_four_parties(client: Client, due: Flask) -> None:
    listed = client("street").get("/transfers?tab=due").text
    assert NAME in listed and "/transfers/new?project=P9" in listed
    asked = client("street").get("/transfers/new?project=P9").text
    assert "建成" in asked and "提出划转" in asked and 'name="from"' in asked
    assert client("other").get("/transfers/new?project=P9").text.count('name="from"') == 0
    answer = client("street").post("/transfers/new", data={"project": "P9", "reason": "已投产"})
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/transfers/1")
    again = client("street").post("/transfers/new", data={"project": "P9"})
    assert again.status_code == 400 and "已有办理中的划转" in again.text

    # before it is sent the receiving unit does not read the list, and others never do
    assert "送出以前" in client("street").get("/transfers/1").text
    assert "handover-items" not in client("other").get("/transfers/1").text
    page = client("staff").get("/transfers/1").text
    assert "/transfers/1/items" in page and "/transfers/1/send" not in page and "送出以前还缺" in page
    refused = sent(client, due, "unit_head", "send")
    assert refused.status_code == 400 and "还没有内容" in refused.text and made(due)[0] == "filling"
    assert client("staff").post("/transfers/1/send", data={"version": 1}).status_code == 403
    assert client("street").post("/transfers/1/print").status_code == 403
    filled_in(client, due)
    assert sent(client, due, "unit_head", "send").status_code == 303 and made(due)[0] == "signing"

    page = client("street").get("/transfers/1").text
    assert "/transfers/1/sign" in page and 'form="send-back"' in page and "/items/" not in page
    key, _version = item(due, "problems")
    assert sent(client, due, "other", "back", **{f"remark_{key}": "x"}).status_code == 403
    assert sent(client, due, "street2", "back").status_code == 400
    assert sent(client, due, "street2", "back", **{f"remark_{key}": "土地证呢"}).status_code == 303
    assert made(due)[:2] == ("filling", 2)
    page = client("unit_head").get("/transfers/1").text
    assert "土地证呢" in page and "请先答复" in page
    told = page[page.index('id="happened"') :]
    assert "退回移交清单" in told and "遗留问题" in told and "土地证呢" in told
    key, version = item(due, "problems")
    given = {
        "version": version,
        "state": "open",
        "text": "土地证7月办好",
        "answer": "已列入",
        "amount": "1.5",
    }
    assert client("staff").post(f"/transfers/1/items/{key}", data=given).status_code == 303
    assert sent(client, due, "unit_head", "send").status_code == 303
    assert "已列入" in client("street").get("/transfers/1").text

    assert sent(client, due, "unit_head", "sign").status_code == 403
    assert client("street2").post("/transfers/1/sign", data={"version": 1}).status_code == 403
    stale = client("street").post("/transfers/1/sign", data={"version": 1}, follow_redirects=True)
    assert "notice-error" in stale.text and made(due)[0] == "signing"
    assert sent(client, due, "street", "sign").status_code == 303 and made(due)[0] == "confirming"
    assert sent(client, due, "street", "confirm").status_code == 403
    for unread in ({}, {"day": "2021-13-99"}):
        answer = sent(client, due, "bureau_head", "confirm", **unread)
        assert answer.status_code == 400 and "没有读到生效日" in answer.text
    shown = re.search(r'name="day" value="([^"]+)"', client("bureau_head").get("/transfers/1").text)
    assert shown and made(due)[0] == "confirming"
    assert sent(client, due, "bureau_head", "confirm", day=shown[1]).status_code == 303
    assert made(due)[0] == "confirmed"
    with due.app_context():
        project = db.session.query(Project).filter_by(number="P9").one()
        assert project.held_indicators_id == units.unit_by_code("zoumaling").id and project.due_since is None
    # others see from whom to whom, and how far it is: not what the parties said, nor who signed what
    for who in ("street", "leader", "other"):
        page = client(who).get("/transfers/1").text
        shown_to = ("已投产" in page, "SHA-256" in page, ">street<" in page)
        assert shown_to == (who != "other",) * 3 and "已划转" in page, who
    printed = client("street").post("/transfers/1/print")
    assert printed.mimetype == "application/pdf" and printed.get_data().startswith(b"%PDF")
    over = client("bureau_head").get("/transfers/1").text
    assert (
        "起由" in over
        and "/transfers/1/confirm" not in over
        and NAME in client("leader").get("/transfers?tab=ended").text
    )
    left, done = "土地证7月办好", f"/transfers/1/items/{key}/done"
    assert left in client("street2").get("/desk").text and client("staff").post(done).status_code == 403
    assert client("street2").post(done).status_code == 303 and left not in client("street2").get("/desk").text
    english = client("leader", "en").get("/transfers/1").text
    assert "Handover list" in english and "移交清单" not in english


def test_what_a_new_fact_ended_keeps_the_clause_it_was_proposed_by(client: Client, due: Flask) -> None:
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    with due.app_context(), transaction(), clock.at(TODAY + timedelta(days=1)):
        project = db.session.query(Project).filter_by(number="P9").one()
        book = attribution.rulebook()
        projects.change(project, {"completed_on": None}, actor=None, valid_from=TODAY, book=book)
    assert made(due)[0] == "overtaken"
    page = client("reviewer").get("/transfers/1").text
    assert "事实已经变化" in page and "项目建成后，移交属地街道负责" in page


def test_what_is_wrong_stands_beside_the_line_and_nothing_is_lost(client: Client, due: Flask) -> None:
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    bad = {"section": "problems", "text": "路没修", "state": "open", "amount": "很多", "due_on": "2021-99-01"}
    answer = client("staff").post("/transfers/1/items", data=bad)
    assert answer.status_code == 400
    assert 'id="add-problems-amount-error"' in answer.text and 'id="add-problems-due_on-error"' in answer.text
    assert "路没修" in answer.text and 'value="很多"' in answer.text
    for hostile in ("\x00", "9" * 400, "' OR 1=1", "归" * 3000):
        data = dict.fromkeys(
            ("section", "text", "state", "amount", "due_on", "answer", "files", "version"), hostile
        )
        assert client("staff").post("/transfers/1/items", data=data).status_code == 400
        assert (
            client("staff").get("/transfers", query_string={"tab": hostile, "after": hostile}).status_code
            == 200
        )
        assert client("staff").get("/transfers/new", query_string={"project": hostile}).status_code == 404
        decline = client("unit_head").post("/transfers/1/decline", data={"version": hostile, "note": hostile})
        assert decline.status_code == 303 and made(due)[0] == "filling"
    assert client("staff").get("/transfers/99").status_code == 404
    assert sent(client, due, "unit_head", "decline").status_code == 400
    assert client("staff").post("/transfers/1/decline", data={"version": 1}).status_code == 403
    assert sent(client, due, "street", "withdraw", note="不急").status_code == 403
    assert sent(client, due, "unit_head", "decline", note="清单未齐").status_code == 303
    assert made(due)[0] == "declined" and "清单未齐" in client("staff").get("/transfers/1").text
    assert (
        "没有再做什么" in sent(client, due, "reviewer", "withdraw", note="x").headers.get("Location", "")
        or made(due)[0] == "declined"
    )
    assert NAME in client("staff").get("/transfers?tab=due").text


def test_the_desk_shows_what_waits_and_leads_there(client: Client, due: Flask) -> None:
    assert "没有等您办的划转" in client("staff").get("/desk").text
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    for who, waits in (
        ("staff", True),
        ("unit_head", True),
        ("street", False),
        ("reviewer", False),
        ("other", False),
    ):
        assert (NAME in client(who).get("/desk").text) is waits, who
    filled_in(client, due)
    sent(client, due, "unit_head", "send")
    assert (
        "核对清单并签字" in client("street").get("/desk").text
        and NAME not in client("staff").get("/desk").text
    )
    assert "等本单位负责人" in client("street2").get("/desk").text
    sent(client, due, "street", "sign")
    # nobody confirms what they proposed
    assert (
        NAME not in client("reviewer").get("/desk").text and NAME in client("bureau_head").get("/desk").text
    )
    assert sent(client, due, "reviewer", "confirm", day="2021-04-15").status_code == 403


def test_the_page_says_what_sent_a_signed_list_back(client: Client, due: Flask) -> None:
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    filled_in(client, due)
    sent(client, due, "unit_head", "send")
    with due.app_context(), transaction(), clock.at(TODAY):
        project = db.session.query(Project).filter_by(number="P9").one()
        projects.change(project, {"completed_on": date(2021, 5, 20)}, actor=None, valid_from=ALWAYS)
    assert made(due)[:2] == ("filling", 2)
    for language, told in (("zh", "清单须重新签字"), ("en", "signed again")):
        page = client("street", language).get("/transfers/1").text
        assert told in page and page.count("2021-04-15") == 2 <= page.count("2021-05-20")
    assert "清单须重新签字" not in client("other").get("/transfers/1").text
    assert sent(client, due, "unit_head", "send").status_code == 303
    assert "清单须重新签字" not in client("street").get("/transfers/1").text


def test_whose_post_ends_is_asked_who_takes_over_the_transfers(client: Client, due: Flask) -> None:
    client("street2").post("/transfers/new", data={"project": "P9"})
    with due.app_context():
        leaver = people.user_by_login("street2")
        assert leaver is not None
        number, version, post = leaver.id, leaver.version, leaver.terms[0].id
    admin = client("administrator")
    assert 'name="heir"' in admin.get(f"/people/{number}").text
    given = {"version": version, "post": post, "ends_on": TODAY.isoformat()}
    for heir, told in (("nobody", "没有账号"), ("staff", "同一单位"), ("street2", "另一个启用中的")):
        answer = admin.post(f"/people/{number}/posts/end", data=given | {"heir": heir})
        assert answer.status_code == 400 and told in answer.text and f'value="{heir}"' in answer.text
    assert admin.post(f"/people/{number}/posts/end", data=given | {"heir": "street"}).status_code == 302
    with due.app_context():
        receiver = db.session.query(Transfer).one().receiver
        assert receiver is not None and receiver.login == "street"


def test_pages_ask_little(client: Client, due: Flask) -> None:
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    for who, path, most in (
        ("staff", "/transfers", 12), ("staff", "/transfers?tab=due&unit=jd", 12), ("leader", "/transfers?tab=overdue", 12),
        ("leader", "/transfers?tab=ended&state=declined&street=zoumaling", 12), ("staff", "/desk", 15),
        ("unit_head", "/transfers/1", 20), ("leader", "/transfers/1", 20), ("staff", "/transfers/new?project=P9", 20),
    ):  # fmt: skip
        visitor = client(who)
        visitor.get(path)
        with count_statements() as seen:
            assert visitor.get(path).status_code == 200
        assert seen.count <= most, (path, seen.statements)


def test_lists_are_cut_into_pages_and_exported(client: Client, due: Flask) -> None:
    with due.app_context(), transaction(), clock.at(TODAY):
        for number in range(60):
            register(
                f"Q{number:02}", f"厂{number:02}", attracted_by="jd", site_street="zoumaling", signed_on=date(2020, 6, 1),
                completed_on=date(2021, 4, 15),
            )  # fmt: skip
        standing.roll_all(TODAY)
    first = client("staff").get("/transfers?tab=due").text
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client("staff").get(following).text
    assert "厂00" in first and "厂59" in second and "厂59" not in first and "厂00" not in second
    for format_ in ("csv", "xlsx"):
        answer = client("staff").post("/transfers/export", data={"tab": "due", "format": format_})
        assert answer.status_code == 200
        if format_ == "csv":
            text = answer.get_data(as_text=True)
            assert text.count("机电产业办") == 61 and "Q59" in text and NAME in text
        answer.close()
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    assert (
        NAME in client("staff").get("/transfers").text
        and NAME not in client("staff").get("/transfers?tab=due").text
    )
    exported = client("staff").post("/transfers/export", data={"format": "csv"})
    assert NAME in exported.get_data(as_text=True)
    assert "没有符合条件的划转" in client("staff").get("/transfers?unit=sy").text
