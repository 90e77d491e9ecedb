"""Two people at one project: each sees what the other did, chooses field by field, and nothing is lost unseen."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask

from crm.db import db, transaction
from crm.models import AuditEvent, Project, User
from tests.web.conftest import Client
from tests.web.editing import Desk, project, recorded

SITE = {"site_street": "cihui", "since": "day", "valid_from": "2021-06-01"}


def last_event(app: Flask) -> int:
    """The change recorded last."""
    with app.app_context():
        found = db.session.query(AuditEvent.id).filter(AuditEvent.action.like("project.%"))
        return int(found.order_by(AuditEvent.id.desc()).limit(1).scalar() or 0)


def test_both_are_shown_and_the_person_chooses(client: Client, filled: Flask) -> None:
    mine = Desk(client("staff")).open()
    theirs = Desk(client("reviewer")).open()
    assert theirs.post("save", **SITE, investor="汉芯集团").status_code == 302
    before = recorded(filled)
    answer = mine.post(
        "save", site_street="jinghe", name="芯片封装二期", since="day", valid_from="2021-06-02"
    )
    assert answer.status_code == 409 and recorded(filled) == before
    for said in (
        "别人同时改了这个项目",
        "reviewer某",
        "走马岭街",
        "慈惠街",
        "径河街",
        "汉芯集团",
        "芯片封装二期",
    ):
        assert said in answer.text, said
    assert "site_street" not in mine.sent, "nothing is chosen for the person"
    unanswered = mine.post("preview")
    assert unanswered.status_code == 400 and "这一项没有收到" in unanswered.text
    preview = mine.post("preview", site_street="jinghe")
    assert preview.status_code == 200 and "芯片封装二期" in preview.text
    assert mine.post("save").status_code == 302
    saved = project(filled)
    assert (saved.name, saved.investor) == ("芯片封装二期", "汉芯集团")
    with filled.app_context():
        street = db.session.query(Project).filter_by(number="P1").one().site_street
        assert street is not None and street.code == "jinghe"


def test_what_only_they_changed_is_taken_over_and_shown_before_it_is_saved(
    client: Client, filled: Flask
) -> None:
    mine = Desk(client("staff")).open()
    assert mine.post("preview", name="芯片封装二期", since="start").status_code == 200
    assert Desk(client("reviewer")).open().post("save", **SITE).status_code == 302
    before = recorded(filled)
    again = mine.post("save")
    assert again.status_code == 200 and "账上有了变化" in again.text and "慈惠街" in again.text
    assert recorded(filled) == before, "not saved on top of what was not seen"
    assert mine.post("save").status_code == 302
    with filled.app_context():
        found = db.session.query(Project).filter_by(number="P1").one()
        assert (
            found.name == "芯片封装二期"
            and found.site_street is not None
            and found.site_street.code == "cihui"
        )


def test_three_in_a_row(client: Client, filled: Flask) -> None:
    first, second, third = (Desk(client(role)).open() for role in ("reviewer", "bureau_head", "staff"))
    assert first.post("save", name="甲", since="start").status_code == 302
    assert second.post("save", name="乙", since="start").status_code == 409
    assert third.post("save", name="丙", since="start").status_code == 409
    assert second.post("preview", name="乙").status_code == 200
    assert second.post("save").status_code == 302
    # the third chose against the first's, and meets the second's
    clash = third.post("preview", name="丙")
    assert clash.status_code == 409 and "乙" in clash.text and "bureau_head某" in clash.text
    assert third.post("preview", name="丙").status_code == 200
    assert third.post("save").status_code == 302
    assert project(filled).name == "丙"


def test_the_same_change_twice_is_made_once(client: Client, filled: Flask) -> None:
    mine, theirs = Desk(client("staff")).open(), Desk(client("reviewer")).open()
    assert theirs.post("save", **SITE).status_code == 302
    before = recorded(filled)
    answer = mine.post("save", **SITE)
    assert answer.status_code == 400 and "没有任何改动" in answer.text
    assert recorded(filled) == before


def test_restored_while_edited(client: Client, filled: Flask) -> None:
    editor = client("reviewer")
    assert Desk(editor).open().post("save", **SITE).status_code == 302
    event = last_event(filled)
    mine = Desk(client("staff")).open()
    restore = Desk(editor, f"/projects/P1/history/{event}/restore").open()
    assert restore.post("preview").status_code == 200
    assert restore.post("save").status_code == 302
    answer = mine.post("save", site_street="jinghe", since="day", valid_from="2021-06-02")
    assert answer.status_code == 409 and "走马岭街" in answer.text
    assert mine.post("preview", site_street="jinghe").status_code == 200


def test_a_right_that_went_away_meanwhile(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    mine = Desk(visitor).open()
    assert (
        Desk(client("reviewer"))
        .open()
        .post("save", attracted_by="gx", named_major="", since="start")
        .status_code
        == 302
    )
    with filled.app_context():
        named = {"named_major": "", "since": "day", "valid_from": "2021-03-15"}
    assert Desk(client("reviewer")).open().post("save", **named).status_code == 302
    before = recorded(filled)
    for step in ("preview", "save", "back"):
        refused = visitor.post("/projects/P1/edit", data=mine.sent | {"name": "丁", "step": step})
        assert refused.status_code == 403 and "招商、实属或应属单位" in refused.text
    assert recorded(filled) == before


def test_an_account_closed_meanwhile_saves_nothing(client: Client, filled: Flask) -> None:
    visitor = client("reviewer")
    mine = Desk(visitor).open()
    before = recorded(filled)
    with filled.app_context(), transaction():
        db.session.query(User).filter_by(login="reviewer").one().active = False
    answer = visitor.post(
        "/projects/P1/edit", data=mine.sent | {"name": "丁", "step": "save", "since": "start"}
    )
    assert answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
    assert recorded(filled) == before


def test_a_version_that_never_was(client: Client, filled: Flask) -> None:
    mine = Desk(client("reviewer")).open()
    before = recorded(filled)
    for version in ("", "0", "999999", "-1", "x", "9" * 30):
        answer = mine.client.post(
            "/projects/P1/edit", data=mine.sent | {"version": version, "name": "丁", "step": "save"}
        )
        assert answer.status_code == 400 and "已经失效" in answer.text
    assert recorded(filled) == before


def at_once(app: Flask, client: Client, tasks: list[Any]) -> list[int]:
    """The answers to requests sent at the same time."""
    found: list[int] = [0] * len(tasks)
    barrier = threading.Barrier(len(tasks))

    def run(place: int, send: Any) -> None:
        barrier.wait()
        found[place] = send().status_code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_of_two_at_the_same_instant_one_saves_and_one_is_asked(client: Client, filled: Flask) -> None:
    desks = [Desk(client(role)).open() for role in ("reviewer", "bureau_head")]
    tasks = [
        (lambda desk=desk, name=name: desk.post("save", name=name, since="start"))
        for desk, name in zip(desks, "甲乙", strict=True)
    ]
    assert sorted(at_once(filled, client, tasks)) == [302, 409]
    assert project(filled).name in ("甲", "乙")


def test_one_number_is_registered_once_even_at_the_same_instant(client: Client, filled: Flask) -> None:
    facts = {"name": "新项目", "industry_code": "5931", "attracted_by": "lk", "signed_on": "2021-06-01"}
    desks = [Desk(client(role), "/projects/new").open() for role in ("reviewer", "bureau_head")]
    tasks = [(lambda desk=desk: desk.post("save", **facts)) for desk in desks]
    assert sorted(at_once(filled, client, tasks)) == [302, 400]
    with filled.app_context():
        assert db.session.query(Project).filter_by(name="新项目").count() == 1
