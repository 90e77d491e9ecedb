"""The database itself keeps holdings as they were written: one row of a day and instant, with both units or none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm.db import db
from crm.models import Holding
from tests import build

DAY, INSTANT = date(2021, 6, 1), datetime(2021, 6, 3, 1, tzinfo=UTC)


@pytest.fixture
def held(session: Any) -> dict[str, Any]:
    """A project that an office holds from a day on; the columns of its row."""
    office = build.unit("jd", kind="office")
    row = {
        "project_id": build.project().id,
        "from_day": DAY,
        "recorded_at": INSTANT,
        "indicators_id": office.id,
        "enterprise_service_id": office.id,
    }
    db.session.execute(Holding.__table__.insert(), [row])  # type: ignore[attr-defined]
    return row


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"from_day": date(2021, 6, 2), "indicators_id": None},
        {"from_day": date(2021, 6, 2), "enterprise_service_id": None},
        {"from_day": date(2021, 6, 2), "project_id": 999},
        {"from_day": date(2021, 6, 2), "indicators_id": 999},
    ],
    ids=["same day and instant", "no indicators", "no service", "no project", "no unit"],
)
def test_a_row_that_leaves_a_day_with_two_or_half_a_holder_is_refused(
    held: dict[str, Any], wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(Holding.__table__.insert(), [held | wrong])  # type: ignore[attr-defined]


def test_nobody_and_another_instant_are_rows_like_others(held: dict[str, Any]) -> None:
    nobody = {"indicators_id": None, "enterprise_service_id": None}
    for more in ({"from_day": date(2021, 5, 1)} | nobody, {"recorded_at": datetime(2021, 6, 4, tzinfo=UTC)}):
        db.session.execute(Holding.__table__.insert(), [held | more])  # type: ignore[attr-defined]
    assert db.session.query(Holding).count() == 3


@pytest.mark.parametrize("statement", ["UPDATE holdings SET from_day = '2021-07-01'", "DELETE FROM holdings"])
def test_what_was_held_can_neither_be_changed_nor_taken_away(held: dict[str, Any], statement: str) -> None:
    with pytest.raises(DBAPIError, match="insert-only|permission denied"), db.session.begin_nested():
        db.session.execute(text(statement))
    assert db.session.query(Holding).one().from_day == DAY
