"""Which enterprise a lead is about: that of its credit code, or of its name where that is a company's."""

from __future__ import annotations

from sqlalchemy import select

from crm.db import db
from crm.models import Enterprise, User
from crm.services import companies


def enterprise_of(name: str, credit_code: str | None, is_company: bool, actor: User) -> Enterprise | None:
    """The enterprise, added where the books have none; none for a working title without a credit code.

    A name without a code means the one enterprise that has it, whatever its code; where several have it, or none, the
    one without a code.
    """
    if not is_company:
        return companies.of("", credit_code, actor) if credit_code else None
    if not credit_code:
        named = list(db.session.scalars(select(Enterprise).where(Enterprise.name == name).limit(2)))
        if len(named) == 1:
            return named[0]
    return companies.of(name, credit_code, actor)
