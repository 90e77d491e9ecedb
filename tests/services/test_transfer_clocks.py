"""Transfers and the days: what is late, what the system does of itself, what waits for whom, and who leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements, db
from crm.errors import NotAllowed, Refused, Stale
from crm.models import Transfer, TransferBatch
from crm.services import (
    people,
    policy,
    posts,
    standing,
    transfer_clocks,
    transfer_overtaking,
    transfer_rights,
    transfers,
)
from crm.services.books import open_books
from crm.services.open_work import open_work, release
from tests.services.offering import person
from tests.services.transferring import (
    COMPLETED,
    TODAY,
    begin,
    books,
    brought,
    change,
    project,
    proposed,
    register,
    said,
)

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


@sqlite_only
def test_what_nobody_noticed_yet_is_too_late_and_ends_with_the_day(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register("P2")
    stays = proposed(number="P2")
    made = brought("confirming")
    register("P3")
    listed = proposed(number="P3")
    listed.batch = TransferBatch(
        kind="street_move", title="一批", day=TODAY, basis="x", due_on=TODAY,
        held_by_id=person("chief").id, drawn_up_by_id=person("chief").id,
    )  # fmt: skip
    with monkeypatch.context() as patched:
        # as an import does, which enters thousands at once
        patched.setattr(transfer_overtaking, "overtake", lambda ids, actor: [])
        change("completed_on", None)
        change("completed_on", None, number="P3")
    before = books()
    with pytest.raises(Stale, match="将终止"):
        transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert books() == before
    after: int | None = 0
    while after is not None:
        after = transfer_overtaking.overtake_some(after=after, most=1)
    assert (made.state, stays.state) == ("overtaken", "filling")
    assert listed.state == "filling", "the batch says what of it lost its ground"
    with pytest.raises(Refused, match="划转批次里"):
        proposed(number="P3")
    with pytest.raises(Refused, match="在划转批次中办理"):
        transfers.send(listed.id, version=listed.version, actor=person("gx"))


@sqlite_only
def test_the_system_proposes_what_nobody_did_in_time(small: Any) -> None:
    for number in ("P2", "P3", "P4"):
        register(number)
    # 一是: stock in another office's plate is left to the bureau's batch
    stock = {"signed_on": date(2018, 1, 1), "completed_on": date(2019, 1, 1), "served_by": "gx"}
    assert register("P5", **stock).due_since is not None
    # no batch takes what is named after the notice: the system does, as any other
    register("P6", completed_on=None)
    change("named_major", "boe", valid_from=COMPLETED, number="P6")
    refused = proposed(number="P2")
    transfers.decline(refused.id, version=refused.version, note="争议", actor=person("gx"))
    busy = proposed(number="P3")
    policy.set_value("transfer_due_days", 60, basis="x", valid_from=TODAY, actor=None)
    assert transfer_clocks.propose_overdue(after=0, most=10) is None
    assert {t.id for t in db.session.query(Transfer)} == {refused.id, busy.id}, "nothing is late yet"
    with clock.at(COMPLETED + timedelta(days=60)):
        standing.roll_all(clock.today())
        assert transfer_clocks.propose_overdue(after=0, most=10) is None
        assert db.session.query(Transfer).count() == 2, "the last day is the units' own"
    with clock.at(COMPLETED + timedelta(days=61)):
        standing.roll_all(clock.today())
        after: int | None = 0
        while after is not None:
            after = transfer_clocks.propose_overdue(after=after, most=1)
        made = db.session.query(Transfer).filter_by(proposed_by_id=None).order_by("id").all()
        assert [(one.project.number, one.state) for one in made] == [
            ("P1", "filling"), ("P4", "filling"), ("P6", "filling")
        ]  # fmt: skip
        assert made[0].due_on == clock.today() + timedelta(days=10)
        assert transfer_clocks.propose_overdue(after=0, most=10) is None
        assert db.session.query(Transfer).count() == 5


def test_in_a_demonstration_the_system_proposes_only_what_is_made_up(small: Any) -> None:
    open_books(kind="demonstration", business_day=None, actor=None)
    register("P2").invented = ["completed_on", "name"]
    project().invented = ["completed_on"]
    with clock.at(COMPLETED + timedelta(days=400)):
        standing.roll_all(clock.today())
        assert transfer_clocks.propose_overdue(after=0, most=10) is None
        assert [one.project.number for one in db.session.query(Transfer)] == ["P2"]


@sqlite_only
def test_what_waits_for_whom_takes_two_statements(small: Any) -> None:
    for number, step in (("P1", "filling"), ("P2", "signing"), ("P3", "confirming"), ("P4", "confirming")):
        if number != "P1":
            register(number)
        brought(step, by="reviewer" if number == "P4" else None, number=number)

    def waiting(login: str) -> tuple[int, ...]:
        user = person(login)
        assert user.role
        with count_statements() as seen:
            found = transfer_clocks.waiting_for(user)
        assert seen.count <= 2
        return (found.to_fill, found.to_sign, found.to_confirm, found.overdue)

    assert [waiting(login) for login in ("gx", "gx2", "jinghe", "jinghe2", "reviewer", "chief", "sy")] == [
        (1, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 1, 0), (0, 0, 2, 0), (0, 0, 0, 0)
    ]  # fmt: skip
    with clock.at(TODAY + timedelta(days=8)):
        assert waiting("gx") == (1, 0, 0, 3) and waiting("chief") == (0, 0, 2, 3) and waiting("sy")[3] == 0
    assert not transfer_clocks.waiting_for(person("sy")).any


@sqlite_only
def test_who_leaves_passes_transfers_on_to_a_colleague(small: Any) -> None:
    made = proposed("gx2")
    transfers.take_up(made.id, version=made.version, actor=person("jinghe2"))
    with pytest.raises(Refused, match="已经是承办人"):
        transfers.take_up(made.id, version=made.version, actor=person("jinghe2"))
    assert [(kind.permission, count) for kind, count in open_work(person("jinghe2"))] == [
        ("transfer:fill", 1)
    ]
    with pytest.raises(Refused, match="同一单位"), db.session.begin_nested():
        people.close_user(person("gx2"), actor=None, to=person("sy2"))
    assert made.giver == person("gx2")
    for leaver, heir in (("gx2", "gx"), ("jinghe2", "jinghe")):
        people.close_user(person(leaver), actor=None, to=person(heir))
        assert open_work(person(leaver)) == []
    assert (made.giver, made.receiver) == (person("gx"), person("jinghe")) and said(made)[-1] == "passed_on"


@sqlite_only
def test_whoever_is_no_longer_of_the_unit_leaves_its_transfers_there(small: Any) -> None:
    made = proposed("gx2")
    transfers.take_up(made.id, version=made.version, actor=person("jinghe2"))
    leaver, tomorrow = person("jinghe2"), TODAY + timedelta(days=1)
    posts.give(leaver, "staff", small.sy, valid_from=TODAY, actor=None)
    assert release(TODAY) == 0, "still of the unit as well"

    def leaves(to: str | None) -> None:
        heir = person(to) if to else None
        people.end_post(leaver, "staff", small.jinghe, valid_from=tomorrow, actor=None, to=heir)

    for to, match in (("sy2", "同一单位"), ("gx", "同一单位"), ("jinghe2", "另一个")):
        with pytest.raises(Refused, match=match), db.session.begin_nested():
            leaves(to)
    assert made.receiver == leaver
    leaves("jinghe")
    assert (made.giver, made.receiver) == (person("gx2"), person("jinghe")) and said(made)[-1] == "passed_on"
    # to nobody: it waits for the head of the unit; and what nobody asked about when the post ended is seen to by the day
    people.end_post(person("gx2"), "staff", small.gx, valid_from=TODAY, actor=None)
    assert (made.giver_id, made.receiver) == (None, person("jinghe"))
    posts.end(person("jinghe"), "unit_head", small.jinghe, valid_from=tomorrow, actor=None)
    assert release(TODAY) == 0
    assert release(tomorrow) == 1 and made.receiver_id is None
    with count_statements() as seen:
        assert release(tomorrow) == 0
    assert seen.count <= 2


@sqlite_only
def test_whoever_proposed_and_left_both_units_cannot_withdraw(small: Any) -> None:
    made = brought("confirming", by="jinghe2")
    left, tomorrow = person("jinghe2"), TODAY + timedelta(days=1)
    assert "withdraw" in transfer_rights.steps(made, left, {small.jinghe.id})
    posts.give(left, "staff", small.sy, valid_from=tomorrow, actor=None)
    posts.end(left, "staff", small.jinghe, valid_from=tomorrow, actor=None)
    with clock.at(tomorrow):
        assert (left.unit, transfer_rights.steps(made, left, {small.sy.id})) == (small.sy, frozenset())
        for login, match in (("jinghe2", "仍在移交或承接单位"), ("jinghe", "提出划转的人")):
            with pytest.raises(NotAllowed, match=match):
                transfers.withdraw(made.id, version=made.version, note="重提", actor=person(login))
        assert (
            transfers.withdraw(made.id, version=made.version, note="缓办", actor=person("reviewer")).note
            == "缓办"
        )


@sqlite_only
def test_whoever_signed_for_a_unit_does_not_confirm_in_another_post(small: Any) -> None:
    made, head = brought("confirming"), person("gx")
    posts.give(head, "reviewer", small.swj, valid_from=TODAY, actor=None)
    db.session.expire_all()
    head.chosen = ("reviewer", small.swj.id)
    before = books()
    with pytest.raises(Refused, match="已代表单位签字"):
        transfers.confirm(made.id, version=made.version, actor=head)
    assert books() == before


@sqlite_only
def test_deciding_asks_once_for_transfers_where_none_is_open(small: Any) -> None:
    number = project().id
    with count_statements() as seen:
        assert transfers.overtake([number], actor=None) == []
    assert seen.count == 1
