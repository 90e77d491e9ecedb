"""From the first day of a succession the successor acts for the unit that ceases: fills in, signs, declines, is reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refused
from crm.models import Transfer, Unit
from crm.services import (
    desk,
    handover,
    handover_entry,
    people,
    successions,
    transfer_checks,
    transfer_clocks,
    transfer_rights,
    transfers,
)
from crm.services.attachments import subject
from tests.services.offering import person
from tests.services.transferring import TODAY, begin, complete, proposed

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def made(session: Any) -> Iterator[Transfer]:
    """An open transfer from gx to jinghe; from today on sy answers for gx."""
    with clock.at(TODAY):
        begin()
        found = proposed("gx2")
        succeed("gx")
        yield found


def succeed(code: str, successor: str = "sy") -> None:
    gx, sy = (db.session.query(Unit).filter_by(code=one).one() for one in (code, successor))
    successions.succeed(gx, sy, valid_from=TODAY, basis="机构改革", actor=None)


def waits(login: str) -> tuple[list[str], int, int]:
    """What a person's desk, and the front page, say waits."""
    user = person(login)
    found = transfer_clocks.waiting_for(user)
    return [task.step for task in desk.tasks(user)], found.to_fill, found.to_sign


def steps(made: Transfer, login: str) -> frozenset[str]:
    user = person(login)
    return transfer_rights.steps(made, user, successions.acts_for(user.unit_id))


def test_the_successor_fills_in_sends_and_signs(made: Transfer) -> None:
    with clock.at(TODAY - timedelta(days=1)):
        assert waits("gx") == (["fill"], 1, 0) and waits("sy") == ([], 0, 0)
    assert waits("gx") == ([], 0, 0) and waits("sy") == (["fill"], 1, 0) == waits("sy2")
    assert steps(made, "gx") == set()
    assert steps(made, "sy") == {"fill", "send", "decline", "take_up"}
    assert transfer_rights.reads_list(made, person("gx")), "what was the unit's it goes on reading"
    assert transfer_rights.reads_list(made, person("sy"))
    assert subject("transfers", made.id, person("sy"), change=True) is made
    complete(made)
    for verb in (transfers.send, transfers.take_up):
        with pytest.raises(NotAllowed):
            verb(made.id, version=made.version, actor=person("gx"))
    with pytest.raises(NotAllowed):
        transfers.decline(made.id, version=made.version, note="x", actor=person("gx"))
    with pytest.raises(NotAllowed):
        entry = handover_entry.Entry("tasks", "x", "ready")
        handover.add_item(made.id, entry, actor=person("gx2"))
    with pytest.raises(Refused, match="同一单位"), db.session.begin_nested():
        people.close_user(person("gx2"), actor=None, to=person("gx"))
    people.close_user(person("gx2"), actor=None, to=person("sy2"))
    assert made.giver == person("sy2")
    transfers.send(made.id, version=made.version, actor=person("sy"))
    succeed("jinghe")
    assert waits("jinghe") == ([], 0, 0) and waits("sy") == (["sign"], 0, 1)
    transfers.take_up(made.id, version=made.version, actor=person("sy2"))
    assert made.receiver == person("sy2"), "of both sides it looks after, that whose step it is"
    transfers.sign(made.id, version=made.version, actor=person("sy"))
    signed = transfer_checks.signatures(made)
    assert {side: one.unit.code for side, one in signed.items() if one.unit} == {
        "giving": "sy",
        "receiving": "sy",
    }


def test_the_successor_declines_and_proposes(made: Transfer) -> None:
    transfers.decline(made.id, version=made.version, note="不同意", actor=person("sy"))
    with pytest.raises(NotAllowed):
        proposed("gx")
    again = proposed("sy")
    assert (again.giver, again.receiver) == (person("sy"), None)
