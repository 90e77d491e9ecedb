"""The demonstration in the books: entered through services, event by event, on both databases."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm import clock, create_app
from crm.db import db
from crm.models import ROLES, AuditEvent, Project, ProjectFacts, ProjectReport
from crm.periods import ALWAYS
from crm.seeds import accounts, demonstration
from crm.services import attribution, books, dues, passwords, people, projects
from crm.sheets.vocabulary import rows
from tests import databases
from tests.conftest import BOTH

SECONDS = 60


def number_of(name: str) -> str:
    """The number of the demonstration's project of this name."""
    return next(line["项目编号"] for line in rows("demonstration/projects.csv") if line["项目名称"] == name)


def project(name: str) -> Project:
    """The project registered under this name."""
    return db.session.scalars(select(Project).where(Project.number == number_of(name))).one()


@pytest.fixture(scope="module", params=BOTH)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on the demonstration, as the first start of `crm run` left it, or loaded here into PostgreSQL;
    tests only read.
    """
    instance = tmp_path_factory.mktemp("demonstration") / "instance"
    with ExitStack() as stack:
        if request.param == "sqlite":
            shutil.copytree(request.getfixturevalue("demonstration_start") / "instance", instance)
            database = databases.sqlite(instance / "demonstration.db")
        else:
            database = stack.enter_context(request.getfixturevalue("postgresql").fresh())
        app = create_app(database.settings(instance))
        with app.app_context():
            if request.param == "postgresql":
                started = time.monotonic()
                assert demonstration.load() is True
                # Far more than it needs, so that a busy machine does not fail it.
                assert time.monotonic() - started < SECONDS
        yield app
        with app.app_context():
            db.engine.dispose()


def test_it_is_loaded_once(loaded: Flask) -> None:
    with loaded.app_context():
        assert db.session.scalar(select(func.count()).select_from(Project)) == 150
        events = db.session.scalar(select(func.count()).select_from(AuditEvent))
        assert demonstration.load() is False
        assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == events

        opened = books.books()
        assert opened is not None
        assert (opened.kind, opened.business_day) == ("demonstration", date(2021, 6, 3))
        assert clock.today() == date(2021, 6, 3)


def test_every_event_has_its_own_instant_before_the_business_day(loaded: Flask) -> None:
    with loaded.app_context():
        midnight = datetime.combine(demonstration.BUSINESS_DAY, datetime.min.time(), clock.SHANGHAI)
        moves = list(db.session.scalars(select(AuditEvent).where(AuditEvent.action.like("project.%"))))
        assert len({event.at for event in moves}) == len(moves)
        assert max(event.at for event in moves) < midnight
        assert all(clock.shanghai(event.at).date() == event.business_day for event in moves)
        facts = list(db.session.scalars(select(ProjectFacts).order_by(ProjectFacts.id)))
        assert [row.recorded_at for row in facts] == sorted(row.recorded_at for row in facts)


def test_the_books_end_as_the_files_say(loaded: Flask) -> None:
    last = {(c["number"], c["fact"]): c["value"] for c in rows("demonstration/changes.csv")}
    with loaded.app_context():
        for line in rows("demonstration/projects.csv"):
            found = db.session.scalars(select(Project).where(Project.number == line["项目编号"])).one()
            assert found.invented == line["invented"].split(";")
            assert found.name == last.get((found.number, "name"), line["项目名称"])
            for fact, column in (("construction_started_on", "开工日期"), ("completed_on", "建成投产日期")):
                text = last.get((found.number, fact), line[column])
                assert getattr(found, fact) == (date.fromisoformat(text) if text else None), (
                    found.number,
                    fact,
                )
            street = last.get((found.number, "site_street"), line["选址街道"])
            assert (found.site_street.name if found.site_street else "") == street
            assert attribution.decided(found), f"{found.number} has no decision"
        assert db.session.scalar(select(func.count()).select_from(ProjectReport)) == len(
            rows("demonstration/reports.csv")
        )


def test_a_site_chosen_later_is_not_known_earlier(loaded: Flask) -> None:
    with loaded.app_context():
        found = project("储能变流器生产项目")
        versions = projects.facts_history(found)
        assert [row.valid_from for row in versions] == [ALWAYS, date(2021, 4, 8)]
        assert versions[0].site_street_id is None
        statuses = [(row.from_day, row.status) for row in attribution.decided(found)]
        assert statuses == [(date(2021, 1, 18), "provisional"), (date(2021, 4, 8), "decided")]


def test_a_correction_counts_from_the_beginning_but_was_not_known(loaded: Flask) -> None:
    with loaded.app_context():
        found = project("伺服电机生产线")
        before = attribution.decided(found, datetime(2020, 7, 1, tzinfo=clock.SHANGHAI))
        now = attribution.decided(found)
        assert [row.from_day for row in before] == [row.from_day for row in now] == [date(2020, 4, 27)]
        assert before[0].indicators_id != now[0].indicators_id
        assert now[0].indicators_id == found.site_street_id


def test_a_later_correction_leaves_an_earlier_change_of_capital(loaded: Flask) -> None:
    with loaded.app_context():
        found = project("冷链物流枢纽")
        assert found.total_investment_fen == 6 * 10**10
        assert found.completed_on == date(2021, 5, 11)


def test_there_is_an_account_for_every_role_and_its_password_opens_it(loaded: Flask) -> None:
    instance = Path(str(loaded.config["INSTANCE"]))
    file = instance / demonstration.ACCOUNTS_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    written = accounts.read(file)
    assert {account.role for account in written} == set(ROLES)
    assert len({account.password for account in written}) == len(written)
    with loaded.app_context():
        for account in written:
            user = people.user_by_login(account.login)
            assert user is not None and (user.role, user.name) == (account.role, account.name)
            assert passwords.matches(user.password_hash, account.password)
            assert not user.must_change_password, "they are handed out to be tried"
        heads = {
            person.unit_id
            for one in written
            if (person := people.user_by_login(one.login)) and person.role == "unit_head"
        }
        sides = [column for pair in dues.PAIRS.values() for column in pair]
        due = db.session.execute(select(*sides).where(Project.due_since.is_not(None))).all()
        assert due and {unit_id for row in due for unit_id in row if unit_id} <= heads, "they can all sign"
    assert accounts.read(instance / "elsewhere") == []
