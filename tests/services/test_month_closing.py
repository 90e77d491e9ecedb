"""Closing a month for the bureau: what it means beforehand, what the months show, and who may close which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements, db
from crm.errors import NotAllowed, Refused, Stale
from crm.models import BATCH_KINDS, MonthClose, TransferBatch, User
from crm.periods import Month
from crm.services import carry_overs, month_closing, months, transfer_list
from crm.services.paging import Place
from crm.services.unit_figures import Amount
from tests import build
from tests.founded import database  # noqa: F401 - the fixture
from tests.services import passing

APRIL, MAY = Month(2021, 4), Month(2021, 5)


@pytest.fixture
def chief(session: Any) -> Iterator[User]:
    """The head of the bureau, on a day of June."""
    with clock.at(passing.TODAY):
        yield build.user("bureau_head")


def test_what_closing_a_month_means(session: Any, chief: User) -> None:
    passing.begin(closed=None)
    assert month_closing.meaning(Month(2021, 3), chief).due == Amount(3, 6 * passing.YI)
    assert month_closing.meaning(MAY, chief).due == Amount(4, 14 * passing.YI)
    passing.proposed("P4", "P5")
    passing.proposed("P6", indicators=False)
    batch = TransferBatch(
        kind=BATCH_KINDS[0], title="", basis="", day=passing.TODAY, due_on=passing.TODAY, held_by_id=chief.id,
        drawn_up_by_id=chief.id,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    passing.proposed("P2", batch_id=batch.id)
    with count_statements() as seen:
        told = month_closing.meaning(Month(2021, 6), chief)
    assert seen.count == 4
    assert told.under_way == Amount(2, 12 * passing.YI), "the service alone carries nothing over"
    assert (told.in_batches, told.due) == (Amount(1, 2 * passing.YI), Amount(1, 0))
    of_april = transfer_list.Filters(closing=APRIL)
    numbers = {
        tab: [one.project.number for one in transfer_list.Listing(chief, tab, of_april, 30).page().lines]
        for tab in ("open", "due")
    }
    assert numbers == {"open": ["P4"], "due": ["P3"]}, "the lists show what was counted"


def test_the_months_and_what_was_carried_over(session: Any, chief: User) -> None:
    passing.begin(closed=None)
    assert not month_closing.listing(chief, Place()).lines
    assert month_closing.due() is None and month_closing.first_choices()[-1] == Month(2020, 4)
    for month in (3, 4):
        month_closing.close(Month(2021, month), actor=chief)
    assert month_closing.due() == MAY
    late = passing.proposed("P4")
    carry_overs.book(late, passing.confirm(late))
    found = month_closing.listing(chief, Place()).lines
    assert [str(one.month) for one in found] == ["2021-06", "2021-05", "2021-04", "2021-03"]
    assert [one.booked for one in found] == [0, 1, 0, 0]
    assert [one.concerning for one in found] == [0, 0, 1, 1]
    assert [one.by for one in found] == [None, None, chief.name, chief.name]
    month_closing.close(MAY, actor=chief)
    month_closing.close(Month(2021, 6), actor=chief)
    assert str(month_closing.listing(chief).lines[0].month) == "2021-07", "the next, though it has not begun"
    assert month_closing.due() is None
    rest = month_closing.listing(chief, Place(after=found[2].id)).lines
    assert [str(one.month) for one in rest] == ["2021-03"] and rest[0].concerning == 1


def test_who_may_close_which_month(session: Any, chief: User) -> None:
    with pytest.raises(NotAllowed):
        month_closing.close(APRIL, actor=build.user("reviewer"))
    with pytest.raises(Refused, match="2020-04"):
        month_closing.close(Month(2020, 3), actor=chief)
    with pytest.raises(Refused, match="没有开始"):
        month_closing.close(Month(2021, 7), actor=chief)
    month_closing.close(APRIL, actor=chief)
    with pytest.raises(Stale, match="已由"):
        month_closing.close(APRIL, actor=chief)
    assert months.last_closed_day() == APRIL.last and db.session.query(MonthClose).count() == 1
