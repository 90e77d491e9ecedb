"""What happened: every verb records one event, in the transaction of its change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.actions import ACTIONS
from crm.db import Base, db
from crm.models import AuditEvent, User


def events(subject: Base) -> list[AuditEvent]:
    """What happened to a row, oldest first."""
    kind, key = _subject(subject)
    query = select(AuditEvent).where(AuditEvent.subject_type == kind, AuditEvent.subject_id == key)
    return list(db.session.scalars(query.order_by(AuditEvent.id)))


def record(action: str, subject: Base | None = None, *, actor: User | None, **detail: object) -> AuditEvent:
    """Adds an event of the closed list, flushed so that it has its id; days and instants in `detail`
    become text.

    Raises ValueError for an action that is not in the list.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    kind, key = _subject(subject)
    event = AuditEvent(
        action=action,
        actor_id=actor.id if actor else None,
        subject_type=kind,
        subject_id=key,
        detail={name: _plain(value) for name, value in detail.items()},
    )
    db.session.add(event)
    db.session.flush()
    return event


def _subject(subject: Base | None) -> tuple[str | None, int | None]:
    if subject is None:
        return None, None
    db.session.flush()
    key = getattr(subject, "id", None) or getattr(subject, "unit_id", None)
    return subject.__tablename__, key


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
