"""The clauses agree with the plain tables, for every combination of readings; conflicts stop and say so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.duties import attribute
from crm.rules.facts import Case, Facts, Readings
from crm.rules.language import Conditions, Notice, Result, Role, RulesConflict, Stage
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.rules.timeline import RESPONSIBILITIES, edition, named, stretches
from tests.rules import first_match, registries

NOTICE = registries.NOTICE


@settings(max_examples=600, deadline=None)
@given(registries.facts(), registries.readings, st.lists(registries.days, max_size=3))
def test_clauses_agree_with_the_tables_on_every_day(
    facts: Facts, readings: Readings, days: list[date]
) -> None:
    ground = registries.ground(readings)
    timeline = stretches([(date.min, facts)], [(date.min, ground)])
    first = max(first_match.begins(facts), readings.first_day)
    assert timeline[0].from_ == first
    asked = {first, *(day for day in days if day >= first)}
    if facts.completed_on and facts.completed_on > first:
        asked |= {
            facts.completed_on - timedelta(days=1),
            facts.completed_on,
            facts.completed_on + timedelta(days=1),
        }
    for day in sorted(asked):
        stretch = [s for s in timeline if s.from_ <= day][-1]
        found = {
            str(r): (a.lead, a.assists, str(a.status), a.rule, a.suggestion)
            for r, a in zip(RESPONSIBILITIES, named(stretch.outcome, facts), strict=True)
            if a is not None
        }
        assert found == first_match.answers(facts, readings, day), (day, facts, readings)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_day_before_the_day_and_the_day_after_the_notice(offset: int) -> None:
    """Completed by the day of the notice is stock; a day later it is not."""
    day = NOTICE + timedelta(days=offset)
    facts = Facts("lk", site_street="xinandu", signed_on=date(2019, 5, 6), completed_on=day)
    timeline = stretches([(date.min, facts)], [(date.min, registries.ground())])
    assert timeline[-1].outcome.rule == ("3.1-transfer" if offset <= 0 else "3.2-out-of-plate")
    assert [s.from_ for s in timeline] == ([NOTICE] if offset <= 0 else [NOTICE, day])


@pytest.mark.parametrize(("offset", "rule"), [(-1, "3.1-changqing"), (0, "3.1-changqing"), (1, "none")])
def test_the_changqing_block_takes_what_had_begun_by_the_day_of_the_notice(offset: int, rule: str) -> None:
    facts = Facts("xingou", site_street="changqing", signed_on=NOTICE + timedelta(days=offset))
    assert stretches([(date.min, facts)], [(date.min, registries.ground())])[0].outcome.rule == rule


def test_both_sides_of_completion() -> None:
    facts = Facts("jd", site_street="jinyinhu", signed_on=date(2020, 8, 1), completed_on=date(2021, 4, 15))
    before, after = stretches([(date.min, facts)], [(date.min, registries.ground())])
    assert before.from_ == date(2020, 8, 1) and not before.case.completed
    assert after.from_ == date(2021, 4, 15) and after.case.completed


def test_two_rules_left_standing_are_an_error_that_names_both() -> None:
    notice = Notice("试验")

    @notice.clause("a", "一")
    def a(project: Case, readings: Readings) -> Conditions:
        """甲"""
        yield "总是", True
        return Result(Role.SITE)

    @notice.clause("b", "二")
    def b(project: Case, readings: Readings) -> Conditions:
        """乙"""
        yield "总是", True
        return Result(Role.BOOKS)

    facts = Facts("jd", site_street="cihui", signed_on=NOTICE)
    case = registries.ground().case(facts, NOTICE, None, NOTICE)
    with pytest.raises(RulesConflict, match=r"a / b"):
        notice.decide(case, Readings(), NOTICE)


def test_an_amended_clause_is_a_new_function_and_the_past_still_computes() -> None:
    notice = Notice("试验")
    amended = date(2022, 1, 1)

    @notice.clause("x", "一", until=amended)
    def old(project: Case, readings: Readings) -> Conditions:
        """旧"""
        yield "总是", True
        return Result(Role.BOOKS)

    @notice.clause("x", "一", since=amended)
    def new(project: Case, readings: Readings) -> Conditions:
        """新"""
        yield "总是", True
        return Result(Role.SITE)

    case = registries.ground().case(Facts("jd", site_street="cihui", signed_on=NOTICE), NOTICE, None, NOTICE)
    assert notice.changes == [amended]
    assert notice.decide(case, Readings(), amended - timedelta(days=1))[1].lead is Role.BOOKS
    assert notice.decide(case, Readings(), amended)[1].lead is Role.SITE


def test_every_rule_that_may_be_overruled_exists() -> None:
    ids = {clause.id for clause in WLKB_2020_1.clauses}
    for clause in WLKB_2020_1.clauses:
        assert clause.overrides <= ids, clause.id
        assert clause.stage in Stage


def test_the_walk_stops_at_the_first_condition_that_fails() -> None:
    facts = Facts("jd", site_street="jinyinhu", signed_on=date(2020, 8, 1))
    case = registries.ground().case(facts, date(2020, 8, 1), None, date(2020, 8, 1))
    verdicts = attribute(case, Readings(), edition(date(2020, 8, 1))).verdicts
    for verdict in verdicts:
        assert all(seen.holds for seen in verdict.seen[:-1])
        assert verdict.seen[-1].holds == verdict.applies
    applied = [verdict for verdict in verdicts if verdict.applies]
    assert [(verdict.rule, verdict.overruled_by) for verdict in applied] == [("3.2-out-of-plate", None)]
