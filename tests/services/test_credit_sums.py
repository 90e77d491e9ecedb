"""Whoever writes to the database by hand does not get past the sum: the shares of a split are exactly 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from crm import clock
from crm.db import db
from crm.models import CREDIT_ROLES, CreditShare
from crm.models.reassignments import WHOLE
from tests.services.offering import TODAY, begin, lead


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


GOOD = [(1, None, 5000, 0, 5000), (2, 1, 5000, 5000, 10000)]
"""Position, previous, share, sum before, sum after of each share."""

BROKEN: dict[str, tuple[int, int, list[tuple[Any, ...]]]] = {
    "no shares": (1, 10000, []),
    "too little": (1, 10000, [(1, None, 9999, 0, 9999)]),
    "too much": (2, 10000, [(1, None, 5000, 0, 5000), (2, 1, 5001, 5000, 10001)]),
    "ends too early": (1, 10000, GOOD),
    "ends too late": (3, 10000, GOOD),
    "another whole": (1, 9999, [(1, None, 9999, 0, 9999)]),
    "a sum that is made up": (2, 10000, [(1, None, 10, 0, 10), (2, 1, 10, 9990, 10000)]),
    "wrongly added": (1, 10000, [(1, None, 10, 0, 10000)]),
    "a nothing": (2, 10000, [(1, None, 10000, 0, 10000), (2, 1, 0, 10000, 10000)]),
    "less than nothing": (
        3,
        10000,
        [(1, None, 9000, 0, 9000), (2, 1, 2000, 9000, 11000), (3, 2, -1000, 11000, 10000)],
    ),
    "two first": (1, 10000, [(1, None, 10000, 0, 10000), (1, None, 10000, 0, 10000)]),
    "one that stands apart": (1, 10000, [(1, None, 10000, 0, 10000), (3, None, 10000, 0, 10000)]),
    "one before the first": (1, 10000, [(1, None, 10000, 0, 10000), (0, -1, 10, 9990, 10000)]),
    "a branch": (2, 10000, [*GOOD, (2, 1, 1000, 5000, 6000)]),
    "one more": (2, 10000, [*GOOD, (3, 2, 1, 10000, 10001)]),
    "begins in the middle": (1, 10000, [(1, None, 5000, 5000, 10000)]),
    "its own predecessor": (2, 10000, [(2, 2, 5000, 5000, 10000)]),
    "a gap": (3, 10000, [(1, None, 5000, 0, 5000), (3, 1, 5000, 5000, 10000)]),
    "a fraction": (2, 10000, [(1, None, 2500.5, 0, 2500.5), (2, 1, 7499.5, 2500.5, 10000)]),
    "a word": (2, 10000, [(1, None, 10000, 0, 10000), (2, 1, "half", 10000, 10000)]),
}


def enter(
    split_id: int, last: int, whole: int, rows: list[tuple[Any, ...]], lead_id: int, unit_id: int
) -> None:
    """Bare SQL, as whoever has the database could write it; the reference that waits is asked for at the end."""
    run = db.session.execute
    run(
        text(
            "INSERT INTO credit_splits (id, lead_id, valid_from, last_position, whole, basis, recorded_at) "
            "VALUES (:id, :lead, '2021-06-01', :last, :whole, '', '2021-06-03 00:00:00')"
        ),
        {"id": split_id, "lead": lead_id, "last": last, "whole": whole},
    )
    for number, (position, previous, share, before, after) in enumerate(rows):
        run(
            text(
                "INSERT INTO credit_shares (split_id, position, previous, unit_id, role, share, sum_before, sum_after)"
                " VALUES (:split, :position, :previous, :unit, :role, :share, :before, :after)"
            ),
            {"split": split_id, "position": position, "previous": previous, "unit": unit_id, "role": CREDIT_ROLES[number], "share": share, "before": before, "after": after},
        )  # fmt: skip
    db.session.commit()


def test_no_sql_gets_past_the_sum(small: Any) -> None:
    lead_id, unit_id = lead().id, small.jd.id
    db.session.commit()
    enter(1, 2, 10000, GOOD, lead_id, unit_id)
    for number, (name, (last, whole, rows)) in enumerate(BROKEN.items(), start=2):
        try:
            enter(number, last, whole, rows, lead_id, unit_id)
        except DBAPIError:
            db.session.rollback()
        else:
            stored = db.session.execute(
                select(CreditShare.share).where(CreditShare.split_id == number)
            ).scalars()
            # PostgreSQL makes whole numbers of fractions before it looks at them
            assert name == "a fraction" and sum(stored) == WHOLE, name
    for statement in (
        "INSERT INTO credit_shares (split_id, position, previous, unit_id, role, share, sum_before, sum_after) VALUES (1, 3, 2, {unit}, 'referrer', 1, 10000, 10001)",
        "INSERT INTO credit_shares (split_id, position, unit_id, role, share, sum_before, sum_after) VALUES (99, 1, {unit}, 'referrer', 10000, 0, 10000)",
        "UPDATE credit_shares SET share = 1 WHERE split_id = 1",
        "UPDATE credit_splits SET last_position = 1",
        "DELETE FROM credit_shares WHERE split_id = 1 AND position = 2",
        "DELETE FROM credit_splits",
    ):  # fmt: skip
        with pytest.raises(DBAPIError):
            db.session.execute(text(statement.format(unit=unit_id)))
            db.session.commit()
        db.session.rollback()
    sums = select(func.sum(CreditShare.share)).group_by(CreditShare.split_id)
    assert set(db.session.execute(sums).scalars()) == {WHOLE}
