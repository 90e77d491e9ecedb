"""Lists that are read from their newest row back, cut into pages by id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from crm.db import db

T = TypeVar("T")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page, newest first."""

    rows: tuple[T, ...]
    has_previous: bool
    has_next: bool


def page(
    query: Select[*tuple[Any, ...]],
    key: Any,
    row: Callable[..., T],
    *,
    after: int | None = None,
    before: int | None = None,
    last: bool = False,
    size: int = PAGE_SIZE,
) -> Page[T]:
    """The last page of what is asked for, or else the one above an id (`before`), or below one (`after`), or the first:
    one statement. `key` is the id that it goes by; `row` makes of each row found what the page has.
    """
    backwards = last or before is not None
    if last:
        after = before = None
    elif before is not None:
        query, after = query.where(key > before), None
    elif after is not None:
        query = query.where(key < after)
    found = db.session.execute(query.order_by(key.asc() if backwards else key.desc()).limit(size + 1)).all()
    more, rows = len(found) > size, [row(*one) for one in found[:size]]
    if backwards:
        return Page(tuple(rows[::-1]), has_previous=more, has_next=before is not None)
    return Page(tuple(rows), has_previous=after is not None, has_next=more)


def whole(row: T) -> T:
    """For queries of one entity: each row is that."""
    return row
