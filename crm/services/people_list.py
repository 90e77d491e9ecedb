"""The list of accounts: searched, filtered by the posts held today and by state, cut by key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import selectinload

from crm import clock
from crm.db import db
from crm.models import PostTerm, User
from crm.services.paging import Page, Place, by_key, whole

STATES: dict[str, ColumnElement[bool]] = {
    "open": and_(User.active, ~User.locked),
    "locked": and_(User.active, User.locked),
    "closed": ~User.active,
}


@dataclass(frozen=True)
class Filters:
    """What is asked for; empty: everything."""

    text: str = ""
    role: str | None = None
    unit_id: int | None = None
    state: str | None = None


def listing(filters: Filters, place: Place) -> Page[User]:
    """A page of accounts by login, with their posts: at most five statements."""
    query = select(User).options(selectinload(User.terms))
    if filters.text:
        query = query.where(
            or_(
                User.login.contains(filters.text.lower(), autoescape=True),
                User.name.contains(filters.text, autoescape=True),
            )
        )
    if filters.state:
        query = query.where(STATES[filters.state])
    if filters.role or filters.unit_id is not None:
        query = query.where(User.id.in_(_holders(filters)))
    return by_key(query, User.login, place, whole, rising=True)


def _holders(filters: Filters) -> set[int]:
    query = select(PostTerm).where(PostTerm.valid_from <= clock.today())
    if filters.role:
        query = query.where(PostTerm.role == filters.role)
    if filters.unit_id is not None:
        query = query.where(PostTerm.unit_id == filters.unit_id)
    last = {
        (term.user_id, *term.post): term
        for term in db.session.scalars(query.order_by(PostTerm.valid_from, PostTerm.id))
    }
    return {term.user_id for term in last.values() if term.held}
