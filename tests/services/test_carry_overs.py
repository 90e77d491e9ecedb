"""What late transfers carry over: which months, both units, both amounts, and that nothing is lost between them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import count_statements, db
from crm.models import CarryOver
from crm.periods import Month
from crm.services import carry_overs, history, holdings, months, projects, units
from tests.founded import database  # noqa: F401 - the fixture
from tests.services.passing import DUE, TODAY, YI, begin, confirm, project, proposed

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        begin()
        yield session


def written() -> dict[str, tuple[Any, ...]]:
    numbers = {project(number).id: number for number in DUE}
    return {
        numbers[row.project_id]: (row.first_month, row.last_month, row.month, row.from_fen, row.to_fen)
        for row in db.session.scalars(select(CarryOver))
    }


def test_closed_months_are_carried_over_once(books: Any) -> None:
    transfers = proposed(*DUE)
    foreseen = carry_overs.preview(transfers)
    event = confirm(transfers)
    with count_statements() as counted:
        assert carry_overs.book(transfers, event) == 4
    assert counted.count == 5
    assert written() == {
        "P2": ("2020-04", "2021-05", "2021-06", -2 * YI, 2 * YI),
        "P3": ("2020-04", "2021-05", "2021-06", None, None),
        "P4": ("2021-03", "2021-05", "2021-06", -4 * YI, 4 * YI),
        "P5": ("2021-05", "2021-05", "2021-06", -8 * YI, 8 * YI),
    }, "what is due since June is held since June"
    told = [(line.project_id, str(line.first_month), str(line.month), line.fen) for line in foreseen]
    rows = db.session.scalars(select(CarryOver).order_by(CarryOver.id)).all()
    assert told == [(row.project_id, row.first_month, row.month, row.to_fen) for row in rows]
    for row in rows:
        assert (row.duty, row.figure, row.event_id) == ("indicators", "total_investment", event.id)
        assert row.from_unit_id == units.unit_by_code("jd").id != row.to_unit_id
    assert carry_overs.book(transfers, event) == 0, "what is settled is settled"
    again = {one.name: getattr(rows[0], one.name) for one in CarryOver.__table__.columns if one.name != "id"}
    with pytest.raises(IntegrityError):
        db.session.execute(insert(CarryOver).values(again))


@sqlite_only
def test_the_amount_is_that_of_the_closed_month(books: Any) -> None:
    with clock.at(date(2021, 6, 2)):
        projects.change(project("P4"), {"total_investment_fen": 5 * YI}, actor=None, valid_from=date(2021, 6, 2))  # fmt: skip
    assert project("P4").total_investment_fen == 5 * YI
    assert [line.fen for line in carry_overs.preview(proposed("P4"))] == [4 * YI]


@sqlite_only
def test_service_alone_carries_nothing_over(books: Any) -> None:
    transfers = proposed("P4", indicators=False)
    assert carry_overs.preview(transfers) == []
    assert carry_overs.book(transfers, confirm(transfers)) == 0 == len(written())


@sqlite_only
def test_nothing_is_carried_over_before_the_first_month_is_closed(session: Any) -> None:
    with clock.at(TODAY):
        begin(closed=None)
        transfers = proposed(*DUE)
        assert carry_overs.preview(transfers) == []
        assert carry_overs.book(transfers, confirm(transfers)) == 0
        assert all(one.effective_day == one.since for one in transfers)


@sqlite_only
def test_transfers_of_several_open_months(books: Any) -> None:
    """Each is booked in the month of its own effective day."""
    first, second = proposed("P2"), proposed("P4")
    confirm(first)
    months.close(Month(2021, 6), actor=None)
    confirm(second)
    event = history.record("transfer.confirmed", actor=None)
    assert holdings.effective_day(second[0].since) == date(2021, 7, 1)
    assert carry_overs.book([*second, *first], event) == 2
    assert {number: row[:3] for number, row in written().items()} == {
        "P2": ("2020-04", "2021-05", "2021-06"),
        "P4": ("2021-03", "2021-06", "2021-07"),
    }
