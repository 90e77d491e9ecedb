"""Whoever gets past the database's own refusals is found: content, a missing entry, order, a cut-off end, a fork."""

from __future__ import annotations

import gettext
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from crm import chain, commands
from crm.commands import audit
from crm.config import engine_options
from crm.db import db, meaning_to_write, transaction
from crm.models import AuditEvent
from crm.services import auditing, history
from tests.databases import Database

Tamper = Callable[..., None]


@pytest.fixture
def log(app: Flask) -> Iterator[Flask]:
    """A log of ten entries."""
    with app.app_context():
        with transaction():
            for number in range(10):
                history.record("project.exported", actor=None, rows=number, day=date(2021, 6, 3))
        yield app
        db.session.rollback()


@pytest.fixture
def tamper(database: Database) -> Tamper:
    """Runs statements as the owner of the tables, with the triggers dropped."""

    def run(*statements: str) -> None:
        # A transaction that still reads would keep the triggers from being dropped.
        db.session.rollback()
        engine = create_engine(database.owner_url, **engine_options(database.owner_url))
        sqlite = engine.dialect.name == "sqlite"
        with engine.connect() as connection, meaning_to_write():
            for name in ("no_update", "no_delete") if sqlite else ("no_change", "no_truncate"):
                on = "" if sqlite else " ON audit_events"
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_events_{name}{on}"))
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()
        engine.dispose()

    return run


def fault(kind: str, number: int, before: int | None) -> auditing.Fault:
    """What a walk should have found."""
    return auditing.Fault(number, before, kind)


def test_a_log_that_nobody_touched_is_whole(log: Flask) -> None:
    found = auditing.walk()
    assert (found.entries, found.fault) == (10, None)
    assert found.digest == history.last_digest() != chain.FIRST


def test_an_empty_log_is_whole(app: Flask) -> None:
    with app.app_context():
        assert auditing.walk() == auditing.Walk(0, chain.FIRST)


@pytest.mark.parametrize(
    "change",
    [
        """detail = '{"rows": 40, "day": "2021-06-03"}'""",
        "detail = '[]'",
        "action = 'brief.printed'",
        "business_day = '2021-06-04'",
        "at = '2021-06-04 00:00:00'",
        "subject_type = 'projects'",
        "subject_id = 9",
        f"digest = '{'0' * 64}'",
    ],
)
def test_changed_content_is_named(log: Flask, tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE audit_events SET {change} WHERE id = 5")
    found = auditing.walk()
    assert (found.entries, found.fault) == (4, fault(auditing.CHANGED, 5, 4))


def test_an_entry_rewritten_with_its_own_digest_is_found_by_the_next(log: Flask, tamper: Tamper) -> None:
    event = db.session.get_one(AuditEvent, 5)
    own = chain.digest(
        event.previous,
        at=event.at,
        business_day=event.business_day,
        actor_id=None,
        action=event.action,
        subject_type=None,
        subject_id=None,
        detail={},
    )
    tamper(f"UPDATE audit_events SET detail = '{{}}', digest = '{own}' WHERE id = 5")
    assert auditing.walk().fault == fault(auditing.MISSING, 6, 5)


def test_a_missing_entry_is_named(log: Flask, tamper: Tamper) -> None:
    tamper("DELETE FROM audit_events WHERE id = 5")
    assert auditing.walk().fault == fault(auditing.MISSING, 6, 4)
    tamper("DELETE FROM audit_events WHERE id = 1")
    assert auditing.walk().fault == fault(auditing.BEHEADED, 2, None)


def test_entries_that_changed_places_are_named(log: Flask, tamper: Tamper) -> None:
    tamper(
        "UPDATE audit_events SET id = 99 WHERE id = 5",
        "UPDATE audit_events SET id = 5 WHERE id = 6",
        "UPDATE audit_events SET id = 6 WHERE id = 99",
    )
    assert auditing.walk().fault == fault(auditing.ORDER, 5, 4)


def test_an_end_cut_off_is_found_with_a_digest_noted_before(log: Flask, tamper: Tamper) -> None:
    noted = auditing.walk().digest
    assert auditing.walk(noted).place == 10
    tamper("DELETE FROM audit_events WHERE id >= 10")
    found = auditing.walk(noted)
    assert (found.entries, found.place, found.fault) == (9, None, None)


def test_the_database_itself_refuses_a_fork(log: Flask) -> None:
    event = db.session.get_one(AuditEvent, 9)
    copied = {
        column.name: getattr(event, column.name)
        for column in AuditEvent.__table__.columns
        if column.name != "id"
    }
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(insert(AuditEvent), copied)


def test_writers_at_once_wait_for_one_another(log: Flask) -> None:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(20):
                with log.app_context(), transaction():
                    history.record("project.exported", actor=None, rows=number)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = auditing.walk()
    assert (failed, found.entries, found.fault) == ([], 90, None)


def test_twenty_thousand_entries_in_a_second_or_so(app: Flask) -> None:
    previous = chain.FIRST
    rows: list[dict[str, Any]] = []
    for number in range(20_000):
        fields: dict[str, Any] = {
            "at": datetime(2021, 6, 3, tzinfo=UTC),
            "business_day": date(2021, 6, 3),
            "actor_id": None,
            "action": "project.facts_set",
            "subject_type": "projects",
            "subject_id": number,
            "detail": {"valid_from": "2021-06-03", "after": {"name": "项目"}},
        }
        own = chain.digest(previous, **fields)
        rows.append({**fields, "previous": previous, "digest": own})
        previous = own
    with app.app_context():
        with transaction():
            db.session.execute(insert(AuditEvent), rows)
        began = time.process_time()
        assert auditing.walk() == auditing.Walk(20_000, previous)
        assert time.process_time() - began < 4
        db.session.rollback()


def verify(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    ran = CliRunner().invoke(audit.command, ["verify", *arguments])
    db.session.rollback()
    return ran.exit_code, ran.output


def test_the_command(log: Flask, tamper: Tamper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "opened", lambda: nullcontext(log))
    # whatever language another test of this process had the terminal speak
    monkeypatch.setattr(commands, "_catalogue", gettext.NullTranslations)
    noted = auditing.walk().digest
    db.session.rollback()
    code, output = verify()
    assert code == 0 and "共10条" in output and noted in output
    code, output = verify("--expect", f" {noted.upper()} ")
    assert code == 0 and "共11条" in output and "第10条，其后又有1条" in output
    assert verify("--expect", "abc")[0] == 2
    code, output = verify("--expect", "0" * 64)
    assert code == 1 and "不在其中" in output
    tamper("UPDATE audit_events SET subject_id = 9 WHERE id = 5")
    code, output = verify()
    assert code == 1 and "第5条的内容被改动过" in output and "4条完好" in output
