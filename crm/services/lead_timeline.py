"""What happened to a lead: progress by its day and the history's events, together, newest first, cut into pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from crm.db import db
from crm.models import AuditEvent, Lead, LeadProgress
from crm.periods import ALWAYS

PAGE_SIZE = 20

TOLD_BY_PROGRESS = ("lead.progressed", "lead.progress_corrected")
"""Events that say no more than the progress they came with."""

PROGRESS, EVENT = 0, 1
"""What stands first of two things of one instant."""

Place = tuple[date, datetime, int, int]
"""Where an entry stands: its day, the instant it was recorded, which of both it is, its id."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened: progress, or an event of the history."""

    place: Place
    progress: LeadProgress | None = None
    replaced: bool = False
    """Was the progress put right by a later one?"""
    event: AuditEvent | None = None

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Fact, old value and new one, of an event that changed some."""
        detail: Mapping[str, Any] = self.event.detail if self.event else {}
        before, after = detail.get("before"), detail.get("after")
        if not (isinstance(before, dict) and isinstance(after, dict)):
            return []
        return [(fact, old, after.get(fact)) for fact, old in before.items()]


@dataclass(frozen=True)
class Page:
    """One page of a timeline; `last` is where it ends, for the page after it, where there is one."""

    entries: tuple[Entry, ...]
    last: Place | None


@dataclass(frozen=True)
class Change:
    """A recorded change, for whoever edits the lead at the same time."""

    event: AuditEvent
    at: datetime
    facts: tuple[str, ...]
    valid_from: date = ALWAYS
    """A lead's facts have no past: what is changed always was so."""


def page(lead: Lead, after: Place | None = None, most: int = PAGE_SIZE) -> Page:
    """A page of what happened, from the newest or from a place on: two statements, however long the history."""
    entries = [*_progress(lead, after, most + 1), *_events(lead, after, most + 1)]
    entries.sort(key=lambda entry: entry.place, reverse=True)
    shown = tuple(entries[:most])
    return Page(shown, shown[-1].place if len(entries) > most else None)


def newest(lead: Lead) -> int:
    """The id of the latest event of the lead; 0 where there is none."""
    return db.session.scalar(select(func.max(AuditEvent.id)).where(_of(lead))) or 0


def since(lead: Lead, event_id: int) -> list[Change]:
    """The events of the lead after one, newest first, at most PAGE_SIZE."""
    query = (
        select(AuditEvent).where(_of(lead), AuditEvent.id > event_id).options(joinedload(AuditEvent.actor))
    )
    found = db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(PAGE_SIZE))
    return [Change(event, event.at, tuple(event.detail.get("after") or ())) for event in found]


def _progress(lead: Lead, after: Place | None, most: int) -> list[Entry]:
    later = aliased(LeadProgress)
    replaced = exists().where(later.replaces_id == LeadProgress.id).label("replaced")
    query = select(LeadProgress, replaced).where(LeadProgress.lead_id == lead.id)
    query = query.options(joinedload(LeadProgress.actor), joinedload(LeadProgress.unit))
    key = (LeadProgress.day, LeadProgress.recorded_at, LeadProgress.id)
    found = db.session.execute(_cut(query, key, PROGRESS, after).limit(most))
    return [
        Entry((row.day, row.recorded_at, PROGRESS, row.id), progress=row, replaced=bool(was))
        for row, was in found
    ]


def _events(lead: Lead, after: Place | None, most: int) -> list[Entry]:
    query = select(AuditEvent).where(_of(lead), AuditEvent.action.not_in(TOLD_BY_PROGRESS))
    query = query.options(joinedload(AuditEvent.actor))
    key = (AuditEvent.business_day, AuditEvent.at, AuditEvent.id)
    found = db.session.scalars(_cut(query, key, EVENT, after).limit(most))
    return [Entry((one.business_day, one.at, EVENT, one.id), event=one) for one in found]


def _cut(query: Any, key: tuple[Any, Any, Any], kind: int, after: Place | None) -> Any:
    day, at, number = key
    if after is not None:
        same = tuple_(literal(kind), number) < tuple_(literal(after[2]), literal(after[3]))
        query = query.where(
            or_(day < after[0], and_(day == after[0], or_(at < after[1], and_(at == after[1], same))))
        )
    return query.order_by(day.desc(), at.desc(), number.desc())


def _of(lead: Lead) -> Any:
    return and_(AuditEvent.subject_type == Lead.__tablename__, AuditEvent.subject_id == lead.id)
