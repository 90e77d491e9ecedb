"""What is encrypted of contacts, after the key changed: encrypted anew with the newest, some hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update

from crm import secrecy
from crm.db import db
from crm.errors import Refused
from crm.models import Contact
from crm.services import history

AT_ONCE = 300
"""Contacts in one transaction."""

KINDS = ("phone", "mail")


@dataclass(frozen=True)
class Part:
    """What was done with some contacts, in order of their ids."""

    last: int | None
    """The id to go on after; none where that was all."""
    seen: int
    renewed: int
    unreadable: Sequence[int]
    """The ids of those that no key can read; they are left as they are."""


def renew(*, after: int = 0) -> Part:
    """Encrypts the telephone numbers and mail addresses of the next contacts with the newest key, as far as they are not;
    what somebody changes meanwhile stays as they wrote it. Begun again it finds nothing to do in what is done.

    Raises Refused where there is no usable key.
    """
    history.hold()
    secrecy.conceal("0")
    query = select(Contact.id, Contact.phone, Contact.mail).where(
        Contact.id > after, or_(Contact.phone != "", Contact.mail != "")
    )
    rows = db.session.execute(query.order_by(Contact.id).limit(AT_ONCE)).all()
    renewed, unreadable = 0, []
    for key, *texts in rows:
        held = dict(zip(KINDS, texts, strict=True))
        try:
            new = {kind: secrecy.renewed(text) for kind, text in held.items() if not secrecy.is_newest(text)}
        except Refused:
            unreadable.append(key)
            continue
        if new:
            # not through the ORM: nothing of the contact changes, and no open form becomes stale
            as_read = (getattr(Contact, kind) == text for kind, text in held.items())
            done: Any = db.session.execute(update(Contact).where(Contact.id == key, *as_read).values(new))
            renewed += done.rowcount
    if renewed:
        history.record("contact.renewed", actor=None, count=renewed)
    return Part(rows[-1].id if len(rows) == AT_ONCE else None, len(rows), renewed, unreadable)
