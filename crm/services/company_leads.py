"""The leads of an enterprise: those the person may read, and of the others that they exist, whose, since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, select

from crm.db import db
from crm.models import Enterprise, Lead, User
from crm.permissions import allowed, leads_read_by


@dataclass(frozen=True)
class Known:
    """A lead of an enterprise; name and stage only of one that the person may read."""

    number: str
    unit_id: int
    since: date
    name: str | None
    stage: str | None


def of(company: Enterprise, user: User | None, limit: int) -> list[Known]:
    """The newest leads of an enterprise, in one statement; what is not to be read does not leave the database."""
    if not allowed(user, "lead:read"):
        return []
    reads = leads_read_by(user)
    query = (
        select(Lead.number, Lead.unit_id, Lead.had_since, case((reads, Lead.name)), case((reads, Lead.stage)))
        .where(Lead.enterprise_id == company.id)
        .order_by(Lead.id.desc())
        .limit(limit)
    )
    return [Known(*row) for row in db.session.execute(query)]
