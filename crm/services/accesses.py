"""Who opened what: requests that were answered, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.models import Access
from crm.services.paging import PAGE_SIZE, Page, Place, by_key, whole


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None narrows nothing. Days are those of a wall clock in the district, both included."""

    user_id: int | None = None
    since: date | None = None
    until: date | None = None
    path: str = ""


def listing(filters: Filters, place: Place, *, size: int = PAGE_SIZE) -> Page[Access]:
    """A page of requests, the newest first: one statement."""
    return by_key(_chosen(filters), Access.id, place, whole, size=size)


def every(filters: Filters) -> Iterator[Access]:
    """All of them, newest first, read as they are asked for."""
    query = _chosen(filters).order_by(Access.id.desc()).execution_options(yield_per=1_000)
    return iter(db.session.scalars(query))


def add(rows: Sequence[dict[str, Any]]) -> None:
    """Notes requests that were answered."""
    if rows:
        db.session.execute(insert(Access), list(rows))


def _chosen(filters: Filters) -> Select[Access]:
    query = select(Access).options(joinedload(Access.user))
    if filters.user_id is not None:
        query = query.where(Access.user_id == filters.user_id)
    if filters.since:
        query = query.where(Access.at >= clock.begins(filters.since))
    if filters.until and filters.until < date.max:
        query = query.where(Access.at < clock.begins(filters.until + timedelta(days=1)))
    if filters.path:
        query = query.where(Access.path.startswith(filters.path, autoescape=True))
    return query
