"""What is sited in each street and each area on a day: projects by stage, their investment, and the undetermined ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select, union_all
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
    """The projects that have begun by the day, where they are sited: two statements."""
    streets = _sited(user, seen, "site_street_id")
    unsited = streets.pop(None, Sited())
    areas = _sited(user, seen, "site_area_id", sited=True)
    return Places(streets, areas, unsited)


def _sited(user: User | None, seen: Standpoint, place: str, *, sited: bool = False) -> dict[Any, Sited]:
    """Id of a place → what is sited there, of streets in the order of an index that has all of it: one statement."""
    queries = []
    for one in seen.parts():
        facts, where = one.facts, getattr(one.facts, place)
        completed = facts.completed_on <= seen.day
        started = and_(
            facts.construction_started_on <= seen.day, or_(facts.completed_on.is_(None), ~completed)
        )
        query = one.select(
            user,
            where,
            func.count(),
            func.count(case((started, 1))),
            func.count(case((completed, 1))),
            func.sum(facts.total_investment_fen),
            func.count(case((one.undetermined, 1))),
        )
        queries.append((query.where(where.is_not(None)) if sited else query).group_by(where))
    found: dict[Any, Sited] = {}
    for id_, count, begun, done, fen, undetermined in db.session.execute(union_all(*queries)):
        more = Sited(count, count - begun - done, begun, done, int(fen or 0), undetermined)
        found[id_] = added([found.get(id_, Sited()), more])
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
