"""The revision that chains the log: events that were there before it find their place, however many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from crm import chain, create_app
from crm.config import engine_options
from crm.db import db, downgrade, meaning_to_write, upgrade
from crm.models import AuditEvent
from tests.databases import Database

DETAIL = {"name": "项目\u0000", "rows": 3, "list": [1, None, True], "inner": {"b": 1.5, "a": "é"}}


@pytest.fixture
def older(empty_database: Database, tmp_path: Path) -> Iterator[Flask]:
    """Books before the chain, with five thousand events."""
    app = create_app(empty_database.settings(tmp_path / "instance"))
    upgrade(app, "0003")
    engine = create_engine(empty_database.owner_url, **engine_options(empty_database.owner_url))
    with engine.connect() as connection, meaning_to_write():
        connection.execute(
            text(
                "INSERT INTO audit_events (at, business_day, action, subject_type, subject_id, detail) "
                "VALUES (:at, '2021-06-03', 'project.registered', 'projects', :number, :detail)"
            ),
            [
                {
                    "at": datetime(2021, 6, 3, 1, 2, 3, number, UTC).isoformat(" ", "microseconds")[
                        : 26 if engine.dialect.name == "sqlite" else None
                    ],
                    "number": number,
                    "detail": json.dumps(DETAIL),
                }
                for number in range(5_000)
            ],
        )
        connection.commit()
    engine.dispose()
    yield app
    with app.app_context():
        db.engine.dispose()


def test_events_that_were_there_are_chained(older: Flask) -> None:
    upgrade(older)
    with older.app_context():
        previous = chain.FIRST
        events = db.session.query(AuditEvent).order_by(AuditEvent.id).all()
        assert len(events) == 5_000
        for event in events:
            assert event.previous == previous
            previous = chain.digest(
                previous,
                at=event.at,
                business_day=event.business_day,
                actor_id=event.actor_id,
                action=event.action,
                subject_type=event.subject_type,
                subject_id=event.subject_id,
                detail=event.detail,
            )
            assert event.digest == previous
        db.session.remove()
    downgrade(older, "0003")
    with older.app_context():
        assert db.session.execute(text("SELECT count(*) FROM audit_events")).scalar_one() == 5_000
        with pytest.raises(DBAPIError, match="insert-only|permission denied"):
            db.session.execute(text("DELETE FROM audit_events"))
        db.session.rollback()


def test_a_digest_is_what_it_was_when_the_first_chain_was_begun() -> None:
    """Written down once: whoever changes how it is worked out breaks every chain there is."""
    found = chain.digest(
        chain.FIRST,
        at=datetime(2021, 6, 3, 1, 2, 3, 4, UTC),
        business_day=datetime(2021, 6, 3).date(),
        actor_id=7,
        action="project.registered",
        subject_type="projects",
        subject_id=1,
        detail={"number": "一号"},
    )
    assert found == "a660dd25c85f589b471a69fd383db4346f9e731beb305d27832697411b14e68c"
