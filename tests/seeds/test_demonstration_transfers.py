"""The transfers of the demonstration: one at each step, so that every page about them has something to show."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from crm import clock, create_app
from crm.db import db
from crm.models import Attachment, AuditEvent, Project, Transfer, TransferSignature, User
from crm.rules.facts import NOTICE_DAY
from crm.seeds.demonstration import BUSINESS_DAY
from crm.services import batch_contents, desk, handover, holdings, people, units
from crm.sheets.vocabulary import rows
from tests import databases

LINES = rows("demonstration/transfers.csv")
PROJECTS = {line["项目编号"]: line for line in rows("demonstration/projects.csv")}


@pytest.fixture(scope="module")
def books(demonstration_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a copy of the demonstration as a first start leaves it; tests here only read."""
    folder = tmp_path_factory.mktemp("transfers") / "instance"
    instance = shutil.copytree(demonstration_start / "instance", folder)
    app = create_app(databases.sqlite(instance / "demonstration.db").settings(instance))
    with app.app_context():
        yield app
        db.session.rollback()
        db.engine.dispose()


def transfer(number: str) -> Transfer:
    """The only transfer of the project with this number."""
    return db.session.scalars(select(Transfer).join(Project).where(Project.number == number)).one()


def person(login: str) -> User:
    """The person with this login."""
    found = people.user_by_login(login)
    assert found is not None
    return found


def test_what_is_written_bears_its_mark_and_no_real_project_has_any() -> None:
    for line in LINES:
        assert "name" in PROJECTS[line["project"]]["invented"].split(";"), line
        assert not line["text"] or re.search("示例|演示", line["text"]), line
    assert [line["on"] for line in LINES] == sorted(line["on"] for line in LINES)


def test_one_is_at_each_step(books: Flask) -> None:
    found = {one.project.number: one for one in db.session.scalars(select(Transfer))}
    assert {number: (one.state, one.round) for number, one in found.items()} == {
        "XM2020021": ("confirmed", 1),
        "XM2020020": ("signing", 2),
        "XM2019010": ("confirming", 1),
        "XM2020018": ("filling", 1),
        "XM2020009": ("declined", 1),
    }
    late = [number for number, one in found.items() if one.is_open and one.due_on < BUSINESS_DAY]
    assert late == ["XM2020018"]
    for number, one in found.items():
        assert one.rule == "3.2-out-of-plate"
        assert one.since == one.project.completed_on and one.since.year == 2021, number
        assert clock.shanghai(one.proposed_at).date() > one.since


def test_the_confirmed_one_has_passed_on(books: Flask) -> None:
    one = transfer("XM2020021")
    zoumaling, office = units.unit_by_code("zoumaling").id, units.unit_by_code("jd").id
    assert one.effective_day == date(2021, 3, 30)
    assert one.project.due_since is None
    held = [(row.from_day, row.indicators_id, row.enterprise_service_id) for row in holdings.of(one.project)]
    assert held[-1] == (date(2021, 3, 30), zoumaling, zoumaling)
    assert {unit_id for _, *pair in held[:-1] for unit_id in pair} == {office}
    sides = db.session.scalars(select(TransferSignature.side).where(TransferSignature.transfer_id == one.id))
    assert set(sides) == {"giving", "receiving", "bureau"}


def test_the_one_to_be_signed_was_sent_back_and_answered(books: Flask) -> None:
    items = handover.items(transfer("XM2020020"))
    (said,) = [item for item in items if item.remark]
    assert said.section == "problems" and said.answer
    assert handover.lacking_of(items) == []
    assert handover.lacking(transfer("XM2020018")) != []


@pytest.mark.parametrize("login", ["jd-staff", "jd-head", "cihui-head", "reviewer", "bureau-head"])
def test_whoever_can_sign_in_and_has_a_step_finds_one_on_the_desk(books: Flask, login: str) -> None:
    assert desk.tasks(person(login))


def test_the_stock_of_2020_waits_for_its_batch_and_every_unit_has_somebody_to_sign(books: Flask) -> None:
    found = batch_contents.find("stock", NOTICE_DAY, actor=person("reviewer"))
    assert len(found.lines) > 15 and not found.left_out
    heads = {user.unit_id for user in db.session.scalars(select(User)) if user.role == "unit_head"}
    due = db.session.execute(select(Project).where(Project.due_since.is_not(None))).scalars().all()
    assert {unit for line in found.lines for unit in (line.from_unit_id, line.to_unit_id)} <= heads
    assert {one.held_indicators_id for one in due} | {one.indicators_id for one in due} <= heads


def test_nothing_was_done_after_the_business_day_began(books: Flask) -> None:
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action.like("transfer.%"))).all()
    assert len(events) == len(LINES)
    assert max(event.business_day for event in events) < BUSINESS_DAY
    assert db.session.scalar(select(Attachment.id)) is None, "a first start writes no files"
