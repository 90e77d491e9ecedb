"""Two answers, two offers in the same second: exactly one counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import Refused, Stale
from crm.models import CreditSplit, Reassignment
from crm.services import reassignments
from tests.databases import Database
from tests.services.offering import HALVES, TODAY, begin, lead, made, offer, person


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def together(database: Database, folder: Path, verbs: list[Callable[[], Any]]) -> list[Any]:
    """Each verb in a thread and a connection of its own, begun at one moment; what each gave or raised."""
    db.session.commit()
    app = create_app(database.settings(folder))
    start = threading.Barrier(len(verbs))
    found: list[Any] = [None] * len(verbs)

    def run(index: int, verb: Callable[[], Any]) -> None:
        with app.app_context(), clock.at(TODAY):
            start.wait()
            try:
                with transaction():
                    found[index] = verb().state
            except Refused as refused:
                found[index] = refused
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.engine.dispose()
    db.session.expire_all()
    return found


def test_accepted_declined_and_withdrawn_at_once(small: Any, database: Database, tmp_path: Path) -> None:
    one = made(small, shares=HALVES)
    number, version = one.id, one.version
    found = together(
        database,
        tmp_path,
        [
            lambda: reassignments.accept(number, version=version, actor=person("gx")),
            lambda: reassignments.withdraw(number, version=version, actor=person("jd")),
            lambda: reassignments.decline(number, version=version, note="不", actor=person("gx2")),
        ],
    )
    assert len([one for one in found if isinstance(one, Stale)]) == 2, found
    won = next(one for one in found if isinstance(one, str))
    assert db.session.get(Reassignment, number).state == won  # type: ignore[union-attr]
    assert (lead().unit_id == small.gx.id) == (won == "accepted")
    assert db.session.query(CreditSplit).count() == (won == "accepted")


def test_two_offers_at_once(small: Any, database: Database, tmp_path: Path) -> None:
    number = lead().id
    offers = [offer(small, to="gx"), offer(small, to="sy")]
    found = together(
        database,
        tmp_path,
        [
            lambda: reassignments.propose(number, offers[0], actor=person("jd")),
            lambda: reassignments.propose(number, offers[1], actor=person("jd2")),
        ],
    )
    assert sorted(type(one).__name__ for one in found) == ["Refused", "str"], found
    assert db.session.query(Reassignment).count() == 1
