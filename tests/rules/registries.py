"""Random projects and readings for the property tests of the rules."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

from crm.rules.facts import CHOICES, Facts, Ground, Readings
from crm.sheets.vocabulary import seeded_ground, seeded_vocabulary
from tests.rules.first_match import PLATES, STREETS

VOCABULARY = seeded_vocabulary()
OFFICES = sorted(PLATES)
UNITS = [*OFFICES, *sorted(STREETS), "swj"]
AREAS = ["综保区一期", "综保区二期", "长青街1平方公里经济园区", "中小企业城"]
NOTICE = date(2020, 4, 27)


@cache
def ground(readings: Readings = Readings()) -> Ground:
    """The ground as the notice laid it, under some readings."""
    return seeded_ground(VOCABULARY, readings)


# few days, close to the notice and to one another: boundaries are where rules go wrong
days = st.one_of(
    st.sampled_from([NOTICE + timedelta(days=n) for n in (-400, -2, -1, 0, 1, 2, 30, 400)]),
    st.dates(date(2012, 1, 1), date(2022, 12, 31)),
)
streets = st.sampled_from([*sorted(STREETS), "changqing", "zoumaling", "cihui"])


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """A project that a registry may hold."""
    attracted_by = draw(st.none() | st.sampled_from(UNITS) | st.sampled_from(OFFICES))
    served_by = draw(st.none() | st.sampled_from([*UNITS, "xingou", "dongshan"]))
    if attracted_by is None and served_by is None:
        attracted_by = "jd"
    life = sorted(draw(st.lists(days, min_size=3, max_size=3)))
    given_days = draw(st.lists(st.booleans(), min_size=3, max_size=3).filter(any))
    signed, started, completed = (day if given else None for day, given in zip(life, given_days, strict=True))
    return Facts(
        attracted_by,
        served_by,
        draw(st.sampled_from(["new_introduction", "expansion", "relocation"])),
        draw(st.none() | streets),
        draw(st.none() | streets | streets),
        draw(st.none() | st.none() | st.sampled_from(AREAS)),
        draw(st.none() | streets),
        draw(st.booleans()),
        draw(st.none() | st.none() | st.none() | st.sampled_from(["boe", "corning", "full_chain"])),
        signed,
        started,
        completed,
    )


readings = st.builds(
    Readings,
    **{code: st.sampled_from(choices) for code, choices in CHOICES.items()},
    R8=st.sampled_from(["2020-04-27", "2020-06-30", "2021-01-01", "2020-01-01"]),
)
