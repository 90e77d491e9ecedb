"""经办人: who of a unit works on a lead, handed from one colleague to another, and passed on when somebody leaves."""

from __future__ import annotations

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


def work_of(user: User) -> int:
    """How many leads the person works on."""
    query = select(func.count()).where(Lead.held_by_id == user.id, Lead.stage.in_(IN_WORK))
    return db.session.scalar(query) or 0


def pass_on(user: User, to: User, actor: User | None) -> None:
    """Everything the person works on goes to a colleague. Raises Refused for who is of another unit than a lead."""
    query = select(Lead).where(Lead.held_by_id == user.id, Lead.stage.in_(IN_WORK)).order_by(Lead.id)
    of_units = {post.unit_id for post in to.posts}
    for lead in db.session.scalars(query):
        if lead.unit_id not in of_units:
            raise Refused(N_("线索%(number)s只能移交给承办单位的同事"), field="to", number=lead.number)
        lead.held_by_id = to.id
        history.record("lead.passed_on", lead, actor=actor, to=to.name)


def _works_in(person: User, unit_id: int) -> bool:
    posts = [post.role for post in person.posts if post.unit_id == unit_id]
    return person.is_active and any(role in UNITS for role in posts)
