"""A project passes on when both units signed and the bureau confirmed: each step once, in order, by the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.models import TransferSignature
from crm.periods import Month
from crm.services import months, policy, transfers
from tests.services.offering import person
from tests.services.transferring import (
    COMPLETED,
    SIGNED,
    TODAY,
    begin,
    complete,
    holders,
    project,
    proposed,
    said,
)

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def test_a_project_passes_on_in_four_steps(small: Any) -> None:
    policy.set_value("transfer_sign_days", 3, basis="x", valid_from=TODAY, actor=None)
    months.close(Month(2021, 5), actor=None)
    assert project().due_since == COMPLETED and holders() == [(SIGNED, "gx", "gx")]
    made = complete(proposed())
    assert (made.state, made.rule, made.since, made.duties) == (
        "filling", "3.2-out-of-plate", COMPLETED, ("indicators", "enterprise_service"),
    )  # fmt: skip
    assert (made.from_unit.code, made.to_unit.code, made.due_on) == (
        "gx",
        "jinghe",
        TODAY + timedelta(days=10),
    )
    assert made.receiver == person("jinghe") and made.giver_id is None
    transfers.take_up(made.id, version=made.version, actor=person("gx2"))
    transfers.send(made.id, version=made.version, actor=person("gx"))
    assert (made.state, made.due_on, made.giver) == ("signing", TODAY + timedelta(days=3), person("gx2"))
    transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    assert (made.state, made.due_on) == ("confirming", TODAY + timedelta(days=7))
    assert transfers.open_of(project()) is made and holders() == [(SIGNED, "gx", "gx")]
    transfers.confirm(made.id, version=made.version, actor=person("chief"), day=date(2021, 6, 1))
    assert (made.state, made.effective_day, made.ended_by) == ("confirmed", date(2021, 6, 1), person("chief"))
    assert holders() == [(SIGNED, "gx", "gx"), (date(2021, 6, 1), "jinghe", "jinghe")]
    assert project().due_since is None and project().held_indicators_id == small.jinghe.id
    assert transfers.open_of(project()) is None and transfers.by_id(made.id, person("sy2")) is made
    assert said(made) == ["proposed", "taken_up", "filled", "signed", "confirmed"]
    signed = db.session.query(TransferSignature).order_by(TransferSignature.id).all()
    assert [(one.side, one.unit_id, one.user.login, one.round) for one in signed] == [
        ("giving", small.gx.id, "gx", 1), ("receiving", small.jinghe.id, "jinghe", 1), ("bureau", None, "chief", 1)
    ]  # fmt: skip
    assert len({one.digest for one in signed}) == 1
    with pytest.raises(Refused, match="没有应划转"):
        proposed()
