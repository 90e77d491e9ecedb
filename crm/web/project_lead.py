"""来自线索: the lead that a project was, on the project's page: what it brought along for those who may read it, and for
the others whose it was and since when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.grants import JOINT, OWN_ONLY
from crm.models import Attachment, Lead, LeadProgress, Project, User
from crm.permissions import allowed, leads_read_by, own_leads
from crm.services import attachments, contacts, lead_progress
from crm.services.contacts import Shown

MOST = 5
"""Entries of the timeline on the project's page; the lead's has all."""


@dataclass(frozen=True)
class FromLead:
    """A project's lead as one person sees it; of one they may not read the lists are empty."""

    lead: Lead
    reads: bool
    progress: Sequence[LeadProgress] = ()
    """The newest first."""
    contacts: Sequence[Shown] = ()
    files: Sequence[Attachment] = ()

    @classmethod
    def of(cls, project: Project, user: User) -> FromLead | None:
        """None where the project was no lead, or the person knows of none: one statement, and three for what was brought."""
        if not allowed(user, "lead:read"):
            return None
        query = (
            select(Lead, leads_read_by(user), own_leads(user, joint=True))
            .where(Lead.project_id == project.id)
            .options(joinedload(Lead.unit), joinedload(Lead.first_contact_unit))
        )
        row = db.session.execute(query).first()
        if row is None:
            return None
        lead, reads, mine = row
        if not reads:
            return cls(lead, False)
        progress = [one.row for one in lead_progress.standing_rows(lead)]
        progress.sort(key=lambda done: (done.day, done.id), reverse=True)
        files = attachments.there(lead) if _reads_files(user, bool(mine)) else []
        return cls(
            lead,
            True,
            progress[:MOST],
            contacts.of(lead, user).shown,
            files,
        )


def _reads_files(user: User, mine: bool) -> bool:
    """What `permissions.may` says of the lead's files, without a statement of its own."""
    permission = "attachment:read"
    limited = permission in OWN_ONLY.get(user.role, frozenset()) and permission in JOINT
    return allowed(user, permission) and (mine or not limited)
