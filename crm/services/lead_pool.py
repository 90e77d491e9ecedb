"""公共池: leads whose protection is over, for any unit to claim; entering them is a day's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refused
from crm.messages import N_
from crm.models import Lead, User
from crm.permissions import allowed, pooled
from crm.services import history, lead_clocks, lead_progress, policy, reassignments
from crm.services.paging import Onward, Position, onward, whole

A_PAGE = 30

A_DAY = timedelta(days=1)

NOT_POOLED = N_("这条线索不在公共池，不能承接")
OURS = N_("本单位已于%(day)s承接这条线索，不必再承接")
CLAIMED = N_("%(unit)s已于%(day)s承接这条线索，您慢了一步")
FULL = N_("本单位已有%(count)s条从公共池承接、正在跟进的线索，最多%(most)s条；办结或退库后再承接")
TOO_SOON = N_("本单位的保护期刚满，%(day)s起才能再承接；在此之前请让别的单位先承接")
"""What whoever cannot claim is told."""


@dataclass(frozen=True)
class Room:
    """How many leads of the pool a unit works on, and how many it may."""

    held: int
    most: int

    @property
    def left(self) -> int:
        """So many it may still claim."""
        return max(self.most - self.held, 0)


def listing(user: User, *, after: Position | None, limit: int = A_PAGE) -> Onward[Lead]:
    """The common pool, which everybody who works with leads reads, those that came to it last first: one statement."""
    if not allowed(user, "lead:read"):
        return Onward((), None)
    query = select(Lead).where(pooled()).options(joinedload(Lead.industry))
    keys = (Lead.protected_until, Lead.id)
    return onward(
        query, keys, after, whole, lambda one: Position(one.protected_until, one.id), size=limit, falling=True
    )


def room(unit_id: int, most: int) -> Room:
    """How many leads of the pool a unit works on: one statement."""
    held = select(func.count()).where(Lead.unit_id == unit_id, Lead.claimed, Lead.is_open, ~pooled())
    return Room(db.session.scalar(held) or 0, most)


def open_again_to(lead: Lead, notice_days: int) -> date:
    """The first day on which the unit that lost a lead may claim it again."""
    return lead.protected_until + A_DAY + timedelta(days=notice_days)


def claim(lead: Lead, *, actor: User) -> Lead:
    """The lead passes from the common pool to the actor's unit: clocks and protection begin anew, contacts and files go
    with it.

    Raises NotAllowed; Refused where somebody else was quicker, where the unit has as many as it may, and where it lost
    this one just now.
    """
    if not allowed(actor, "lead:claim") or actor.unit_id is None:
        raise NotAllowed()
    # Claims stand in line here: of two of one lead the second finds it taken, and a unit's are counted one by one.
    lead = lead_progress.locked(lead)
    _require_pooled(lead, actor)
    settings = policy.on()
    if lead.unit_id == actor.unit_id and clock.today() < open_again_to(lead, settings["notice_days"]):
        raise Refused(TOO_SOON, day=open_again_to(lead, settings["notice_days"]).isoformat())
    held = room(actor.unit_id, settings["claims_most"])
    if not held.left:
        raise Refused(FULL, count=held.held, most=held.most)
    if lead.pool_since is None:
        _enter(lead)
    before, lost_on = lead.unit_id, lead.protected_until
    reassignments.overtake(lead, actor, parting=True)
    lead.unit_id, lead.held_by_id = actor.unit_id, actor.id
    lead_clocks.begin(lead, claimed=True)
    db.session.flush()
    history.record(
        "lead.claimed",
        lead,
        actor=actor,
        number=lead.number,
        before=before,
        unit=lead.unit_id,
        protection_ended=lost_on,
        protected_until=lead.protected_until,
    )
    return lead


def enter_expired(most: int) -> int:
    """Enters leads into the common pool whose protection is over, an event each; returns how many, at most `most`."""
    history.hold()
    query = select(Lead).where(pooled(), Lead.pool_since.is_(None)).order_by(Lead.id).limit(most)
    found = list(db.session.scalars(query.with_for_update(of=Lead)))
    for lead in found:
        _enter(lead)
    return len(found)


def _enter(lead: Lead) -> None:
    lead.pool_since = lead.protected_until + A_DAY
    lead_clocks.stop(lead)
    history.record(
        "lead.expired", lead, actor=None, number=lead.number, unit=lead.unit_id, pool_since=lead.pool_since
    )


def _require_pooled(lead: Lead, actor: User) -> None:
    if lead.is_open and lead.protected_until < clock.today():
        return
    if lead.is_open and lead.unit_id == actor.unit_id:
        raise Refused(OURS, day=lead.had_since.isoformat())
    if lead.is_open and lead.claimed:
        raise Refused(CLAIMED, unit=lead.unit.name, day=lead.had_since.isoformat())
    raise Refused(NOT_POOLED)
