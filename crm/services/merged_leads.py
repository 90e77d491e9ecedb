"""并入: the leads that triage found to be the same as another, and what each of them brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from crm.db import db
from crm.models import Contact, Lead, LeadProgress


@dataclass(frozen=True)
class Merged:
    """A lead that was merged into another, with what it brought."""

    lead: Lead
    progress: Sequence[LeadProgress]
    contacts: Sequence[Contact]


def of(lead: Lead) -> list[Merged]:
    """The leads that were merged into this one, with progress and contacts: at most three statements."""
    query = select(Lead).where(Lead.merged_into_id == lead.id).options(joinedload(Lead.unit))
    leads = list(db.session.scalars(query.order_by(Lead.id)))
    if not leads:
        return []
    ids = [one.id for one in leads]
    later = aliased(LeadProgress)
    lines = select(LeadProgress).where(LeadProgress.lead_id.in_(ids), ~LeadProgress.void)
    lines = lines.where(~select(later.id).where(later.replaces_id == LeadProgress.id).exists())
    lines = lines.order_by(LeadProgress.day.desc(), LeadProgress.id.desc())
    progress = list(db.session.scalars(lines))
    contacts = list(db.session.scalars(select(Contact).where(Contact.lead_id.in_(ids)).order_by(Contact.id)))
    return [
        Merged(
            one,
            [row for row in progress if row.lead_id == one.id],
            [row for row in contacts if row.lead_id == one.id],
        )
        for one in leads
    ]
