"""Which enterprises a person may see: of one that is known by another unit's lead alone not even the name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, true

from crm.grants import UNITS
from crm.models import Contact, Enterprise, Lead, Project, User
from crm.permissions import allowed, leads_read_by, visible_to


def seen_by(user: User | None, enterprise: Any = Enterprise) -> ColumnElement[bool]:
    """The condition on Enterprise, or on an alias of it, that holds for those the person may see.

    A unit sees those with projects, those of leads whose contents it reads, those it has a contact at, and those that no
    lead concerns; a name that another unit's lead alone brought into the books is a detail of that lead.
    """
    if user is None or not allowed(user, "company:read"):
        return false()
    if user.role not in UNITS:
        return true()
    return or_(
        ~exists().where(Lead.enterprise_id == enterprise.id),
        exists().where(Project.enterprise_id == enterprise.id, visible_to(user)),
        exists().where(Lead.enterprise_id == enterprise.id, leads_read_by(user)),
        exists().where(Contact.enterprise_id == enterprise.id, Contact.unit_id == user.unit_id),
    )
