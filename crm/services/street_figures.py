"""What is sited in each street and each area on a day: projects by stage, their investment, and the undetermined ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import contains_eager

from crm.db import db
from crm.models import StreetTerm, Unit, User, as_of
from crm.services.standpoint import Standpoint

SHOWN = ("projects", "signed", "construction_started", "completed", "investment", "undetermined")
"""The figures a map can show; the three stages are how far each project has come, and add up to `projects`."""


@dataclass
class Sited:
    """The projects of one place; `investment` in fen."""

    projects: int = 0
    signed: int = 0
    construction_started: int = 0
    completed: int = 0
    investment: int = 0
    undetermined: int = 0

    def __iadd__(self, other: Sited) -> Sited:
        for name in SHOWN:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True)
class Places:
    """Street id → what is sited there, area id → the same, and the projects sited nowhere yet."""

    streets: dict[int, Sited]
    areas: dict[int, Sited]
    unsited: Sited

    @property
    def total(self) -> Sited:
        """All projects, those without a site among them."""
        return added([*self.streets.values(), self.unsited])


def by_place(user: User | None, seen: Standpoint) -> Places:
    """The projects that have begun by the day, where they are sited: one statement."""
    facts = seen.facts
    stage = case(
        (facts.completed_on <= seen.day, "completed"),
        (facts.construction_started_on <= seen.day, "construction_started"),
        else_="signed",
    )
    each = seen.select(
        user,
        facts.site_street_id.label("street"),
        facts.site_area_id.label("area"),
        stage.label("stage"),
        seen.undetermined.label("undetermined"),
        facts.total_investment_fen.label("fen"),
    ).subquery()
    groups = (each.c.street, each.c.area, each.c.stage, each.c.undetermined)
    query = select(*groups, func.count(), func.sum(each.c.fen)).group_by(*groups)
    found = Places({}, {}, Sited())
    for street_id, area_id, reached, undetermined, count, fen in db.session.execute(query):
        one = Sited(count, investment=int(fen or 0), undetermined=count if undetermined else 0)
        setattr(one, reached, count)
        if street_id is None:
            place: Any = found.unsited
        else:
            place = found.streets.setdefault(street_id, Sited())
        place += one
        if area_id is not None:
            area = found.areas.setdefault(area_id, Sited())
            area += one
    return found


def streets(day: date, known: datetime | None = None) -> list[tuple[Unit, bool]]:
    """Every street with its place on the map, and whether projects can be sited there on the day: two statements."""
    active = {term.unit_id for term in db.session.scalars(as_of(StreetTerm, day, known)) if term.active}
    query = select(Unit).join(Unit.street).options(contains_eager(Unit.street)).order_by(Unit.position)
    return [(street, street.id in active) for street in db.session.scalars(query)]


def added(places: Iterable[Sited]) -> Sited:
    """Several places together."""
    whole = Sited()
    for one in places:
        whole += one
    return whole
