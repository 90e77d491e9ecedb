"""What the database says of a batch at once is what looking at its transfers one by one says."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import false, select

from crm import clock
from crm.models import CarryOver, Decision, Holding, Outcome, Project, Transfer
from crm.services import (
    batch_changes,
    batch_grounds,
    batch_totals,
    history,
    standing,
    transfer_effects,
    units,
)
from tests.services.batching import NOTICE, TODAY, database, drawn_up, multiply, person

__all__ = ["database"]

SOME = 60
UNITS = ("jd", "cihui", "sy")


@pytest.fixture
def books(session: Any) -> Any:
    with clock.at(TODAY):
        yield session


def disturb(books: Any, chance: random.Random, project_id: int) -> None:
    """Has the books say something else of a project, from a day before, on or after that of the transfer."""
    ids = {unit.code: unit.id for unit in units.all_units()}
    event = history.record("month.closed", actor=None, month="2021-04")
    outcomes = sorted(books.scalars(select(Outcome.id)))
    for _ in range(chance.choice((1, 1, 2, 3))):
        day = chance.choice((date(2018, 5, 1), NOTICE, date(2020, 12, 9), TODAY, TODAY + timedelta(days=40)))
        first, second = (ids[chance.choice(UNITS)] for _duty in range(2))
        both = {"indicators_id": first, "enterprise_service_id": chance.choice((first, second))}
        stamp = {"project_id": project_id, "from_day": day, "event_id": event.id}
        if chance.random() < 0.5:
            books.add(Holding(recorded_at=clock.now(), **stamp, **both))
        else:
            status = chance.choice(("decided", "decided", "undetermined"))
            outcome = chance.choice(outcomes)
            books.add(Decision(recorded_at=clock.now(), status=status, outcome_id=outcome, **stamp, **both))
        books.flush()


def test_at_once_and_one_by_one_say_the_same(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    multiply("P000", SOME)
    batch, reviewer = drawn_up(), person("reviewer")
    chance = random.Random(20210603)
    moved = books.query(Transfer).filter_by(batch_id=batch.id).order_by(Transfer.id).all()
    for one in chance.sample(moved[1:], SOME * 2 // 3):
        disturb(books, chance, one.project_id)
        if chance.random() < 0.2:
            one.indicators = chance.random() < 0.5
            one.enterprise_service = not one.indicators
    moved[0].rule = "3.1-sme-city"
    for one in chance.sample(moved[1:], 5):
        one.since += timedelta(days=chance.choice((-40, 1, 40)))
    books.flush()
    standing.refresh([one.project_id for one in moved])
    whole = transfer_effects.of(transfer_effects.moves(Transfer.batch_id == batch.id), reviewer)
    at_once, effects = batch_changes.changed(batch), batch_totals.of_batch(batch, reviewer)
    sure = (
        books.query(Transfer).join(Project).filter(batch_grounds.stand(), batch_grounds.stand_since()).count()
    )
    monkeypatch.setattr(batch_grounds, "stand", false)
    assert at_once == batch_changes.changed(batch)
    assert effects == whole and effects.carried
    assert {"settled", "another", "since", "rule"} <= Counter(one.change for one in at_once).keys()
    assert 0 < sure < len(moved) - len(at_once), "some are sure, some doubtful and yet the same"
    assert books.query(CarryOver).count() == 0
