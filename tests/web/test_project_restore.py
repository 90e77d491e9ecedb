"""Restoring: what a change replaced holds again as a new entry, after a look, and history stays as it was."""

from __future__ import annotations

from flask import Flask

from crm.actions import ACTIONS
from crm.db import db
from crm.models import AuditEvent, ProjectFacts
from tests.web.conftest import Client
from tests.web.editing import Desk, project, recorded
from tests.web.test_project_conflicts import last_event


def change(client: Client, **facts: str) -> None:
    """The reviewer changes P1."""
    assert Desk(client("reviewer")).open().post("save", **facts).status_code == 302


def restore(client: Client, event: int, role: str = "reviewer") -> Desk:
    """The page that restores what a change replaced."""
    return Desk(client(role), f"/projects/P1/history/{event}/restore").open()


def test_the_old_value_holds_again_from_the_same_day(client: Client, filled: Flask) -> None:
    change(client, site_street="cihui", since="day", valid_from="2021-06-01")
    event = last_event(filled)
    versions = recorded(filled)[0]
    desk = restore(client, event)
    assert desk.sent["since"] == "day" and desk.sent["valid_from"] == "2021-06-01"
    preview = desk.post("preview")
    assert "慈惠街" in preview.text and "走马岭街" in preview.text and "安全生产" in preview.text
    assert recorded(filled)[0] == versions
    assert desk.post("save").status_code == 302
    page = client("reviewer").get("/projects/P1").text
    assert "恢复项目事实" in page and page.count("恢复变更前") >= 2
    with filled.app_context():
        rows = db.session.query(ProjectFacts).filter_by(project_id=1).order_by(ProjectFacts.id).all()
        assert len(rows) == versions - 3 + 1, "the other three projects have a version each"
        made = db.session.get(AuditEvent, last_event(filled))
        assert made is not None and made.action == "project.restored" and made.detail["restores"] == event
        assert made.actor is not None and made.actor.login == "reviewer"
    assert ACTIONS["project.restored"].moves_attribution


def test_what_was_restored_can_be_restored_in_turn(client: Client, filled: Flask) -> None:
    change(client, name="甲项目", since="start")
    assert restore(client, last_event(filled)).post("save").status_code == 302
    assert project(filled).name == "芯片封装项目"
    assert restore(client, last_event(filled)).post("save").status_code == 302
    assert project(filled).name == "甲项目"


def test_nothing_to_restore_is_said(client: Client, filled: Flask) -> None:
    change(client, name="甲项目", since="start")
    event = last_event(filled)
    assert restore(client, event).post("save").status_code == 302
    before = recorded(filled)
    again = restore(client, event).post("save")
    assert again.status_code == 400 and "没有什么要恢复" in again.text
    assert recorded(filled) == before


def test_what_would_break_a_check_is_refused(client: Client, filled: Flask) -> None:
    change(client, completed_on="2021-05-01", construction_started_on="2021-04-01", since="start")
    event = last_event(filled)
    change(client, completed_on="", signed_on="2021-03-01", construction_started_on="", since="start")
    change(client, signed_on="2021-05-20", since="start")
    # before the first change construction had started on 1 May 2020: earlier than the signing of now
    before = recorded(filled)
    answer = restore(client, event).post("save")
    assert answer.status_code == 400 and "早于前一个日期" in answer.text
    assert recorded(filled) == before


def test_from_another_day(client: Client, filled: Flask) -> None:
    change(client, site_street="cihui", since="start")
    desk = restore(client, last_event(filled))
    assert desk.sent["since"] == "start"
    assert desk.post("save", since="day", valid_from="2021-05-01").status_code == 302
    visitor = client("reviewer")
    assert (
        "慈惠街"
        in visitor.get("/projects/P1?on=2021-04-30")
        .text.partition('id="facts"')[2]
        .partition("</section>")[0]
    )
    assert (
        "走马岭街" in visitor.get("/projects/P1").text.partition('id="facts"')[2].partition("</section>")[0]
    )
    for day, said in (("", "请填写从哪天起"), ("2021-02-30", "不是日期"), ("2021-06-04", "晚于今天")):
        answer = restore(client, last_event(filled)).post("preview", since="day", valid_from=day)
        assert answer.status_code == 400 and said in answer.text


def test_the_first_registration_and_another_projects_change_are_not_restored(
    client: Client, filled: Flask
) -> None:
    with filled.app_context():
        first = db.session.query(AuditEvent).filter_by(action="project.registered").first()
        assert first is not None
        own, other = (
            first.id,
            db.session.query(AuditEvent).filter_by(action="project.registered").all()[-1].id,
        )
    visitor = client("reviewer")
    answer = visitor.get(f"/projects/P1/history/{own}/restore")
    assert answer.status_code == 400 and "首次登记之前" in answer.text
    assert visitor.get(f"/projects/P1/history/{other}/restore").status_code == 404
    assert (
        visitor.post(
            f"/projects/P1/history/{other}/restore", data={"step": "save", "since": "start"}
        ).status_code
        == 404
    )


def test_another_units_people_restore_nothing(client: Client, filled: Flask) -> None:
    assert (
        Desk(client("reviewer"), "/projects/P2/edit")
        .open()
        .post("save", name="食品二厂", since="start")
        .status_code
        == 302
    )
    event = last_event(filled)
    before = recorded(filled)
    visitor = client("staff")
    path = f"/projects/P2/history/{event}/restore"
    assert visitor.get(path).status_code == 403
    assert visitor.post(path, data={"step": "save", "since": "start", "version": "1"}).status_code == 403
    assert "恢复变更前" not in visitor.get("/projects/P2").text
    assert recorded(filled) == before
    with filled.app_context():
        mark = db.session.query(AuditEvent).filter_by(action="project.facts_set").first()
        assert mark is not None
        number = mark.id
    answer = visitor.post(
        f"/projects/P1/history/{number}/restore",
        data={"step": "save", "since": "day", "valid_from": "2021-03-15"},
    )
    assert answer.status_code == 403 and "只能由区商务局设定" in answer.text
    assert recorded(filled) == before
