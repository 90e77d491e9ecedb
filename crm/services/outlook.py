"""What lies ahead of a project: who serves it once it is completed, and whether its kept reasons are still those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.db import db
from crm.models import Decision, Outcome, Project
from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES, Attribution, Stretch, decided, named
from crm.services import outcomes

SERVICE = RESPONSIBILITIES.index(Responsibility.ENTERPRISE_SERVICE)
INDICATORS = RESPONSIBILITIES.index(Responsibility.INDICATORS)


@dataclass(frozen=True)
class Kept:
    """The reason that was stored when a decision was made."""

    rule: str
    recorded_at: datetime
    agrees: bool
    """Whether the rules of now give the same rule and roles from the same facts."""


def once_completed(stretch: Stretch) -> tuple[Attribution, Attribution] | None:
    """Who would have service and indicators if the project were completed on the day it stands on; none where it is."""
    if stretch.case.completed:
        return None
    day = max(stretch.from_, stretch.begins_on)
    facts = stretch.facts._replace(completed_on=day)
    case = stretch.ground.case(facts, stretch.begins_on, day, day)
    names = named(decided(case, stretch.ground, day), facts, stretch.ground.successors)
    service, indicators = names[SERVICE], names[INDICATORS]
    assert service is not None and indicators is not None
    return service, indicators


def kept(project: Project, stretch: Stretch, day: date, known: datetime | None) -> Kept | None:
    """The stored reason for a day as known at an instant (None: now), held against the stretch that is worked out now.

    One statement; none where nothing is stored for the day.
    """
    query = (
        select(Decision.recorded_at, Outcome.body)
        .outerjoin(Outcome, Outcome.id == Decision.outcome_id)
        .where(Decision.project_id == project.id, Decision.from_day <= day)
    )
    if known is not None:
        query = query.where(Decision.recorded_at <= known)
    row = db.session.execute(query.order_by(Decision.from_day.desc(), Decision.id.desc()).limit(1)).first()
    if row is None or row.body is None:
        return None
    now = outcomes.body(stretch.outcome)
    return Kept(row.body["rule"], row.recorded_at, _roles(row.body) == _roles(now))


def _roles(body: dict[str, Any]) -> tuple[str, Sequence[Any]]:
    return body["rule"], body["duties"]
