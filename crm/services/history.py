"""What happened: every verb records one event, in the transaction of its change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from crm import chain, clock
from crm.actions import ACTIONS
from crm.db import Base, db
from crm.models import AuditEvent, User


def events(subject: Base) -> list[AuditEvent]:
    """What happened to a row, oldest first."""
    kind, key = _subject(subject)
    query = select(AuditEvent).where(AuditEvent.subject_type == kind, AuditEvent.subject_id == key)
    return list(db.session.scalars(query.order_by(AuditEvent.id)))


def newest(subject: Base, action: str, limit: int) -> list[AuditEvent]:
    """The last of one kind that happened to a row, newest first, with who did it."""
    kind, key = _subject(subject)
    query = select(AuditEvent).where(
        AuditEvent.subject_type == kind, AuditEvent.subject_id == key, AuditEvent.action == action
    )
    query = query.options(joinedload(AuditEvent.actor)).order_by(AuditEvent.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def hold() -> None:
    """Waits until nobody else is adding to the log, and keeps the others waiting until the transaction ends.

    A verb that locks rows calls this before it does: of two that wait for one another neither would end.
    """
    # SQLite has one writer at a time anyway.
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock('audit_events'::regclass::oid::bigint)"))


def last_digest() -> str:
    """What the next entry follows: the digest of the last one, or what stands before the first."""
    query = select(AuditEvent.digest).order_by(AuditEvent.id.desc()).limit(1)
    return db.session.scalar(query) or chain.FIRST


def record(action: str, subject: Base | None = None, *, actor: User | None, **detail: object) -> AuditEvent:
    """Adds an event of the closed list at the end of the chain, flushed so that it has its id; days and instants in
    `detail` become text.

    Raises ValueError for an action that is not in the list.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    with db.session.no_autoflush:
        hold()
    kind, key = _subject(subject)
    fields: dict[str, Any] = {
        "at": clock.now(),
        "business_day": clock.today(),
        "actor_id": actor.id if actor else None,
        "action": action,
        "subject_type": kind,
        "subject_id": key,
        "detail": chain.plain({name: _plain(value) for name, value in detail.items()}),
    }
    previous = last_digest()
    event = AuditEvent(**fields, previous=previous, digest=chain.digest(previous, **fields))
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
