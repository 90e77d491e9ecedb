"""Who changed which fact of a project, when, from what to what; and what was known on an earlier day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.models import AuditEvent, Project, ProjectFacts
from crm.services.projects import VERSIONED


@dataclass(frozen=True)
class Entry:
    """One change: the event, the day from which it holds, and column, old value and new one; none where it began."""

    event: AuditEvent | None
    at: datetime
    valid_from: date
    changes: tuple[tuple[str, Any, Any], ...]
    first: bool
    version: int
    """The newest version of the facts that it made."""


def recorded(project: Project) -> list[tuple[ProjectFacts, AuditEvent | None]]:
    """Every version of a project's facts with the event that recorded it, in order of recording: one statement."""
    query = (
        select(ProjectFacts, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == ProjectFacts.event_id)
        .options(joinedload(AuditEvent.actor))
        .where(ProjectFacts.project_id == project.id)
        .order_by(ProjectFacts.id)
    )
    return [(facts, event) for facts, event in db.session.execute(query)]


def on(rows: Sequence[ProjectFacts], day: date, known: datetime | None) -> ProjectFacts | None:
    """The version that holds on a day as known at an instant (None: now); none where nothing was known yet."""
    held = [row for row in rows if row.valid_from <= day and (known is None or row.recorded_at <= known)]
    return max(held, key=lambda row: (row.valid_from, row.id), default=None)


def held_since(rows: Sequence[ProjectFacts], day: date) -> dict[str, date]:
    """Column → the first day from which its value of a day has held without a break; the beginning is left out."""
    versions = sorted(
        {row.valid_from: row for row in sorted(rows, key=lambda row: row.id) if row.valid_from <= day}.items()
    )
    found: dict[str, date] = {}
    for (_, earlier), (since, later) in pairwise(versions):
        for column in VERSIONED:
            if getattr(earlier, column) != getattr(later, column):
                found[column] = since
    return found


def entries(found: Sequence[tuple[ProjectFacts, AuditEvent | None]]) -> list[Entry]:
    """The changes of a project's facts, newest first.

    An event that changed a fact from a day on may add versions for later days as well: the first says it all.
    """
    listed: list[Entry] = []
    before: list[ProjectFacts] = []
    for _, together in groupby(found, key=lambda pair: (pair[0].event_id, pair[0].recorded_at)):
        pairs = list(together)
        row, event = pairs[0]
        old = on(before, row.valid_from, None)
        changes = tuple(
            (column, getattr(old, column) if old else None, getattr(row, column))
            for column in VERSIONED
            if old is not None and getattr(old, column) != getattr(row, column)
        )
        listed.append(Entry(event, row.recorded_at, row.valid_from, changes, old is None, pairs[-1][0].id))
        before.extend(facts for facts, _ in pairs)
    return listed[::-1]
