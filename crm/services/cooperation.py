"""联合招商: the units that work on a lead with the one that has it."""

from __future__ import annotations

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused
from crm.messages import N_
from crm.models import Lead, LeadUnit, User
from crm.permissions import ANOTHER_UNITS_LEAD, allowed
from crm.services import history


def locked(lead_id: int) -> Lead:
    """The lead as it stands, locked; raises NotFound."""
    history.hold()
    query = select(Lead).where(Lead.id == lead_id).with_for_update()
    lead = db.session.scalar(query.execution_options(populate_existing=True))
    if lead is None:
        raise NotFound(N_("没有这条线索"))
    return lead


def partners(lead: Lead) -> list[LeadUnit]:
    """The units that work on a lead today with the one that has it: one statement."""
    query = select(LeadUnit).where(LeadUnit.lead_id == lead.id).order_by(LeadUnit.id)
    return [one for one in db.session.scalars(query) if one.until is None or one.until >= clock.today()]


def join(lead: Lead, unit_id: int) -> None:
    """The unit works on it from today; where it did before, again."""
    query = select(LeadUnit).where(LeadUnit.lead_id == lead.id, LeadUnit.unit_id == unit_id)
    joint = db.session.scalar(query.with_for_update())
    if joint is None:
        db.session.add(LeadUnit(lead_id=lead.id, unit_id=unit_id, since=clock.today()))
    else:
        joint.since, joint.until = clock.today(), None
    db.session.flush()


def end(lead_id: int, unit_id: int, *, actor: User) -> LeadUnit:
    """From tomorrow the unit no longer works on the lead; either side may say so.

    Raises NotAllowed, and Refused where it does not.
    """
    lead = locked(lead_id)
    if not allowed(actor, "lead:reassign") or actor.unit_id not in (lead.unit_id, unit_id):
        raise NotAllowed(ANOTHER_UNITS_LEAD)
    joint = next((one for one in partners(lead) if one.unit_id == unit_id and one.until is None), None)
    if joint is None:
        raise Refused(N_("没有正在进行的合作，或已经结束"))
    part(lead, joint, actor)
    return joint


def part(lead: Lead, joint: LeadUnit, actor: User | None) -> None:
    """Today is the last day."""
    joint.until = clock.today()
    db.session.flush()
    history.record("cooperation.ended", lead, actor=actor, unit=joint.unit.code)
