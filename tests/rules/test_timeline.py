"""Periods neither overlap nor leave a gap, whatever the registry; order does not matter, nor deciding in bulk."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.duties import Responsibility
from crm.rules.explanation import explain
from crm.rules.facts import Facts, Ground, Readings
from crm.rules.timeline import Period, periods, stretches
from crm.sheets import attribution
from crm.sheets.registry import RegistryRow
from tests.rules import registries

ALWAYS_LED = (Responsibility.ENTERPRISE_SERVICE, Responsibility.INDICATORS, Responsibility.ATTRACTION)


def timeline(facts: Facts, ground: Ground) -> list[Period]:
    """The periods of a project whose facts never change."""
    return periods(stretches([(date.min, facts)], [(date.min, ground)]))


@settings(max_examples=300, deadline=None)
@given(registries.facts(), registries.readings)
def test_periods_tile_the_time_from_the_first_day_on(facts: Facts, readings: Readings) -> None:
    found = timeline(facts, registries.ground(readings))
    first = max(facts.begins_on or date.min, readings.first_day)
    for responsibility in Responsibility:
        mine = [period for period in found if period.responsibility == responsibility]
        for earlier, later in itertools.pairwise(mine):
            assert earlier.to == later.from_, "neither overlap nor gap"
            assert earlier.attribution != later.attribution, "periods that touch and agree are one"
        if responsibility in ALWAYS_LED:
            assert mine[0].from_ == first and mine[-1].to is None
        if responsibility == Responsibility.LANDING and mine:
            assert mine[-1].to == facts.completed_on
        if responsibility == Responsibility.WORK_SAFETY:
            assert bool(mine) == (facts.site_street is not None)


@settings(max_examples=200, deadline=None)
@given(registries.facts(), registries.facts(), st.integers(1, 900))
def test_a_change_from_a_day_on_leaves_the_days_before_alone(old: Facts, new: Facts, after: int) -> None:
    new = new._replace(
        signed_on=old.signed_on,
        construction_started_on=old.construction_started_on,
        completed_on=old.completed_on,
    )
    ground = registries.ground()
    begins = max(old.begins_on or date.min, Readings().first_day)
    change = begins + timedelta(days=after)
    both = stretches([(date.min, old), (change, new)], [(date.min, ground)])
    for stretch in both:
        alone = stretches([(date.min, old if stretch.from_ < change else new)], [(date.min, ground)])
        same_day = [s for s in alone if s.from_ <= stretch.from_][-1]
        assert stretch.outcome == same_day.outcome


def test_a_plate_that_changes_moves_what_lies_in_it_from_that_day() -> None:
    facts = Facts("jd", site_street="cihui", signed_on=date(2020, 8, 1))
    wider = Ground(registries.VOCABULARY.kinds, [("jd", "cihui")])
    found = stretches([(date.min, facts)], [(date.min, registries.ground()), (date(2021, 1, 1), wider)])
    assert [(s.from_, s.outcome.rule) for s in found] == [
        (date(2020, 8, 1), "3.2-out-of-plate"),
        (date(2021, 1, 1), "3.2-in-plate"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(registries.facts(), min_size=1, max_size=30), st.integers())
def test_a_shuffled_registry_gives_the_same_and_bulk_equals_one_by_one(
    projects: list[Facts], seed: int
) -> None:
    rows = [RegistryRow(i + 2, f"P{i:03d}", "", "", None, "3525", f, None) for i, f in enumerate(projects)]
    names, as_of = registries.VOCABULARY.names, date(2021, 5, 31)
    in_order = list(attribution.attribute(attribution.numbered(rows), registries.ground(), names, as_of))
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert (
        list(attribution.attribute(attribution.numbered(shuffled), registries.ground(), names, as_of))
        == in_order
    )
    alone = [
        line
        for row in rows
        for line in attribution.lines(row.number, timeline(row.facts, registries.ground()), names, as_of)
    ]
    assert alone == in_order


@settings(max_examples=150, deadline=None)
@given(registries.facts(), registries.readings)
def test_an_explanation_names_exactly_the_readings_whose_other_choice_changes_the_answer(
    facts: Facts, readings: Readings
) -> None:
    stretch = stretches([(date.min, facts)], [(date.min, registries.ground(readings))])[-1]
    explained = explain(stretch)
    for effect in explained.readings:
        other = registries.ground(readings._replace(**{effect.code: effect.other}))
        again = explain(stretches([(date.min, facts)], [(date.min, other)])[-1])
        assert again.attributions != explained.attributions
        assert set(effect.changes) <= {*again.attributions, *((r, None) for r, _ in explained.attributions)}
