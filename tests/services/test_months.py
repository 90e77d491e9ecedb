"""Months are closed one after the other; the service says so and the database holds to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from crm.errors import Refused
from crm.models import MonthClose
from crm.periods import Month
from crm.services import months
from tests import build


def test_the_first_month_may_be_any_and_the_next_follows(session: Any) -> None:
    assert months.last_closed_day() is None
    months.close(Month(2020, 11), actor=None)
    months.close(Month(2020, 12), actor=None)
    january = months.close(Month(2021, 1), actor=build.user("reviewer"))
    assert months.last_closed_day() == january.last_day == date(2021, 1, 31)
    assert january.event_id


@pytest.mark.parametrize("month", [Month(2020, 12), Month(2021, 1), Month(2021, 3)])
def test_a_month_out_of_order_is_refused(session: Any, month: Month) -> None:
    months.close(Month(2021, 1), actor=None)
    with pytest.raises(Refused, match="2021-02"):
        months.close(month, actor=None)


@pytest.mark.parametrize(
    ("month", "last_day", "reason"),
    [
        ("2021-03", date(2021, 3, 31), "does not follow"),
        ("2020-12", date(2020, 12, 31), "does not follow"),
        ("2021-02", date(2021, 2, 27), "not the last day"),
        ("2021-02", date(2021, 3, 1), "not the last day"),
        ("2021-13", date(2022, 1, 31), "does not follow|not the last day|out of range"),
        ("202102", date(2021, 2, 28), "does not follow|not the last day|invalid value|out of range"),
    ],
)
def test_the_database_refuses_what_got_past_the_service(
    session: Any, month: str, last_day: date, reason: str
) -> None:
    months.close(Month(2021, 1), actor=None)
    session.add(MonthClose(month=month, last_day=last_day))
    with pytest.raises(DBAPIError, match=reason):
        session.flush()


def test_the_database_refuses_a_malformed_first_month(session: Any) -> None:
    session.add(MonthClose(month="2021-13", last_day=date(2022, 1, 31)))
    with pytest.raises(DBAPIError, match="not the last day|out of range"):
        session.flush()
