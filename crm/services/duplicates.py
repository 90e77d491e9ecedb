"""查重: what a new lead looks like, among the leads that are worked on or wait for triage and the enterprises with projects.

The four levels are those of practice.md: 1 the same credit code, 2 the same normalised name and investor, 3 names alike and
the same investor, 4 names somewhat alike. An investor that one of the two does not name contradicts nothing, so it counts as
the same for level 3. A telephone number decides nothing, and is not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, true, union

from crm import company_names
from crm.db import db
from crm.models import Enterprise, Lead, Project, User
from crm.permissions import allowed, leads_read_by, pooled, visible_to
from crm.services import names, policy
from crm.sheets import credit_codes

MOST = 20
"""Lookalikes that are told."""

CONSIDERED = 50
"""Names that are like it, and records with such a name of either kind, that are looked at."""

LONGEST = 200
"""Characters of a name that are compared."""

STOPS = 3
"""The last level at which a lead cannot be logged as if nothing were there."""

SAME = 100
"""Per cent."""

_COMPARED: ColumnElement[bool] = literal_column("leads.stage IN ('triage', 'registered', 'negotiating')")


@dataclass(frozen=True)
class Lookalike:
    """A lead, or an enterprise with projects, that looks like what was asked about.

    Of a lead that the person may not read there is the number, the unit and the day, and nothing else.
    """

    level: int
    similarity: int
    """Of the names, in per cent."""
    unit_id: int | None
    """The unit that has the lead, or attracted the enterprise's latest project; none where no unit did."""
    since: date | None
    """The day the lead came to the unit, or the enterprise's first project was signed."""
    lead_id: int | None = None
    number: str | None = None
    enterprise_id: int | None = None
    name: str | None = None
    """None where it may not be told."""
    pooled: bool = False
    """Is the lead in the common pool?"""
    investor: bool = False
    """Do both name an investor, and the same one?"""

    @property
    def stops(self) -> bool:
        """Is it so like it that somebody has to say what it is?"""
        return self.level <= STOPS

    @property
    def of_lead(self) -> bool:
        """Is it a lead?"""
        return self.lead_id is not None


@dataclass(frozen=True)
class Asked:
    """What is looked for, normalised."""

    name: str
    investor: str
    credit_code: str | None
    enterprise_id: int | None = None
    """The enterprise of the books that is meant, where that is known."""

    @classmethod
    def of(cls, name: str, investor: str = "", credit_code: str | None = None) -> Asked:
        """From what a person wrote; a credit code that is none is not looked for."""
        return cls(
            company_names.key(name[:LONGEST]),
            company_names.key(investor[:LONGEST]),
            credit_codes.credit_code(credit_code[:LONGEST].strip()) if credit_code else None,
        )

    def level(
        self,
        similarity: int,
        least_alike: int,
        investor: str,
        credit_code: str | None,
        enterprise_id: int | None,
    ) -> int:
        """The level of something whose name is so like this one."""
        if self.credit_code and credit_code == self.credit_code:
            return 1
        if self.enterprise_id is not None and enterprise_id == self.enterprise_id:
            # of one enterprise, whatever else they are called: the books hold one open lead of it
            return 2
        if similarity == SAME and investor == self.investor:
            return 2
        contradicts = self.investor and investor and self.investor != investor
        return 3 if similarity >= least_alike and not contradicts else 4


def find(
    name: str,
    investor: str = "",
    credit_code: str | None = None,
    *,
    user: User | None,
    without: Lead | None = None,
) -> list[Lookalike]:
    """What looks like this, most alike first, at most MOST; nobody in particular is told no more than that it is there.

    At most five statements. Without a name and a credit code there is nothing.
    """
    return look(Asked.of(name, investor, credit_code), user=user, without=without)


def look(asked: Asked, *, user: User | None, without: Lead | None = None) -> list[Lookalike]:
    """The same for what is normalised already."""
    if not asked.name and not asked.credit_code and asked.enterprise_id is None:
        return []
    settings = policy.on()
    alike = _alike(asked.name, settings["similar_percent"])
    found = [
        *_leads(asked, alike, settings["alike_percent"], user, without),
        *_enterprises(asked, alike, settings["alike_percent"], user),
    ]
    found.sort(key=lambda one: (one.level, -one.similarity, not one.of_lead, one.since or date.max))
    return found[:MOST]


def _alike(key: str, least: int) -> dict[str, int]:
    """The names to look at, with their per cent: the same one, and those most alike."""
    found = sorted(names.alike(key, least).items(), key=lambda pair: (-pair[1], pair[0]))
    return ({key: SAME} if key else {}) | dict(found[:CONSIDERED])


def _leads(
    asked: Asked, alike: Mapping[str, int], least_alike: int, user: User | None, without: Lead | None
) -> list[Lookalike]:
    # asked for apart, so that each has its index
    ways = [select(Lead.id).where(_COMPARED, Lead.name_key.in_(alike))]
    if asked.credit_code:
        known = select(Enterprise.id).where(Enterprise.credit_code == asked.credit_code).scalar_subquery()
        ways.append(select(Lead.id).where(_COMPARED, Lead.enterprise_id == known))
    if asked.enterprise_id is not None:
        ways.append(select(Lead.id).where(_COMPARED, Lead.enterprise_id == asked.enterprise_id))
    ids = union(*ways).subquery()
    query = (
        select(
            Lead.id,
            Lead.number,
            Lead.name,
            Lead.name_key,
            Lead.investor_key,
            Lead.unit_id,
            Lead.had_since,
            leads_read_by(user),
            pooled(),
            Enterprise.credit_code,
            Lead.enterprise_id,
        )
        .outerjoin(Enterprise, Enterprise.id == Lead.enterprise_id)
        .where(Lead.id.in_(select(ids.c.id)))
    )
    if without is not None and without.id:
        query = query.where(Lead.id != without.id)
    found = []
    with db.session.no_autoflush:
        rows = db.session.execute(
            query.order_by(_best(asked, alike, Lead.name_key), Lead.id).limit(2 * CONSIDERED)
        )
        for id_, number, name, key, investor, unit_id, since, reads, in_pool, code, enterprise_id in rows:
            similarity = alike.get(key, 0) or names.similarity(asked.name, key)
            level = asked.level(similarity, least_alike, investor, code, enterprise_id)
            shown, same = name if reads else None, bool(investor) and investor == asked.investor
            found.append(
                Lookalike(level, similarity, unit_id, since, id_, number, None, shown, bool(in_pool), same)
            )
    return found


def _enterprises(
    asked: Asked, alike: Mapping[str, int], least_alike: int, user: User | None
) -> list[Lookalike]:
    if user is not None and not allowed(user, "company:read"):
        return []
    named: ColumnElement[bool] = Enterprise.name_key.in_(alike)
    if asked.credit_code:
        named = or_(named, Enterprise.credit_code == asked.credit_code)
    of_enterprise = and_(Project.enterprise_id == Enterprise.id, visible_to(user) if user else true())
    latest = select(func.max(Project.id)).where(of_enterprise).correlate(Enterprise).scalar_subquery()
    first = select(func.min(Project.signed_on)).where(of_enterprise).correlate(Enterprise).scalar_subquery()
    query = (
        select(
            Enterprise.id,
            Enterprise.name,
            Enterprise.name_key,
            Enterprise.credit_code,
            Project.attracted_by_id,
            first,
        )
        .join(Project, Project.id == latest)
        .where(named)
        .order_by(_best(asked, alike, Enterprise.name_key), Enterprise.id)
        .limit(CONSIDERED)
    )
    found = []
    with db.session.no_autoflush:
        for id_, name, key, code, unit_id, since in db.session.execute(query):
            similarity = alike.get(key or "", 0) or names.similarity(asked.name, key or "")
            # an enterprise is its own investor
            level = asked.level(similarity, least_alike, asked.investor, code, None)
            found.append(Lookalike(level, similarity, unit_id, since, None, None, id_, name))
    return found


def _best(asked: Asked, alike: Mapping[str, int], key: Any) -> Any:
    """Of more than are looked at, those with the credit code come first, then those whose names are most alike."""
    by_name = case({name: -percent for name, percent in alike.items()}, value=key, else_=0) if alike else 0
    if not asked.credit_code:
        return by_name
    return case((Enterprise.credit_code == asked.credit_code, -SAME - 1), else_=by_name)
