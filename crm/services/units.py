"""Units, streets, areas and plates on any day, as known at any instant; and the verbs that add rows to
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from crm.db import db
from crm.errors import NotFound, Refused
from crm.messages import N_
from crm.models import (
    Area,
    AreaTerm,
    FocusIndustry,
    PlateTerm,
    Street,
    StreetTerm,
    Unit,
    UnitTerm,
    User,
    as_of,
)
from crm.models.units import KINDS
from crm.periods import ALWAYS
from crm.services import history


@dataclass(frozen=True)
class Plate:
    """The places of an office's plate on a day: ids of streets (their units') and of areas."""

    street_ids: frozenset[int] = frozenset()
    area_ids: frozenset[int] = frozenset()


def all_units() -> list[Unit]:
    """Every unit there ever was, in the order of the unit table."""
    return list(db.session.scalars(select(Unit).order_by(Unit.position)))


def all_areas() -> list[Area]:
    """Every area there ever was, in order."""
    return list(db.session.scalars(select(Area).order_by(Area.position)))


def unit_by_code(code: str) -> Unit:
    """The unit with this code; raises NotFound."""
    unit = db.session.scalar(select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound(N_("没有单位 %(code)s"), code=code)
    return unit


def unit_names() -> dict[str, Unit]:
    """Every name a unit answers to (short, full, aliases) → the unit. A short name wins over another's
    alias.
    """
    units = all_units()
    names = {str(alias): unit for unit in units for alias in unit.aliases}
    names |= {unit.full_name: unit for unit in units}
    names |= {unit.name: unit for unit in units}
    return names


def active_units(day: date, known: datetime | None = None) -> list[Unit]:
    """The units that exist on a day, in the order of the unit table."""
    ids = {term.unit_id for term in db.session.scalars(as_of(UnitTerm, day, known)) if term.active}
    return [unit for unit in all_units() if unit.id in ids]


def active_streets(day: date, known: datetime | None = None) -> list[Unit]:
    """The streets a project can be sited in on a day, in the order of the unit table."""
    ids = {term.unit_id for term in db.session.scalars(as_of(StreetTerm, day, known)) if term.active}
    return [unit for unit in all_units() if unit.id in ids]


def active_areas(day: date, known: datetime | None = None) -> dict[Area, int | None]:
    """The areas that exist on a day, in order, each with the id of the street it lies in (none:
    several, unknown).
    """
    lies_in = {
        term.area_id: term.street_id
        for term in db.session.scalars(as_of(AreaTerm, day, known))
        if term.active
    }
    return {area: lies_in[area.id] for area in all_areas() if area.id in lies_in}


def plates(day: date, known: datetime | None = None) -> dict[int, Plate]:
    """Office id → its plate on a day; an office with no place in its plate is left out."""
    rows = [term for term in db.session.scalars(as_of(PlateTerm, day, known)) if term.included]
    return {
        office_id: Plate(
            frozenset(
                row.street_id for row in rows if row.office_id == office_id and row.street_id is not None
            ),
            frozenset(row.area_id for row in rows if row.office_id == office_id and row.area_id is not None),
        )
        for office_id in {row.office_id for row in rows}
    }


def focus_industries(office: Unit) -> list[FocusIndustry]:
    """What the notice has an office focus on, in its order."""
    query = select(FocusIndustry).where(FocusIndustry.unit_id == office.id)
    return list(db.session.scalars(query.order_by(FocusIndustry.position)))


def add_unit(
    code: str,
    *,
    kind: str,
    name: str,
    full_name: str,
    name_en: str,
    aliases: Sequence[str] = (),
    source: str,
    valid_from: date = ALWAYS,
    actor: User | None,
) -> Unit:
    """Adds a unit after those there are, existing from a day on. Raises Refused for a taken code or
    name or an unknown kind.
    """
    if kind not in KINDS:
        raise Refused(N_("没有单位类别 %(kind)s"), field="kind", kind=kind)
    if db.session.scalar(select(Unit.id).where((Unit.code == code) | (Unit.name == name))):
        raise Refused(N_("单位 %(name)s（%(code)s）已存在"), field="code", name=name, code=code)
    unit = Unit(
        code=code,
        kind=kind,
        position=_next(Unit.position),
        name=name,
        full_name=full_name,
        name_en=name_en,
        aliases=list(aliases),
        source=source,
    )
    db.session.add(unit)
    db.session.flush()
    db.session.add(UnitTerm(unit_id=unit.id, valid_from=valid_from, active=True))
    history.record("unit.added", unit, actor=actor, code=code, name=name, valid_from=valid_from)
    return unit


def set_unit_term(unit: Unit, *, active: bool, valid_from: date, actor: User | None) -> UnitTerm:
    """From a day on the unit exists, or no longer does."""
    term = UnitTerm(unit_id=unit.id, valid_from=valid_from, active=active)
    db.session.add(term)
    history.record("unit.term_set", unit, actor=actor, active=active, valid_from=valid_from)
    return term


def add_street(
    unit: Unit,
    *,
    admin_code: str,
    full_name: str,
    kind: str,
    tile_column: int | None = None,
    tile_row: int | None = None,
    valid_from: date = ALWAYS,
    actor: User | None,
) -> Street:
    """Makes a unit a street projects can be sited in, from a day on. Raises Refused where the unit is
    no street.
    """
    _must_be("street", unit)
    street = Street(
        unit_id=unit.id,
        admin_code=admin_code,
        full_name=full_name,
        kind=kind,
        tile_column=tile_column,
        tile_row=tile_row,
    )
    db.session.add(street)
    db.session.flush()
    db.session.add(StreetTerm(unit_id=unit.id, valid_from=valid_from, active=True))
    history.record("street.added", street, actor=actor, admin_code=admin_code, valid_from=valid_from)
    return street


def set_street_term(unit: Unit, *, active: bool, valid_from: date, actor: User | None) -> StreetTerm:
    """From a day on projects can be sited in the street, or no longer can."""
    _must_be("street", unit)
    term = StreetTerm(unit_id=unit.id, valid_from=valid_from, active=active)
    db.session.add(term)
    history.record("street.term_set", unit, actor=actor, active=active, valid_from=valid_from)
    return term


def add_area(
    name: str,
    *,
    street: Unit | None = None,
    note: str = "",
    valid_from: date = ALWAYS,
    actor: User | None,
) -> Area:
    """Adds an area, lying in a street (none: in several or unknown) from a day on. Raises Refused for a
    taken name.
    """
    if db.session.scalar(select(Area.id).where(Area.name == name)):
        raise Refused(N_("片区 %(name)s 已存在"), field="name", name=name)
    area = Area(name=name, position=_next(Area.position), note=note)
    db.session.add(area)
    db.session.flush()
    history.record("area.added", area, actor=actor, name=name, valid_from=valid_from)
    _add_area_term(area, street, True, valid_from)
    return area


def set_area_term(
    area: Area, *, street: Unit | None, active: bool = True, valid_from: date, actor: User | None
) -> AreaTerm:
    """From a day on the area lies in a street (none: in several or unknown), or no longer exists."""
    term = _add_area_term(area, street, active, valid_from)
    history.record(
        "area.term_set",
        area,
        actor=actor,
        street=street.code if street else None,
        active=active,
        valid_from=valid_from,
    )
    return term


def set_plate(
    office: Unit,
    *,
    place: Unit | Area,
    included: bool = True,
    valid_from: date,
    clause: str,
    actor: User | None,
) -> PlateTerm:
    """From a day on a place, a street or an area, is in the office's plate, or no longer is.

    Raises Refused where the unit is no office or the place no street.
    """
    _must_be("office", office)
    term = PlateTerm(office_id=office.id, included=included, valid_from=valid_from, clause=clause)
    if isinstance(place, Unit):
        _must_be("street", place)
        term.street_id = place.id
    else:
        term.area_id = place.id
    db.session.add(term)
    history.record(
        "plate.set",
        office,
        actor=actor,
        place=place.name,
        included=included,
        valid_from=valid_from,
        clause=clause,
    )
    return term


def add_focus_industry(office: Unit, *, name: str, clause: str, actor: User | None) -> FocusIndustry:
    """Adds what the notice has an office focus on, after what there is. Raises Refused where the unit
    is no office.
    """
    _must_be("office", office)
    row = FocusIndustry(
        unit_id=office.id, position=len(focus_industries(office)) + 1, name=name, clause=clause
    )
    db.session.add(row)
    history.record("focus_industry.added", office, actor=actor, name=name, clause=clause)
    return row


def _add_area_term(area: Area, street: Unit | None, active: bool, valid_from: date) -> AreaTerm:
    if street is not None:
        _must_be("street", street)
    term = AreaTerm(
        area_id=area.id, street_id=street.id if street else None, active=active, valid_from=valid_from
    )
    db.session.add(term)
    db.session.flush()
    return term


def _must_be(kind: str, unit: Unit) -> None:
    if unit.kind != kind:
        message = N_("%(name)s 不是产业办") if kind == "office" else N_("%(name)s 不是街道")
        raise Refused(message, name=unit.name)


def _next(position: object) -> int:
    return int(db.session.scalar(select(func.coalesce(func.max(position), 0))) or 0) + 1
