"""Two confirmations of one batch, or one beside its way back, in the same second: it takes effect once, whole, or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import Refused, Stale
from crm.models import Holding, Job, Transfer, TransferBatch
from crm.services import batch_effect, batch_signing, batches
from tests.databases import Database
from tests.services.batching import TODAY, confirmed, database, person, signed
from tests.services.test_reassignments_at_once import together

__all__ = ["database"]


@pytest.fixture
def books(session: Any) -> Any:
    with clock.at(TODAY):
        yield session


def effect(number: int) -> TransferBatch:
    batch_effect.put_into_effect(number, 1, actor=person("bureau_head"))
    return batches.by_id(number)


def moved() -> int:
    return db.session.query(Holding).filter(Holding.transfer_id.is_not(None)).count()


def test_two_confirm_at_once(books: Any, database: Database, tmp_path: Path) -> None:
    batch = signed()
    number, version = batch.id, batch.version
    verb = lambda: batch_signing.confirm(number, version=version, actor=person("bureau_head"))  # noqa: E731
    found = together(database, tmp_path, [verb, verb])
    assert sorted(type(one).__name__ for one in found) == ["Stale", "str"], found
    assert db.session.query(Job).filter_by(kind="batch.confirm").count() == 1


def test_it_takes_effect_twice_at_once(books: Any, database: Database, tmp_path: Path) -> None:
    number = confirmed().id
    found = together(database, tmp_path, [lambda: effect(number), lambda: effect(number)])
    assert found == ["confirmed", "confirmed"] and moved() == 4
    assert db.session.query(Transfer).filter_by(state="confirmed").count() == 4


@pytest.mark.parametrize("way_back", ["withdraw", "send_back"])
def test_it_takes_effect_or_goes_back_and_never_both(
    books: Any, database: Database, tmp_path: Path, way_back: str
) -> None:
    batch = signed()
    number, version = batch.id, batch.version
    service: Any = batches if way_back == "withdraw" else batch_signing
    back = lambda: getattr(service, way_back)(number, version=version, note="不", actor=person("bureau_head"))  # noqa: E731
    found = together(database, tmp_path, [lambda: effect(number), back])
    assert [type(one) for one in found if not isinstance(one, str)] in ([Stale], [Refused]), found
    state = db.session.query(TransferBatch.state).scalar()
    assert state in found
    assert moved() == (4 if state == "confirmed" else 0)
    open_ones = db.session.query(Transfer).filter_by(state="confirming").count()
    assert open_ones == (4 if state == "drafting" else 0)
