"""What is due and nobody proposed, what of it is disputed, and in which order a desk has what waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.services import (
    desk,
    readings,
    rebuilding,
    standing,
    successions,
    transfer_clocks,
    transfer_disputes,
    transfers,
    units,
    unproposed,
)
from crm.services.transfer_list import Filters, Listing
from tests.services.offering import person
from tests.services.transferring import TODAY, begin, brought, change, project, proposed, register

DAYS = 60
STOCK = {"signed_on": date(2018, 1, 1), "completed_on": date(2019, 1, 1), "served_by": "gx"}


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def disputed(login: str) -> list[tuple[str, str, str]]:
    found = Listing(person(login), "due", Filters(state="disputed"), DAYS).page().lines
    return [
        (one.project.number, one.dispute.by.code, one.dispute.told(person(login)))
        for one in found
        if one.dispute
    ]


def test_what_was_declined_is_disputed_until_it_is_proposed_again(small: Any) -> None:
    register("P2", **STOCK)
    register("P3")
    for number, step, who in (("P1", "filling", "gx"), ("P3", "signing", "jinghe")):
        made = brought(step, number=number)
        transfers.decline(made.id, version=made.version, note="清单未齐", actor=person(who))
    for login, reason in (("reviewer", "清单未齐"), ("gx2", "清单未齐"), ("sy", "")):
        assert disputed(login) == [("P1", "gx", reason), ("P3", "jinghe", reason)]
    found = transfer_disputes.of_project(project("P3"))
    assert found is not None and found.by.code == "jinghe" and found.on == TODAY
    assert transfer_disputes.of_project(project("P2")) is None
    with clock.at(TODAY + timedelta(days=400)):
        standing.roll_all(clock.today())
        assert transfer_clocks.propose_overdue(after=0, most=9) is None
        assert len(disputed("reviewer")) == 2, "the system does not propose it again"
    proposed(number="P1")
    assert [number for number, *_ in disputed("reviewer")] == ["P3"]


def test_the_bureau_has_those_that_a_batch_settles_by_its_kind(small: Any) -> None:
    register("P2", **STOCK)
    register("P3")
    proposed(number="P3")
    for login, kinds, lines in (
        ("reviewer", {"stock": 1}, ["P1"]),
        ("jinghe2", {}, ["P1", "P2"]),
        ("sy", {}, []),
    ):
        user = person(login)
        assert user.role
        with count_statements() as seen:
            group = unproposed.of(user, DAYS)
        assert seen.count <= 6 and group is not None
        assert ([one.project.number for one in group.lines], dict(group.tally.kinds)) == (lines, kinds)
        count = len(lines) + sum(kinds.values())
        assert (group.tally.count, group.tally.late, group.tally.disputed) == (count, min(count, 1), 0)
        assert unproposed.tally(user, DAYS).count == count


def test_a_desk_has_first_what_has_waited_longest(small: Any) -> None:
    register("P2")
    register("P3")
    with clock.at(TODAY - timedelta(days=9)):
        # ten days to fill in the list, seven to sign: what waits longer is due later
        filling = proposed(number="P1")
    filling.due_on = TODAY + timedelta(days=9)
    back = brought("signing", number="P2")
    with clock.at(TODAY + timedelta(days=1)):
        transfers.send_back(back.id, version=back.version, remarks={}, note="不全", actor=person("jinghe"))
        proposed(number="P3").due_on = TODAY
        found = desk.tasks(person("gx"))
    told = [
        (task.transfer.project.number, task.step, (task.since - TODAY).days)
        for task in found
        if task.transfer
    ]
    assert told == [("P1", "fill", -9), ("P3", "fill", 1), ("P2", "answer", 1)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_that_a_new_ground_sent_back_waits_from_that_day(small: Any) -> None:
    with clock.at(TODAY - timedelta(days=9)):
        made = brought("signing")
    change("completed_on", date(2021, 5, 20), valid_from=date(1, 1, 1))
    [task] = desk.tasks(person("gx"))
    assert (task.transfer, task.step, task.since) == (made, "answer", TODAY)


def test_what_is_due_since_different_days_is_told_apart(small: Any) -> None:
    register("P2", completed_on=None, signed_on=date(2020, 4, 1))
    readings.set_reading("R1", choice="street", basis="x", valid_from=date(2021, 5, 1), actor=None)
    rebuilding.rebuild(after=0, actor=None)
    change("completed_on", date(2021, 5, 20), valid_from=date(2020, 4, 1), number="P2")
    [line] = [
        one for one in Listing(person("gx"), "due", Filters(), DAYS).lines() if one.project.number == "P2"
    ]
    assert (line.duties, line.since) == (("indicators",), date(2021, 5, 1)), "as it would be proposed first"
    made = proposed("gx", "P2")
    assert (made.duties, made.since, made.rule) == (line.duties, line.since, line.rule)


def test_a_new_day_that_is_not_worked_through_yet_breaks_no_list(small: Any) -> None:
    old, new = units.unit_by_code("jinghe"), units.unit_by_code("cihui")
    successions.succeed(old, new, valid_from=TODAY + timedelta(days=1), basis="撤并", actor=None)
    rebuilding.rebuild(after=0, actor=None)
    with clock.at(TODAY + timedelta(days=1)):
        [line] = Listing(person("reviewer"), "due", Filters(), DAYS).lines()
        assert (line.from_unit.code, line.to_unit.code) == ("gx", "jinghe"), "as it stood yesterday"
        standing.roll_all(clock.today())
        [line] = Listing(person("reviewer"), "due", Filters(), DAYS).lines()
        assert line.to_unit.code == "cihui"
