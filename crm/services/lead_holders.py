"""经办人: who of a unit works on a lead, handed from one colleague to another, and passed on when somebody leaves."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from crm.db import db
from crm.errors import Refused
from crm.grants import UNITS
from crm.messages import N_
from crm.models import Lead, PostTerm, User
from crm.permissions import require
from crm.services import history
from crm.services.leads import IN_WORK, check_changeable


def colleagues(unit_id: int) -> list[User]:
    """Those who can work on the leads of a unit today, by name: two statements."""
    query = select(User).where(User.active, User.terms.any(PostTerm.unit_id == unit_id))
    found = db.session.scalars(query.options(selectinload(User.terms)).order_by(User.name, User.id))
    return [person for person in found if _works_in(person, unit_id)]


def hand_to(lead: Lead, person: User, *, actor: User | None) -> None:
    """Somebody else of the unit works on it from now on. Raises NotAllowed, and Refused for who cannot."""
    if actor is not None:
        require(actor, "lead:edit", lead)
    check_changeable(lead)
    if not _works_in(person, lead.unit_id):
        raise Refused(N_("请在本单位的经办人员中选一位"), field="person")
    if lead.held_by_id == person.id:
        raise Refused(N_("%(name)s已经是经办人"), field="person", name=person.name)
    lead.held_by_id = person.id
    db.session.flush()
    history.record("lead.passed_on", lead, actor=actor, to=person.name)


def work_of(user: User) -> dict[int, int]:
    """Unit id → how many of its leads the person works on: one statement."""
    query = select(Lead.unit_id, func.count()).where(Lead.held_by_id == user.id, Lead.stage.in_(IN_WORK))
    return dict(db.session.execute(query.group_by(Lead.unit_id)).all())


def pass_on(user: User, to: User | None, actor: User | None, kept: Collection[int] = ()) -> None:
    """What the person works on, but for these units, goes to a colleague; to nobody: it waits for the unit's head.

    Raises Refused for who is of another unit than a lead.
    """
    history.hold()
    query = select(Lead).where(Lead.held_by_id == user.id, Lead.stage.in_(IN_WORK), Lead.unit_id.not_in(kept))
    query = query.order_by(Lead.id).with_for_update(of=Lead).execution_options(populate_existing=True)
    for lead in db.session.scalars(query).all():
        if to is not None and not _works_in(to, lead.unit_id):
            raise Refused(N_("线索%(number)s只能移交给承办单位的同事"), field="to", number=lead.number)
        lead.held_by_id = to.id if to else None
        history.record("lead.passed_on", lead, actor=actor, to=to.name if to else "")


def _works_in(person: User, unit_id: int) -> bool:
    posts = [post.role for post in person.posts if post.unit_id == unit_id]
    return person.is_active and any(role in UNITS for role in posts)
