"""首谈保护: until when a unit is protected and why, and extending it once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import AuditEvent, Lead, User
from crm.permissions import require
from crm.services import history, lead_clocks, lead_progress
from crm.services.lead_clocks import Settings, Standing

LONGEST = 500
"""Characters of a reason."""

IS_OVER = N_("只有正在跟进的线索才有保护期")
TOO_LATE = N_("保护期已于%(day)s届满，线索已进入公共池，不能再延长；需要时请承接")
TWICE = N_("保护期只能延长一次；%(day)s已由%(name)s延长")


@dataclass(frozen=True)
class Protection:
    """Until when a unit is protected, since when, and by what."""

    since: date
    until: date
    by: Standing | None
    """The progress it is counted from; none where it is counted from the day the lead came to the unit."""
    renewed_on: date | None
    left: int
    """Days still to come; less than none where it is over."""
    ending: bool
    """Is it the time to be warned?"""


def of(
    lead: Lead, rows: Sequence[Standing], notice_days: int, settings: Settings | None = None
) -> Protection:
    """How a lead is protected, from the rows that stand: at most one statement."""
    settings = settings or Settings()
    today = clock.today()
    by, latest = None, lead.had_since + settings.days("protection_days", lead.had_since, lead.had_at)
    for one in rows:
        if not one.counts or one.first.recorded_at < lead.had_at:
            continue
        until = one.row.day + settings.days("protection_days", one.row.day, one.first.recorded_at)
        if until > latest:
            by, latest = one, until
    renewed_on = clock.shanghai(lead.renewed_at).date() if lead.renewed_at else None
    left = (lead.protected_until - today).days
    return Protection(
        by.row.day if by else lead.had_since,
        lead.protected_until,
        by,
        renewed_on,
        left,
        0 <= left <= notice_days,
    )


def is_renewable(lead: Lead) -> bool:
    """Can the protection be extended still, by whoever has the lead?"""
    return lead.is_open and lead.renewed_at is None and lead.protected_until >= clock.today()


def require_renewable(lead: Lead, actor: User | None) -> None:
    """Raises Refused where the protection cannot be extended any more, NotAllowed where not by this person."""
    if lead.is_open and lead.protected_until < clock.today():
        raise Refused(TOO_LATE, day=lead.protected_until.isoformat())
    if actor is not None:
        require(actor, "lead:edit", lead)
    if not lead.is_open:
        raise Refused(IS_OVER)
    if lead.renewed_at is not None:
        raise Refused(TWICE, day=clock.shanghai(lead.renewed_at).date().isoformat(), name=_by_whom(lead))


def renew(lead: Lead, *, reason: str, actor: User | None) -> Lead:
    """Extends the protection by the set number of days, once while the unit has the lead; returns the lead.

    Raises Refused where it was extended before, is over or gives no reason, and NotAllowed for another unit's.
    """
    lead = lead_progress.locked(lead)
    require_renewable(lead, actor)
    if not reason.strip():
        raise Refusals([Refused(N_("请写明延长的理由"), field="reason")])
    if len(reason) > LONGEST:
        raise Refusals([Refused(N_("最多%(most)s个字"), field="reason", most=LONGEST)])
    before = lead.protected_until
    lead.renewed_at = clock.now()
    rows = lead_progress.standing_rows(lead)
    lead.protected_until = lead_clocks.derived(lead, rows).protected_until
    db.session.flush()
    history.record(
        "lead.renewed",
        lead,
        actor=actor,
        number=lead.number,
        before=before,
        protected_until=lead.protected_until,
        reason=reason.strip(),
    )
    return lead


def _by_whom(lead: Lead) -> str:
    query = (
        select(User.name)
        .join(AuditEvent, AuditEvent.actor_id == User.id)
        .where(
            AuditEvent.action == "lead.renewed",
            AuditEvent.subject_type == Lead.__tablename__,
            AuditEvent.subject_id == lead.id,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    return db.session.scalar(query) or ""
