"""One clock: the business day, what the books record, and the real time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.services import books

DEMONSTRATION = date(2021, 6, 3)
EVENING = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # half past one at night, the 21st, in Shanghai


@pytest.fixture
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "real_now", lambda: EVENING)


def test_outside_an_application_the_day_is_the_real_one_in_shanghai(evening: None) -> None:
    assert clock.today() == date(2026, 11, 21)
    assert clock.now() == EVENING


def test_books_that_stand_on_a_day_have_its_date_and_the_real_time_of_day(
    session: Any, evening: None
) -> None:
    assert clock.today() == date(2026, 11, 21)
    books.open_books(kind="demonstration", business_day=DEMONSTRATION, actor=None)
    assert clock.today() == DEMONSTRATION
    assert clock.now() == datetime(2021, 6, 2, 17, 30, tzinfo=UTC)
    assert clock.shanghai(clock.now()).replace(tzinfo=None) == datetime(2021, 6, 3, 1, 30)
    assert clock.real_now() == EVENING


def test_the_day_is_read_from_the_books_once(session: Any) -> None:
    books.open_books(kind="demonstration", business_day=DEMONSTRATION, actor=None)
    clock.forget()
    with count_statements() as seen:
        assert clock.today() == clock.today() == DEMONSTRATION
    assert seen.count == 1


def test_the_day_of_the_books_can_be_set(session: Any, evening: None) -> None:
    opened = books.open_books(kind="real", business_day=None, actor=None)
    books.set_business_day(date(2021, 7, 1), actor=None)
    assert clock.today() == opened.business_day == date(2021, 7, 1)
    books.set_business_day(None, actor=None)
    assert clock.today() == date(2026, 11, 21)


def test_seeds_and_tests_set_the_day_and_the_instant(evening: None) -> None:
    instant = datetime(2020, 4, 27, 1, 0, tzinfo=UTC)
    with clock.at(date(2020, 4, 27), instant):
        assert (clock.today(), clock.now()) == (date(2020, 4, 27), instant)
        with clock.at(DEMONSTRATION):
            assert clock.today() == DEMONSTRATION
            assert clock.now() == datetime(2021, 6, 2, 17, 30, tzinfo=UTC)
        assert clock.today() == date(2020, 4, 27)
    assert clock.today() == date(2026, 11, 21)


def test_an_instant_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(DEMONSTRATION, datetime(2021, 6, 3)):
        pass


def test_the_real_clock_is_utc_and_moves() -> None:
    assert clock.real_now().utcoffset() == timedelta(0)
    assert clock.real_now() <= clock.real_now()
