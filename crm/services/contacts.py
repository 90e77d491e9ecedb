"""联系人: whom to speak to at a lead or an enterprise; telephone and mail are read one person at a time, and that is noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, false, or_, select, true
from sqlalchemy.orm import joinedload

from crm import secrecy
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.grants import BUREAU
from crm.messages import N_
from crm.models import DUTIES, Contact, Enterprise, Holding, Lead, Project, User
from crm.permissions import allowed, held_by, leads_read_by, own_leads
from crm.services import history
from crm.services.contact_fields import HIDDEN, LONGEST, checked, masked

MOST = 50
"""Contacts of one record."""

ANOTHERS = N_("只有承办这条线索的单位，或登记这位联系人的单位，才能这样做")


@dataclass(frozen=True)
class Shown:
    """A contact as a page shows it: telephone and mail masked, whoever looks."""

    contact: Contact
    phone: str
    mail: str
    readable: bool
    """Can the key that is there read them?"""
    may_read: bool
    may_edit: bool

    @property
    def has_address(self) -> bool:
        """Is there anything to read?"""
        return bool(self.contact.phone or self.contact.mail)


@dataclass(frozen=True)
class Address:
    """Telephone and mail in plain, for one reader and one page."""

    phone: str
    mail: str


@dataclass(frozen=True)
class Panel:
    """The contacts of a record, and whether the person may add one."""

    shown: list[Shown]
    may_add: bool

    longest = LONGEST
    """Characters of each field."""


def of(record: Lead | Enterprise, user: User | None) -> Panel:
    """The contacts of a record the person may see: one statement. Whose contents they are not gets an empty panel."""
    model = type(record)
    if isinstance(record, Lead):
        sees, mine = leads_read_by(user), own_leads(user, joint=True)
        joined = Contact.lead_id == Lead.id
    else:
        sees, mine = _flag(allowed(user, "company:read")), entered_by(user)
        joined = Contact.enterprise_id == Enterprise.id
    query = (
        select(sees.label("sees"), mine.label("mine"), Contact)
        .select_from(model)
        .outerjoin(Contact, and_(joined, ~Contact.removed))
        .where(model.id == record.id)
        .options(joinedload(Contact.unit))
        .order_by(Contact.id)
    )
    rows = [row for row in db.session.execute(query).all() if row.sees]
    of_unit = user is not None and user.unit_id is not None and bool(rows)
    may_add = allowed(user, "contact:edit") and of_unit
    if isinstance(record, Lead):
        may_add = may_add and rows[0].mine
    return Panel([shown(row.Contact, user, row.mine) for row in rows if row.Contact is not None], may_add)


def shown(contact: Contact, user: User | None, mine: bool) -> Shown:
    """A contact for a page; `mine` says whether it is the person's own unit's."""
    readable, seen = True, {}
    for kind in ("phone", "mail"):
        try:
            seen[kind] = masked(kind, secrecy.reveal(getattr(contact, kind)))
        except Refused:
            readable, seen[kind] = False, HIDDEN
    every = user is not None and user.role in BUREAU
    return Shown(
        contact,
        phone=seen["phone"],
        mail=seen["mail"],
        readable=readable,
        may_read=allowed(user, "contact:read") and (every or bool(mine)),
        may_edit=allowed(user, "contact:edit") and bool(mine),
    )


def entered_by(user: User | None) -> Any:
    """The condition on Contact that holds for those that the person's own unit entered, and for those that came to it with
    a project it holds now: of the same enterprise, entered by a unit that attracted the project or held it before.
    """
    if user is None or user.unit_id is None:
        return false()
    entered = Contact.unit_id
    held = or_(*(getattr(Holding, f"{duty}_id") == entered for duty in DUTIES))
    before = select(Holding.id).where(Holding.project_id == Project.id, held).correlate(Project, Contact)
    with_project = (
        select(Project.id)
        .where(Project.enterprise_id == Contact.enterprise_id, held_by(user.unit_id))
        .where(or_(Project.attracted_by_id == entered, before.exists()))
        .correlate(Contact)
    )
    return or_(entered == user.unit_id, and_(Contact.enterprise_id.is_not(None), with_project.exists()))


def by_id(key: int, user: User | None, permission: str) -> tuple[Contact, Lead | Enterprise]:
    """A contact and its record, where the person has this right for it: `contact:read` or `contact:edit`.

    Raises NotFound where there is none, NotAllowed where it is another unit's.
    """
    mine = or_(
        and_(Contact.lead_id.is_not(None), own_leads(user, joint=True)),
        and_(Contact.enterprise_id.is_not(None), entered_by(user)),
    )
    query = (
        select(Contact, mine.label("mine"))
        .outerjoin(Lead, Lead.id == Contact.lead_id)
        .where(Contact.id == key, ~Contact.removed)
        .options(joinedload(Contact.lead), joinedload(Contact.enterprise))
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有这位联系人"))
    if not allowed(user, permission):
        raise NotAllowed()
    every = permission == "contact:read" and user is not None and user.role in BUREAU
    if not (every or row.mine):
        raise NotAllowed(ANOTHERS)
    contact: Contact = row.Contact
    record = contact.lead or contact.enterprise
    assert record is not None
    return contact, record


def read(contact: Contact, actor: User) -> Address:
    """Telephone and mail in plain; that they were read is noted, what they are is not.

    Raises Refused where no key fits; then nothing was read, and nothing is noted.
    """
    address = Address(secrecy.reveal(contact.phone), secrecy.reveal(contact.mail))
    history.record("contact.read", _record(contact), actor=actor, contact=contact.id)
    return address


def add(
    record: Lead | Enterprise, name: str, position: str, phone: str, mail: str, actor: User | None
) -> Contact:
    """Enters a contact of a lead or an enterprise; the caller has asked whether the person may.

    Raises Refused or Refusals with what is wrong with each field, telling none of what was given.
    """
    of_lead = isinstance(record, Lead)
    column = Contact.lead_id if of_lead else Contact.enterprise_id
    there = select(Contact.id).where(column == record.id, ~Contact.removed).limit(MOST)
    if len(db.session.scalars(there).all()) >= MOST:
        raise Refused(N_("一条记录最多%(most)s位联系人"), field="name", most=MOST)
    values = checked(name=name, position=position, phone=phone, mail=mail)
    contact = Contact(
        lead_id=record.id if of_lead else None,
        enterprise_id=None if of_lead else record.id,
        unit_id=actor.unit_id if actor else None,
        **_sealed(values),
    )
    db.session.add(contact)
    db.session.flush()
    history.record("contact.added", record, actor=actor, contact=contact.id)
    return contact


def change(contact: Contact, *, seen: int, actor: User | None, **values: str) -> list[str]:
    """Changes name, position, phone or mail, those given; returns which of them changed.

    `seen` is the version the person saw. Raises Stale, and Refused or Refusals as add() does.
    """
    _check(contact, seen)
    given = checked(**values)
    changed = [kind for kind, value in given.items() if value != _held(contact, kind)]
    if not changed:
        return []
    for kind, value in _sealed({kind: given[kind] for kind in changed}).items():
        setattr(contact, kind, value)
    db.session.flush()
    history.record(
        "contact.changed", _record(contact), actor=actor, contact=contact.id, fields=sorted(changed)
    )
    return changed


def remove(contact: Contact, *, seen: int, actor: User | None) -> None:
    """Takes a contact off its record, and telephone and mail out of the books. Raises Stale."""
    _check(contact, seen)
    contact.removed, contact.phone, contact.mail = True, "", ""
    db.session.flush()
    history.record("contact.removed", _record(contact), actor=actor, contact=contact.id)


def concealed() -> Iterable[tuple[int, str]]:
    """The newest and the oldest contact with something encrypted, by id and one of their texts: at most two."""
    for order in (Contact.id, Contact.id.desc()):
        query = select(Contact.id, Contact.phone, Contact.mail).where(_has_secret()).order_by(order).limit(1)
        for key, phone, mail in db.session.execute(query):
            yield key, phone or mail


def _sealed(values: dict[str, str]) -> dict[str, str]:
    secret = [kind for kind in ("phone", "mail") if values.get(kind)]
    # A key that went missing is not replaced by a new one: what is in the books would be lost unnoticed.
    if secret and not secrecy.has_key() and not db.session.scalar(select(exists().where(_has_secret()))):
        secrecy.make_key()
    return values | {kind: secrecy.conceal(values[kind]) for kind in secret}


def _held(contact: Contact, kind: str) -> str | None:
    kept: str = getattr(contact, kind)
    if kind not in ("phone", "mail"):
        return kept
    try:
        return secrecy.reveal(kept)
    except Refused:
        # what nobody can read any more may be entered anew
        return None


def _has_secret() -> Any:
    return or_(Contact.phone != "", Contact.mail != "")


def _record(contact: Contact) -> Lead | Enterprise:
    record = contact.lead or contact.enterprise
    assert record is not None
    return record


def _check(contact: Contact, seen: int) -> None:
    if contact.version != seen or contact.removed:
        raise Stale(N_("这位联系人刚被他人更新，请看过现在的内容再操作"))


def _flag(yes: bool) -> Any:
    return true() if yes else false()
