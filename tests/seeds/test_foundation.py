"""The foundation goes into the books once, on both databases."""

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from crm.db import Base, db, transaction
from crm.models import Industry, PlateTerm, Target
from crm.rules.facts import CHOICES, NOTICE_DAY, Readings
from crm.seeds import foundation
from crm.services import indicators, industries, readings, units
from crm.sheets.vocabulary import rows

EXPECTED = {
    "units": 32,
    "unit_terms": 32,
    "streets": 12,
    "street_terms": 12,
    "areas": 4,
    "area_terms": 4,
    "plate_terms": 8,
    "focus_industries": 22,
    "industries": 1971,
    "reading_terms": 11,
    "adjudicator_terms": 1,
    "targets": 139,
}


def content() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        table.name: [tuple(row) for row in db.session.execute(select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
    }


def test_the_second_load_changes_nothing(app: Flask) -> None:
    with app.app_context():
        foundation.load()
        before = content()
        foundation.load()
        assert content() == before
        assert {name: len(before[name]) for name in EXPECTED} == EXPECTED


def test_what_the_bureau_changed_stays_changed(app: Flask) -> None:
    with app.app_context():
        foundation.load()
        with transaction():
            jd = units.unit_by_code("jd")
            place = units.unit_by_code("jinghe")
            units.set_plate(
                jd, place=place, included=False, valid_from=date(2021, 1, 1), clause="test", actor=None
            )
            readings.set_reading("R5", choice="out-of-plate", basis="test", valid_from=NOTICE_DAY, actor=None)
        foundation.load()
        assert place.id not in units.plates(date(2021, 1, 1))[jd.id].street_ids
        assert readings.readings(NOTICE_DAY)["R5"] == "out-of-plate"
        assert db.session.scalar(select(func.count()).select_from(PlateTerm)) == EXPECTED["plate_terms"] + 1


def test_what_is_missing_is_added(app: Flask) -> None:
    with app.app_context():
        with transaction():
            foundation.add_ground(actor=None)
        assert db.session.scalar(select(func.count()).select_from(Target)) == 0
        foundation.load()
        assert len(indicators.targets(2021, date(2021, 6, 3))) == EXPECTED["targets"]
        assert indicators.targets(2021, date(2020, 12, 31)) == []


def test_the_standard_has_its_classes_and_each_a_parent(app: Flask) -> None:
    with app.app_context():
        foundation.load()
        levels = dict(db.session.execute(select(Industry.level, func.count()).group_by(Industry.level)).all())
        assert levels == {1: 20, 2: 97, 3: 473, 4: 1381}
        found = industries.all_industries()
        by_code = {row.code: row for row in found}
        for row in found:
            if row.level == 1:
                assert row.parent is None and row.section == row.code
            else:
                parent = by_code[str(row.parent)]
                assert parent.level == row.level - 1 and parent.section == row.section
                assert row.level == 2 or row.code.startswith(parent.code)


def test_the_plates_are_those_of_the_notice(app: Flask) -> None:
    with app.app_context():
        foundation.load()
        streets = {unit.id: unit.name for unit in units.all_units()}
        areas = {area.id: area.name for area in units.all_areas()}
        found = {
            streets[office]: {streets[i] for i in plate.street_ids} | {areas[i] for i in plate.area_ids}
            for office, plate in units.plates(NOTICE_DAY).items()
        }
        assert found == {
            "机电产业办": {"长青街", "径河街"},
            "食品医药产业办": {"走马岭街"},
            "综合保税物流产业办": {"综保区一期", "综保区二期", "走马岭街"},
            "高新技术产业办": {"长青街1平方公里经济园区"},
            "临空产业办": {"柏泉街"},
        }
        assert units.plates(date(2020, 4, 26)) == {}


def test_the_readings_are_those_the_rules_have_built_in(app: Flask) -> None:
    with app.app_context():
        foundation.load()
        assert readings.readings(NOTICE_DAY) == Readings()._asdict()
        adjudicator = readings.adjudicator(NOTICE_DAY)
        assert adjudicator is not None and adjudicator.code == "swj"


def test_every_choice_of_the_rules_is_explained_and_the_first_is_built_in() -> None:
    explained: dict[str, list[str]] = {}
    for row in rows("readings.csv"):
        choices = explained.setdefault(row["code"], [])
        assert row["built_in"] == ("0" if choices else "1")
        assert all(
            row[column] for column in ("question_zh", "question_en", "clause", "meaning_zh", "meaning_en")
        )
        choices.append(row["choice"])
    assert list(explained) == list(Readings._fields)
    assert {code: tuple(choices) for code, choices in explained.items() if code in CHOICES} == dict(CHOICES)
