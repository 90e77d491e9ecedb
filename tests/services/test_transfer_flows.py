"""What passes between units: confirmed in a span, still due on its last day, each figure with exactly its projects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.periods import Month
from crm.seeds import foundation
from crm.services import flows, history, holdings, months, standing, standpoint, transfer_flows, units
from crm.services.holdings import Move
from crm.services.paging import Place
from crm.services.transfer_flows import between_units, projects
from tests import build
from tests.services import passing
from tests.services.offering import person
from tests.services.transferring import COMPLETED, TODAY, begin, project, proposed, register

EFFECTIVE = date(2021, 6, 1)
"""The first day after the last closed month: 建成投产 was in April."""


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    """P1 passed from 高新技术产业办 to 径河街, P2 is still to."""
    with clock.at(TODAY):
        found = begin()
        register("P2")
        register("P3", completed_on=None)
        months.close(Month(2021, 5), actor=None)
        pass_on("P1")
        yield found


def pass_on(number: str) -> None:
    """A transfer that was confirmed, whatever its list says."""
    made = proposed(number=number)
    made.state, made.effective_day = "confirmed", holdings.effective_day(made.since)
    event = history.record("transfer.confirmed", project(number), actor=None)
    to = made.to_unit_id
    holdings.pass_on([Move(made.project_id, made.effective_day, to, to, made.id)], event)
    standing.refresh([made.project_id])


def counted(*seen: Any, first: date = date(2021, 1, 1)) -> list[tuple[int, int, int, int]]:
    """Every flow: from, to, how many passed, how many are due."""
    found = between_units(person("chief"), standpoint.at(*seen), "indicators", first)
    return [(one.from_id, one.to_id, one.confirmed.count, one.due.count) for one in found]


def test_what_passed_and_what_is_due(small: Any) -> None:
    pair = (small.gx.id, small.jinghe.id)
    assert counted(TODAY) == [(*pair, 1, 1)]
    assert counted(TODAY, first=EFFECTIVE + timedelta(days=1)) == [(*pair, 0, 1)]
    assert counted(EFFECTIVE - timedelta(days=1)) == [(*pair, 0, 2)]
    assert counted(COMPLETED - timedelta(days=1)) == []
    user, seen = person("chief"), standpoint.at(TODAY)
    for part, number in (("confirmed", "P1"), ("due", "P2")):
        page = projects(user, seen, "indicators", date(2021, 1, 1), part, pair, Place())  # type: ignore[arg-type]
        assert [line.number for line in page.lines] == [number] and page.count == 1
        assert not projects(user, seen, "indicators", date(2021, 1, 1), part, pair[::-1], Place()).lines  # type: ignore[arg-type]


def test_when_something_passed_on(small: Any) -> None:
    known = clock.now() - timedelta(days=1)
    for seen, span in (
        (standpoint.at(TODAY), (EFFECTIVE, EFFECTIVE)),
        (standpoint.at(EFFECTIVE - timedelta(days=1)), None),
        (standpoint.at(TODAY, known), None),
    ):
        assert transfer_flows.span(seen, "indicators") == span


def test_what_was_known_before_it_was_confirmed(small: Any) -> None:
    pair, known = (small.gx.id, small.jinghe.id), clock.now()
    with clock.at(TODAY + timedelta(days=1)):
        pass_on("P2")
        tomorrow = TODAY + timedelta(days=1)
        assert counted(tomorrow) == [(*pair, 2, 0)]
        assert counted(tomorrow, known) == [(*pair, 1, 1)]


def test_months_of_a_unit_by_what_it_held(small: Any) -> None:
    seen = standpoint.at(TODAY)
    for code, told in (("gx", ("2021-06", 0, 0, 1)), ("jinghe", ("2021-06", 0, 1, 0))):
        rows = flows.by_month(person("chief"), seen, "indicators", units.unit_by_code(code))
        last = rows[-1]
        assert (str(last.month), last.began, last.came, last.left) == told


def test_what_passed_on_the_very_first_day_came_and_left(session: Any) -> None:
    """As the stock of 27 April 2020 does: the receiving unit's row stands in the place of the first holder's."""
    with clock.at(TODAY):
        foundation.load()
        passing.begin(closed=None)
        passing.confirm(passing.proposed("P2", "P3"))
        user, seen = build.user("leader"), standpoint.at(TODAY)
        for code, told in (("jd", (6, 0, 2)), ("cihui", (0, 2, 0))):
            rows = flows.by_month(user, seen, "indicators", units.unit_by_code(code))
            [april] = [row for row in rows if row.month == Month(2020, 4)]
            assert (april.began, april.came, april.left) == told


def test_few_statements_and_only_for_those_who_may_read(small: Any) -> None:
    user, seen = person("chief"), standpoint.at(TODAY)
    assert user.role
    with count_statements() as ran:
        between_units(user, seen, "indicators", date(2021, 1, 1))
        pair = (small.gx.id, small.jinghe.id)
        projects(user, seen, "indicators", date(2021, 1, 1), "due", pair, Place())
    assert ran.count == 4
    assert transfer_flows.between_units(build.user("auditor"), seen, "indicators", date(2021, 1, 1)) == []
