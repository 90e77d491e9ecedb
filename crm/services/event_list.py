"""The log as lists: every event for the auditor, and what moved lately for those who read projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.models import AuditEvent, User
from crm.services.paging import PAGE_SIZE, Page, Place, by_key, whole


@dataclass(frozen=True)
class Filters:
    """What narrows the log; None narrows nothing. Days are business days, both included."""

    action: str | None = None
    actor_id: int | None = None
    since: date | None = None
    until: date | None = None
    actions: tuple[str, ...] | None = None
    subject_type: str | None = None
    subject_id: int | None = None


def listing(filters: Filters, place: Place, *, size: int = PAGE_SIZE) -> Page[AuditEvent]:
    """A page of events, the newest first: one statement."""
    query = select(AuditEvent).options(joinedload(AuditEvent.actor))
    for value, condition in (
        (filters.action, AuditEvent.action == filters.action),
        (filters.actor_id, AuditEvent.actor_id == filters.actor_id),
        (filters.since, AuditEvent.business_day >= filters.since if filters.since else None),
        (filters.until, AuditEvent.business_day <= filters.until if filters.until else None),
        (filters.actions, AuditEvent.action.in_(filters.actions or ())),
        (filters.subject_type, AuditEvent.subject_type == filters.subject_type),
        (filters.subject_id, AuditEvent.subject_id == filters.subject_id),
    ):
        if value is not None and condition is not None:
            query = query.where(condition)
    return by_key(query, AuditEvent.id, place, whole, size=size)


def actors() -> list[User]:
    """Everybody who may be named in the log, by login."""
    return list(db.session.scalars(select(User).order_by(User.login)))
