"""Months are closed one after the other; the service says so, also to two at once, and the database holds to it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from crm import clock
from crm.db import db
from crm.errors import Refused, Stale
from crm.models import CarryOver, MonthClose, Transfer
from crm.periods import Month
from crm.services import month_closing, months, transfers
from tests import build
from tests.databases import Database
from tests.services import transferring
from tests.services.offering import person
from tests.services.test_reassignments_at_once import together

APRIL = Month(2021, 4)


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


def test_closed_twice_at_once(session: Any, database: Database, tmp_path: Any) -> None:
    with clock.at(transferring.TODAY):
        transferring.begin()

        def close() -> Any:
            return SimpleNamespace(state=month_closing.close(APRIL, actor=person("chief")).month)

        found = together(database, tmp_path, [close, close])
    assert len([one for one in found if isinstance(one, Stale)]) == 1 and "2021-04" in found
    assert db.session.query(MonthClose).count() == 1


def test_closed_while_a_transfer_is_confirmed(session: Any, database: Database, tmp_path: Any) -> None:
    with clock.at(transferring.TODAY):
        transferring.begin()
        made = transferring.brought("confirming")
        number, version = made.id, made.version

        def confirm() -> Transfer:
            shown: date = transferring.COMPLETED
            return transfers.confirm(number, version=version, actor=person("chief"), day=shown)

        def close() -> Any:
            return SimpleNamespace(state=month_closing.close(APRIL, actor=person("chief")).month)

        confirmed, closed = together(database, tmp_path, [confirm, close])
    assert closed == "2021-04" and db.session.query(CarryOver).count() == 0
    if confirmed == "confirmed":
        assert made.effective_day == transferring.COMPLETED, "it was confirmed before the month was closed"
    else:
        assert isinstance(confirmed, Refused) and "已月结" in str(confirmed)
        assert made.state == "confirming" and made.effective_day is None
