"""The foundation: units, streets, areas, plates, industries, readings and targets, from `seeds/` into the books."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from crm.db import db, transaction
from crm.models import AdjudicatorTerm, FocusIndustry, Industry, PlateTerm, ReadingTerm, Street, Target, User
from crm.rules.facts import NOTICE_DAY
from crm.services import indicators, industries, readings, units
from crm.sheets.vocabulary import rows

TARGET_YEAR = 2021
TARGETS_FROM = date(TARGET_YEAR, 1, 1)


def load() -> None:
    """Adds what is missing of the foundation, all or nothing; what is there stays as it is, whoever changed it."""
    with transaction():
        add_ground(actor=None)
        add_targets(actor=None)


def add_ground(*, actor: User | None) -> None:
    """Adds what is missing of everything that attribution stands on."""
    _add_units(actor)
    _add_streets(actor)
    _add_areas(actor)
    _add_plates(actor)
    _add_focus_industries(actor)
    _add_industries(actor)
    _add_readings(actor)
    _add_adjudicator(actor)


def add_targets(*, actor: User | None) -> None:
    """Adds the targets of 2021 that are missing, in force from the first day of that year."""
    known = {
        (target.code, target.scope)
        for target in db.session.scalars(select(Target).where(Target.year == TARGET_YEAR))
    }
    for row in rows("targets_2021.csv"):
        if (row["code"], row["scope"]) not in known:
            indicators.set_target(TARGET_YEAR, valid_from=TARGETS_FROM, actor=actor, **row)


def _add_units(actor: User | None) -> None:
    known = {unit.code for unit in units.all_units()}
    for row in rows("units.csv"):
        if row["code"] not in known:
            units.add_unit(
                row["code"],
                kind=row["kind"],
                name=row["name"],
                full_name=row["full_name"],
                name_en=row["name_en"],
                aliases=[alias for alias in row["aliases"].split(";") if alias],
                source=row["source"],
                actor=actor,
            )


def _add_streets(actor: User | None) -> None:
    known = set(db.session.scalars(select(Street.unit_id)))
    named = units.unit_names()
    tiles = {row["street"]: row for row in rows("street_tiles.csv")}
    for row in rows("streets.csv"):
        unit = named[row["short_name"]]
        if unit.id not in known:
            tile = tiles[row["short_name"]]
            units.add_street(
                unit,
                admin_code=row["code"],
                full_name=row["name"],
                kind=row["kind"],
                tile_column=int(tile["column"]),
                tile_row=int(tile["row"]),
                actor=actor,
            )


def _add_areas(actor: User | None) -> None:
    known = {area.name for area in units.all_areas()}
    named = units.unit_names()
    for row in rows("areas.csv"):
        if row["name"] not in known:
            street = named[row["streets"]] if row["streets"] else None
            units.add_area(row["name"], street=street, note=row["note"], actor=actor)


def _add_plates(actor: User | None) -> None:
    known = {(term.office_id, term.street_id, term.area_id) for term in db.session.scalars(select(PlateTerm))}
    streets = units.unit_names()
    areas = {area.name: area for area in units.all_areas()}
    for row in rows("plates.csv"):
        office = units.unit_by_code(row["office"])
        street = streets[row["place"]] if row["place_kind"] == "street" else None
        area = None if street else areas[row["place"]]
        if (office.id, street.id if street else None, area.id if area else None) not in known:
            units.set_plate(
                office,
                place=street or areas[row["place"]],
                valid_from=date.fromisoformat(row["valid_from"]),
                clause=row["clause"],
                actor=actor,
            )


def _add_focus_industries(actor: User | None) -> None:
    known = {(row.unit_id, row.name) for row in db.session.scalars(select(FocusIndustry))}
    for row in rows("focus_industries.csv"):
        office = units.unit_by_code(row["office"])
        if (office.id, row["focus"]) not in known:
            units.add_focus_industry(office, name=row["focus"], clause=row["clause"], actor=actor)


def _add_industries(actor: User | None) -> None:
    known = set(db.session.scalars(select(Industry.code)))
    missing: list[dict[str, object]] = [
        {
            "code": row["code"],
            "name": row["name"],
            "level": int(row["level"]),
            "parent": row["parent"] or None,
            "section": row["section"],
        }
        for row in rows("gbt4754.csv")
        if row["code"] not in known
    ]
    if missing:
        # A parent is inserted before what it holds: the foreign key is checked row by row.
        industries.load_industries(sorted(missing, key=lambda row: (row["level"], row["code"])), actor=actor)


def _add_readings(actor: User | None) -> None:
    known = set(db.session.scalars(select(ReadingTerm.code)))
    for row in rows("readings.csv"):
        if row["built_in"] == "1" and row["code"] not in known:
            readings.set_reading(
                row["code"], choice=row["choice"], basis=row["clause"], valid_from=NOTICE_DAY, actor=actor
            )


def _add_adjudicator(actor: User | None) -> None:
    if db.session.scalar(select(AdjudicatorTerm.id).limit(1)) is None:
        # Clause 五(一): the working group's office is in 区商务局.
        readings.set_adjudicator(units.unit_by_code("swj"), valid_from=NOTICE_DAY, actor=actor)
