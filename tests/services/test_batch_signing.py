"""Who signs a batch, and what stands against a signature: a unit that was succeeded, a month that was closed since."""

from __future__ import annotations

from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import Refused, Stale
from crm.periods import Month
from crm.services import batch_effect, batch_signers, batch_signing, batches, months, successions, units
from tests.services.batching import HEADS, TODAY, database, person, sent

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def books(session: Any) -> Any:
    with clock.at(TODAY):
        yield session


def test_a_month_closed_after_a_signature_has_the_batch_signed_again(books: Any) -> None:
    batch = sent()
    first, *others = batch_signers.signers(batch)
    logins = {unit.id: unit.code for unit in units.all_units()}
    batch_signing.sign(batch.id, version=batch.version, actor=person(logins[first]))
    months.close(Month(2021, 5), actor=None)
    with pytest.raises(Stale, match="签署以后月结"):
        batch_signing.sign(batch.id, version=batch.version, actor=person(logins[others[0]]))
    batch_signing.send_back(batch.id, version=batch.version, note="五月已月结", actor=person("reviewer"))
    batches.send(batch.id, version=batch.version, actor=person("reviewer"))
    for unit_id in (first, *others):
        batch_signing.sign(batch.id, version=batch.version, actor=person(logins[unit_id]))
    with db.session.begin_nested() as nested:
        months.close(Month(2021, 6), actor=None)
        with pytest.raises(Refused, match="签署以后月结"):
            batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))
        with pytest.raises(Refused, match="签署以后月结"):
            batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head"))
        nested.rollback()
    batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head"))
    assert batch.state == "confirmed"


def test_a_batch_waits_for_the_successor_of_a_unit_that_signs(books: Any) -> None:
    batch = sent()
    successions.succeed(
        units.unit_by_code("jd"), units.unit_by_code("sy"), valid_from=TODAY, basis="x", actor=None
    )
    codes = {unit.id: unit.code for unit in units.all_units()}
    signing = {codes[unit_id] for unit_id in batch_signers.signers(batch)}
    assert "jd" not in signing and "sy" in signing
    assert {code for code in HEADS if batch_signing.waiting_for(person(code))} == signing


def test_a_batch_that_nobody_has_to_sign_any_more_waits_for_the_bureau(books: Any) -> None:
    batch = sent()
    codes = {unit.id: unit.code for unit in units.all_units()}
    for unit_id in batch_signers.signers(batch):
        if codes[unit_id] != "jd":
            batch_signing.sign(batch.id, version=batch.version, actor=person(codes[unit_id]))
    batch_signing.go_on()
    assert batch.state == "signing", "jd is missing"
    signed = next(
        code
        for code in HEADS
        if code != "jd" and code in {codes[one] for one in batch_signing.signatures(batch)}
    )
    successions.succeed(
        units.unit_by_code("jd"), units.unit_by_code(signed), valid_from=TODAY, basis="x", actor=None
    )
    batch_signing.go_on()
    assert batch.state == "confirming"
    assert batch in batch_signing.waiting_for(person("bureau_head"))
