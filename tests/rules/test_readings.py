"""Each choice of each reading moves what it should and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from crm.rules.facts import CHOICES, Facts, Readings
from crm.rules.timeline import Period, periods, stretches
from tests.rules.registries import ground

SIGNED = date(2020, 8, 1)
PIPELINE = {"signed_on": SIGNED}
STOCK = {"signed_on": date(2012, 1, 1), "completed_on": date(2014, 1, 1)}


def found(facts: Facts, readings: Readings) -> dict[str, Period]:
    """The first period of each responsibility."""
    result: dict[str, Period] = {}
    for period in periods(stretches([(date.min, facts)], [(date.min, ground(readings))])):
        result.setdefault(period.responsibility, period)
    return result


CASES = [
    # code, other choice, facts, responsibility, (lead, rule) as built in, (lead, rule) under the other choice
    ("R1", "street", Facts("jd", site_street="cihui", **PIPELINE), "indicators", ("jd", "3.2-out-of-plate"), ("cihui", "3.2-out-of-plate")),
    ("R1", "street", Facts("jd", site_street="cihui", **PIPELINE), "landing", ("jd", "3.2-out-of-plate"), ("jd", "3.2-out-of-plate")),
    ("R2", "named-only", Facts("sy", site_street="cihui", named_major="full_chain", **PIPELINE), "indicators", ("jd", "3.1-named-major"), ("sy", "3.2-out-of-plate")),
    ("R2", "named-only", Facts("sy", site_street="cihui", named_major="boe", **PIPELINE), "indicators", ("jd", "3.1-named-major"), ("jd", "3.1-named-major")),
    ("R3", "first-named", Facts("zb", site_street="zoumaling", **STOCK), "indicators", ("zb", "3.1-retain"), ("zoumaling", "3.1-transfer")),
    ("R3", "first-named", Facts("sy", site_street="zoumaling", **STOCK), "indicators", ("sy", "3.1-retain"), ("sy", "3.1-retain")),
    ("R3", "first-named", Facts("zb", site_street="zoumaling", site_area="综保区一期", **STOCK), "indicators", ("zb", "3.1-retain"), ("zb", "3.1-retain")),
    ("R4", "whole-street", Facts("gx", site_street="changqing", **STOCK), "indicators", ("changqing", "3.1-transfer"), ("gx", "3.1-retain")),
    ("R5", "out-of-plate", Facts("xf", site_street="cihui", **STOCK), "indicators", ("xf", "none"), ("cihui", "3.1-transfer")),
    ("R5", "out-of-plate", Facts("xf", site_street="cihui", **PIPELINE), "landing", ("xf", "3.2-no-plate"), ("xf", "3.2-out-of-plate")),
    ("R6", "site-street", Facts("wujiashan", site_street="cihui", **PIPELINE), "indicators", ("wujiashan", "none"), ("cihui", "2-street-duty")),
    ("R6", "site-street", Facts("swj", site_street="cihui", **STOCK), "indicators", ("swj", "none"), ("cihui", "2-street-duty")),
    ("R6", "site-street", Facts("swj", "jd", site_street="cihui", **PIPELINE), "indicators", ("jd", "none"), ("jd", "none")),
    ("R9", "site-street", Facts("jd", site_street="jinghe", **STOCK), "policy_delivery", ("jd", "3.1-retain"), ("jinghe", "2-street-duty")),
    ("R9", "site-street", Facts("jd", **PIPELINE), "policy_delivery", ("jd", "3.2-unsited"), ("jd", "3.2-unsited")),
    ("R10", "stock-only", Facts("xingou", site_street="changqing", signed_on=date(2020, 3, 1)), "indicators", ("changqing", "3.1-changqing"), ("xingou", "none")),
    ("R10", "stock-only", Facts("xingou", site_street="changqing", **STOCK), "indicators", ("changqing", "3.1-changqing"), ("changqing", "3.1-changqing")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "other", "facts", "responsibility", "built_in", "changed"), CASES)
def test_a_choice_moves_what_it_should(
    code: str,
    other: str,
    facts: Facts,
    responsibility: str,
    built_in: tuple[str, str],
    changed: tuple[str, str],
) -> None:
    before = found(facts, Readings())[responsibility].attribution
    after = found(facts, Readings()._replace(**{code: other}))[responsibility].attribution
    assert (before.lead, before.rule) == built_in
    assert (after.lead, after.rule) == changed


def test_every_choice_is_tried() -> None:
    tried = {(code, other) for code, other, *_ in CASES} | {("R11", "none")}
    assert tried == {(code, other) for code, choices in CHOICES.items() for other in choices[1:]}
    assert all(getattr(Readings(), code) == choices[0] for code, choices in CHOICES.items())


def test_the_old_streets_part_in_a_move() -> None:
    facts = Facts("cihui", origin="relocation", from_street="cihui", site_street="xingou", **PIPELINE)
    assert found(facts, Readings())["landing"].attribution.assists == ("cihui",)
    assert found(facts, Readings(R11="none"))["landing"].attribution.assists == ()


@pytest.mark.parametrize("first_day", ["2020-01-01", "2020-06-30"])
def test_another_first_day_moves_the_first_day_of_every_period_and_not_what_is_stock(first_day: str) -> None:
    facts = Facts("jd", site_street="cihui", **STOCK)
    moved = found(facts, Readings(R8=first_day))
    assert {period.from_ for period in moved.values()} == {date.fromisoformat(first_day)}
    assert moved["indicators"].attribution == found(facts, Readings())["indicators"].attribution
    later = Facts("lk", site_street="cihui", signed_on=date(2019, 1, 1), completed_on=date(2020, 5, 10))
    assert found(later, Readings(R8="2020-06-30"))["indicators"].attribution.rule == "3.2-out-of-plate"


def test_what_a_reading_without_effect_leaves_alone() -> None:
    facts = Facts("jd", site_street="jinghe", **STOCK)
    for code, choices in CHOICES.items():
        if code in ("R9",):
            continue
        for choice in choices:
            assert found(facts, Readings()._replace(**{code: choice})) == found(facts, Readings())
