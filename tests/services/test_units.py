"""Units, plates and readings on any day, as known at any instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm import clock
from crm.errors import NotFound, Refused
from crm.models import PlateTerm, terms
from crm.periods import ALWAYS
from crm.services import history, readings, units
from tests import build
from tests.build import NOTICE

BEFORE = NOTICE - timedelta(days=1)
RECORDED = datetime(2020, 4, 27, 2, 0, tzinfo=UTC)
CORRECTED = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)
BETWEEN = datetime(2020, 5, 1, tzinfo=UTC)
JULY = date(2020, 7, 1)


@pytest.fixture
def small(session: Any) -> build.District:
    with clock.at(NOTICE, RECORDED):
        return build.district()


def corrected() -> Any:
    return clock.at(CORRECTED.date(), CORRECTED)


def test_units_are_found_by_code_and_by_every_name(small: build.District) -> None:
    bureau = build.unit("fgj", name="区发改局", aliases=["发改局", "机电产业办"])
    assert units.unit_by_code("jd") is small.jd
    names = units.unit_names()
    assert names["发改局"] is names["区发改局全称"] is bureau
    assert names["机电产业办"] is small.jd, "a short name wins over another's alias"
    with pytest.raises(NotFound, match="xx"):
        units.unit_by_code("xx")


def test_units_are_listed_in_the_order_they_were_added(small: build.District) -> None:
    assert [unit.code for unit in units.active_units(NOTICE)] == [
        *build.OFFICES,
        *build.STREETS,
        "swj",
    ]
    assert [unit.code for unit in units.active_streets(NOTICE)] == list(build.STREETS)


def test_a_unit_exists_from_its_first_day_until_a_row_says_no(small: build.District) -> None:
    bureau = build.unit("tcj", name="区投资促进局", valid_from=JULY)
    units.set_unit_term(bureau, active=False, valid_from=date(2020, 9, 1), actor=None)
    on = [date(2020, 6, 30), JULY, date(2020, 8, 31), date(2020, 9, 1)]
    assert [bureau in units.active_units(day) for day in on] == [False, True, True, False]


def test_a_street_can_end_and_an_area_can_move(small: build.District) -> None:
    units.set_street_term(small.cihui, active=False, valid_from=JULY, actor=None)
    assert small.cihui in units.active_streets(date(2020, 6, 30))
    assert small.cihui not in units.active_streets(JULY)
    city = small.areas["中小企业城"]
    units.set_area_term(city, street=small.jinghe, valid_from=JULY, actor=None)
    assert units.active_areas(NOTICE)[city] == small.cihui.id
    assert units.active_areas(JULY)[city] == small.jinghe.id
    units.set_area_term(city, street=None, active=False, valid_from=date(2020, 8, 1), actor=None)
    assert city not in units.active_areas(date(2020, 8, 1))


def test_a_plate_begins_on_its_day(small: build.District) -> None:
    assert units.plates(BEFORE) == {}
    plates = units.plates(NOTICE)
    assert plates[small.jd.id] == units.Plate(frozenset({small.changqing.id, small.jinghe.id}))
    assert plates[small.gx.id] == units.Plate(area_ids=frozenset({small.areas["长青街1平方公里经济园区"].id}))
    assert small.xf.id not in plates


def test_a_correction_is_known_only_from_when_it_was_recorded(small: build.District) -> None:
    with corrected():
        units.set_plate(
            small.jd, place=small.jinghe, included=False, valid_from=NOTICE, clause="更正", actor=None
        )
    both = frozenset({small.changqing.id, small.jinghe.id})
    assert units.plates(NOTICE)[small.jd.id].street_ids == {small.changqing.id}
    assert units.plates(NOTICE, known=BETWEEN)[small.jd.id].street_ids == both
    assert units.plates(NOTICE, known=CORRECTED)[small.jd.id].street_ids == {small.changqing.id}
    assert units.plates(NOTICE, known=RECORDED - timedelta(seconds=1)) == {}


def test_a_later_first_day_holds_against_an_earlier_one_recorded_afterwards(small: build.District) -> None:
    units.set_plate(small.xf, place=small.cihui, included=False, valid_from=JULY, clause="后", actor=None)
    with corrected():
        units.set_plate(small.xf, place=small.cihui, valid_from=NOTICE, clause="先", actor=None)
    assert small.xf.id in units.plates(NOTICE)
    assert small.xf.id not in units.plates(JULY)


def test_all_rows_of_a_pattern_are_listed_by_subject_and_day(small: build.District, session: Any) -> None:
    with corrected():
        units.set_plate(
            small.sy, place=small.zoumaling, included=False, valid_from=JULY, clause="调", actor=None
        )
    known = session.scalars(terms(PlateTerm, BETWEEN)).all()
    now = session.scalars(terms(PlateTerm)).all()
    assert len(known) == 4
    assert [row.valid_from for row in now if row.office_id == small.sy.id] == [NOTICE, JULY]


def test_a_place_must_be_a_street_and_its_holder_an_office(small: build.District) -> None:
    with pytest.raises(Refused, match="慈惠街 不是产业办"):
        units.set_plate(small.cihui, place=small.jinghe, valid_from=NOTICE, clause="", actor=None)
    with pytest.raises(Refused, match="区商务局 不是街道"):
        units.set_plate(small.jd, place=small.swj, valid_from=NOTICE, clause="", actor=None)
    with pytest.raises(Refused, match="机电产业办 不是街道"):
        units.add_street(small.jd, admin_code="1", full_name="", kind="", actor=None)


def test_taken_codes_names_and_unknown_kinds_are_refused(small: build.District) -> None:
    with pytest.raises(Refused, match="已存在"):
        build.unit("jd", name="另一个")
    with pytest.raises(Refused, match="已存在"):
        build.unit("another", name="机电产业办")
    with pytest.raises(Refused, match="ministry"):
        build.unit("moc", kind="ministry")
    with pytest.raises(Refused, match="中小企业城"):
        units.add_area("中小企业城", actor=None)


def test_readings_change_on_their_day(small: build.District) -> None:
    for choice, day in (("office", ALWAYS), ("street", JULY)):
        readings.set_reading("R1", choice=choice, basis="三 二是", valid_from=day, actor=None)
    readings.set_reading("R5", choice="undetermined", basis="", valid_from=JULY, actor=None)
    assert readings.readings(date(2020, 6, 30)) == {"R1": "office"}
    assert readings.readings(JULY) == {"R1": "street", "R5": "undetermined"}
    with pytest.raises(Refused, match="R12"):
        readings.set_reading("R12", choice="", basis="", valid_from=JULY, actor=None)


def test_the_adjudicator_passes_on_and_may_be_nobody(small: build.District) -> None:
    readings.set_adjudicator(None, valid_from=JULY, actor=None)
    assert readings.adjudicator(BEFORE) is None
    assert readings.adjudicator(NOTICE) is small.swj
    assert readings.adjudicator(JULY) is None


def test_focus_industries_keep_the_order_of_the_notice(small: build.District) -> None:
    for name in ("智能装备制造产业", "光电子产业"):
        units.add_focus_industry(small.jd, name=name, clause="四", actor=None)
    assert [row.name for row in units.focus_industries(small.jd)] == ["智能装备制造产业", "光电子产业"]


def test_every_verb_is_recorded_with_its_actor(small: build.District) -> None:
    chief = build.user("bureau_head")
    units.set_plate(small.xf, place=small.cihui, valid_from=JULY, clause="调", actor=chief)
    event = history.events(small.xf)[-1]
    assert (event.action, event.actor) == ("plate.set", chief)
    assert event.detail == {"place": "慈惠街", "included": True, "valid_from": "2020-07-01", "clause": "调"}
    with pytest.raises(ValueError, match="no such action"):
        history.record("plate.eaten", actor=chief)
