"""From lead to signing: counted once, in the month it was logged and with the unit that has it, and every figure has its rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements
from crm.periods import Month
from crm.services import funnel, people
from crm.services.funnel import Behind, Scope
from tests import build

TODAY = date(2021, 6, 3)
MAY, JUNE = Month(2021, 5), Month(2021, 6)
YI = 10**10


@pytest.fixture
def office(session: Any) -> Any:
    """Two units with leads at every step, one merged, one of another year."""
    with clock.at(TODAY):
        small = build.district()
        build.user("staff", unit=small.jd)
        build.user("leader")
        first = build.lead(small.jd, "XS1", logged_on=date(2021, 5, 3), intended_investment_fen=3 * YI)
        build.lead(
            small.jd, "XS2", logged_on=date(2021, 5, 31), negotiating_on=date(2021, 6, 1), stage="negotiating",
            intended_investment_fen=YI, source="fair",
        )  # fmt: skip
        # inspected without talks on record; signed without a draft on record
        build.lead(
            small.jd, "XS3", logged_on=date(2021, 6, 1), inspected_on=date(2021, 6, 3), stage="withdrawn",
            lost_reason="site", closed_on=TODAY,
        )  # fmt: skip
        build.lead(
            small.sy, "XS4", logged_on=date(2021, 5, 1), negotiating_on=date(2021, 5, 11), stage="signed",
            signed_on=date(2021, 5, 31), project_id=build.project().id, intended_investment_fen=5 * YI,
        )  # fmt: skip
        build.lead(small.sy, "XS5", stage="merged", merged_into_id=first.id)
        build.lead(small.sy, "XS6", logged_on=date(2020, 5, 3))
        yield small


def numbers(office: Any, login: str, scope: Scope, **behind: Any) -> list[str]:
    user = people.user_by_login(login)
    assert user
    return [lead.number for lead in funnel.leads(user, scope, Behind(**behind), before=None, limit=9)]


def test_each_is_counted_once_and_has_reached_the_steps_before(office: Any) -> None:
    with count_statements() as seen:
        found = funnel.cohorts(Scope(MAY, JUNE))
    assert seen.count == 1
    assert set(found) == {(office.jd.id, MAY), (office.jd.id, JUNE), (office.sy.id, MAY)}
    assert found[office.jd.id, MAY].counts == [2, 1, 0, 0, 0]
    assert found[office.jd.id, MAY].fens == [4 * YI, YI, 0, 0, 0]
    june = found[office.jd.id, JUNE]
    assert (june.counts, june.lost, june.open) == ([1, 1, 1, 0, 0], 1, 0)
    total = funnel.together(found.values())
    assert (total.counts, total.lost, total.open) == ([4, 3, 2, 1, 1], 1, 2)


def test_where_they_come_from_and_why_they_are_lost(office: Any) -> None:
    sources = {source: one.counts for source, one in funnel.by_source(Scope(MAY, JUNE))}
    assert sources == {"visit": [3, 2, 2, 1, 1], "fair": [1, 1, 0, 0, 0]}
    assert funnel.by_reason(Scope(MAY, JUNE)) == [("site", [0, 0, 1, 0, 0])]
    assert funnel.by_reason(Scope(MAY, MAY)) == []
    assert [source for source, _ in funnel.by_source(Scope(MAY, JUNE, office.sy.id))] == ["visit"]


def test_medians_of_days_where_both_steps_are_on_record(office: Any) -> None:
    found: Any = {
        (before, after): (count, days) for before, after, count, days in funnel.medians(Scope(MAY, JUNE))
    }
    assert found["logged", "negotiating"] == (2, 5.5)
    assert found["negotiating", "inspected"] == (0, None)
    assert found["logged", "signed"] == (1, 30)
    build.lead(office.jd, "XS7", logged_on=date(2021, 5, 1), negotiating_on=date(2021, 5, 3))
    assert funnel.medians(Scope(MAY, JUNE))[0][2:] == (3, 2)


def test_every_figure_has_its_rows(office: Any) -> None:
    both = Scope(MAY, JUNE)
    total = funnel.together(funnel.cohorts(both).values())
    for step, count in zip(funnel.STEPS, total.counts, strict=True):
        assert len(numbers(office, "leader", both, step=step)) == count, step
    assert numbers(office, "leader", both, lost=True) == ["XS3"]
    assert numbers(office, "leader", both, reason="site", furthest="inspected") == ["XS3"]
    assert numbers(office, "leader", both, source="fair") == ["XS2"]
    assert numbers(office, "leader", both, furthest="logged") == ["XS1"]


def test_a_unit_is_shown_no_other_units_leads(office: Any) -> None:
    assert numbers(office, "staff", Scope(MAY, JUNE), step="logged") == ["XS3", "XS2", "XS1"]
    assert numbers(office, "staff", Scope(MAY, JUNE, office.sy.id), step="logged") == []
