"""What the books and the notice say of a unit on a day: since when it exists, its plate, what it focuses on, its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.models import Area, FocusIndustry, PlateTerm, Unit, UnitTerm, User, as_of, terms
from crm.services import posts
from crm.services.units import focus_industries


@dataclass(frozen=True)
class PlatePart:
    """A street or an area in the plate of an office, since when, by which clause."""

    office_id: int
    place: Unit | Area
    since: date
    clause: str


@dataclass(frozen=True)
class Profile:
    """A unit on a day."""

    exists: bool
    since: date | None
    """The first day of what holds on the day: of its being there, or of its being gone."""
    until: date | None
    """The day from which it is known to be no more; none where it goes on."""
    plate: tuple[PlatePart, ...]
    """An office's plate; of a street, the plates it is in whole or with an area."""
    focus: tuple[FocusIndustry, ...]


def profile(unit: Unit, units: Mapping[int, Unit], day: date, known: datetime | None = None) -> Profile:
    """What holds of a unit on a day, as known at an instant (None: now): four statements at most."""
    rows = db.session.scalars(terms(UnitTerm, known).where(UnitTerm.unit_id == unit.id))
    steps = list({row.valid_from: row.active for row in rows}.items())
    held = [(since, active) for since, active in steps if since <= day]
    exists = bool(held and held[-1][1])
    gone = next((since for since, active in steps if since > day and not active), None)
    parts = plate_parts(units, day, known)
    return Profile(
        exists,
        held[-1][0] if held else None,
        gone if exists else None,
        tuple(part for part in parts if unit.id in (part.office_id, _street_of(part))),
        tuple(focus_industries(unit)) if unit.is_office else (),
    )


def plate_parts(units: Mapping[int, Unit], day: date, known: datetime | None = None) -> list[PlatePart]:
    """Every place in an office's plate on a day, in the order in which they were laid down: two statements."""
    areas = {area.id: area for area in db.session.scalars(select(Area))}
    return [
        PlatePart(
            term.office_id,
            units[term.street_id] if term.street_id is not None else areas[term.area_id or 0],
            term.valid_from,
            term.clause,
        )
        for term in db.session.scalars(as_of(PlateTerm, day, known))
        if term.included
    ]


def people_of(unit: Unit) -> list[User]:
    """Those who hold a post in a unit today and may sign in, by name: two statements."""
    held = posts.holders(unit, clock.today())
    query = select(User).where(User.id.in_(held), User.active, ~User.locked)
    return list(db.session.scalars(query.order_by(User.name, User.id)))


def _street_of(part: PlatePart) -> int | None:
    return part.place.id if isinstance(part.place, Unit) else None
