"""Is the log whole? The chain walked from its first entry to its last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, exists, select

from crm import chain
from crm.db import db
from crm.messages import N_
from crm.models import AuditEvent, User
from crm.services import history

AT_ONCE = 5_000
"""Entries in memory at a time."""

CHANGED = N_("第%(number)s条的内容被改动过：与记录时的摘要不符")
MISSING = N_("第%(number)s条与第%(before)s条接不上：中间缺少记录，或第%(before)s条被整条改写")
BEHEADED = N_("第%(number)s条之前缺少记录：它不是第一条，前面却没有别的")
ORDER = N_("第%(number)s条的次序不对：它接的是另一条记录，不是排在它前面的第%(before)s条")


@dataclass(frozen=True)
class Fault:
    """The first entry that fails: its number in the table, the one before it, and what is wrong as a message."""

    number: int
    before: int | None
    message: str


@dataclass(frozen=True)
class Walk:
    """How far the chain was found whole: how many entries, the digest of the last of them, which of them has the
    digest that was looked for (from 1), and the fault that ended the walk.
    """

    entries: int
    digest: str
    place: int | None = None
    fault: Fault | None = None


def walk(expected: str | None = None) -> Walk:
    """Walks the chain in order, some thousand entries in memory at a time, until its end or its first fault;
    notes on the way where an entry has the digest `expected`.
    """
    # As text, so that what is no JSON any more is a fault of its entry and no error of ours.
    detail: Any = cast(AuditEvent.detail, Text)
    query = select(
        AuditEvent.id, AuditEvent.previous, AuditEvent.digest, AuditEvent.at, AuditEvent.business_day,
        AuditEvent.actor_id, AuditEvent.action, AuditEvent.subject_type, AuditEvent.subject_id, detail,
    ).order_by(AuditEvent.id)  # fmt: skip
    entries, last, before, place = 0, chain.FIRST, None, None
    with db.session.execute(query.execution_options(yield_per=AT_ONCE)) as rows:
        for number, previous, own, *fields in rows:
            message = None
            if previous != last:
                message = _broken(previous, before)
            elif own != _digest(previous, *fields):
                message = CHANGED
            if message:
                return Walk(entries, last, place, Fault(number, before, message))
            entries, last, before = entries + 1, own, number
            if own == expected:
                place = entries
    return Walk(entries, last, place)


def note(found: Walk, *, actor: User | None) -> None:
    """Has the log itself say that it was found whole."""
    history.record("log.verified", actor=actor, entries=found.entries, digest=found.digest)


def last_verified() -> AuditEvent | None:
    """When the log was last found whole, and by whom."""
    query = select(AuditEvent).where(AuditEvent.action == "log.verified")
    return db.session.scalar(query.order_by(AuditEvent.id.desc()).limit(1))


def _broken(previous: str, before: int | None) -> str:
    if before is None:
        return BEHEADED
    if db.session.scalar(select(exists().where(AuditEvent.digest == previous))):
        return ORDER
    return MISSING


def _digest(
    previous: str,
    at: Any,
    business_day: Any,
    actor_id: int | None,
    action: str,
    subject_type: str | None,
    subject_id: int | None,
    detail: str,
) -> str | None:
    try:
        read = json.loads(detail)
    except ValueError:
        return None
    return chain.digest(
        previous,
        at=at,
        business_day=business_day,
        actor_id=actor_id,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        detail=read,
    )
