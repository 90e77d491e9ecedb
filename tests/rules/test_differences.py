"""Where two histories of one attribution part, run by run."""

from __future__ import annotations

from datetime import date

from crm.rules.differences import Difference, differences
from crm.rules.duties import Responsibility
from crm.rules.language import Status
from crm.rules.timeline import Attribution, Period

A, B = (Attribution(unit, (), Status.DECIDED, "2-street-duty", None) for unit in ("cihui", "jinghe"))
SERVICE, SAFETY = Responsibility.ENTERPRISE_SERVICE, Responsibility.WORK_SAFETY
MAY, JUNE, JULY = date(2021, 5, 1), date(2021, 6, 1), date(2021, 7, 1)


def test_the_same_is_no_difference() -> None:
    periods = [Period(SERVICE, A, MAY, JUNE), Period(SERVICE, B, JUNE, None)]
    assert differences(periods, periods) == []


def test_each_run_has_its_days() -> None:
    before = [Period(SERVICE, A, MAY, None), Period(SAFETY, A, MAY, None)]
    after = [Period(SERVICE, A, MAY, JUNE), Period(SERVICE, B, JUNE, JULY), Period(SERVICE, A, JULY, None)]
    assert differences(before, after) == [
        Difference(SERVICE, JUNE, JULY, A, B),
        Difference(SAFETY, MAY, None, A, None),
    ]


def test_runs_that_touch_and_agree_are_one() -> None:
    before = [Period(SERVICE, A, MAY, JUNE), Period(SERVICE, A, JUNE, None)]
    assert differences(before, [Period(SERVICE, B, MAY, None)]) == [Difference(SERVICE, MAY, None, A, B)]


def test_what_begins_later_is_missing_until_then() -> None:
    found = differences([Period(SERVICE, A, MAY, None)], [Period(SERVICE, A, JULY, None)])
    assert found == [Difference(SERVICE, MAY, JULY, A, None)]
