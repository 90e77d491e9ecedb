"""Lists cut into pages by key: forward, back, and the last page; read by the database from where the page begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, func, select, tuple_

from crm.db import db

T = TypeVar("T")

PAGE_SIZE = 50
COUNTED_AT_MOST = 5_000
"""Counting stops here, so that a list of a million is as quick as a short one."""


@dataclass(frozen=True)
class Place:
    """Which page of a list: the one after or before a row, known by its number or id, the last one, or (nothing given) the
    first.
    """

    after: Any = None
    before: Any = None
    last: bool = False

    @property
    def backwards(self) -> bool:
        """Is the page read from its end?"""
        return self.last or self.before is not None

    @property
    def beside(self) -> Any:
        """The row beside the page; none of the first page and of the last."""
        return None if self.last else self.after if self.before is None else self.before


FIRST = Place()


class Position(NamedTuple):
    """Where a line stands in a list by day; written 2021-06-03.5 in an address."""

    day: date
    id: int

    def __str__(self) -> str:
        return f"{self.day}.{self.id}"


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list."""

    lines: Sequence[T]
    has_previous: bool
    has_next: bool
    count: int = 0
    """How many lines the list has, where they are counted."""
    capped: bool = False
    """Are there more than were counted?"""


@dataclass(frozen=True)
class Onward(Generic[T]):
    """One page of a list by day, which is only read on."""

    lines: Sequence[T]
    following: Position | None
    """Where its last line stands, where more come after it."""


def onward(
    query: Select[*tuple[Any, ...]],
    keys: Sequence[Any],
    after: Position | None,
    line: Callable[..., T],
    at: Callable[[T], Position],
    *,
    size: int,
    falling: bool = False,
) -> Onward[T]:
    """The lines after a position, in the order of a day and an id: one statement."""
    rows = db.session.execute(_from(query, keys, after, falls=falling).limit(size + 1)).all()
    lines = [line(*row) for row in rows[:size]]
    return Onward(lines, at(lines[-1]) if len(rows) > size else None)


def cut(rows: Sequence[T], place: Place, size: int) -> Page[T]:
    """The page, from the rows in the order in which they were read: one more than fits where there are more."""
    more, beside, rows = len(rows) > size, place.beside is not None, rows[:size]
    if place.backwards:
        return Page(rows[::-1], has_previous=more, has_next=beside)
    return Page(rows, has_previous=beside, has_next=more)


def by_key(
    query: Select[*tuple[Any, ...]],
    key: Any,
    place: Place,
    line: Callable[..., T],
    *,
    size: int = PAGE_SIZE,
    rising: bool = False,
) -> Page[T]:
    """The page of a list in the order of one key, the newest first unless it rises: one statement.

    `line` makes of each row what the page has.
    """
    position = None if place.beside is None else (place.beside,)
    parts = in_order(query, (key,), position, falling=not rising, backwards=place.backwards)
    found = cut(first(parts, size + 1), place, size)
    return replace(found, lines=tuple(line(*row) for row in found.lines))


def whole(row: T) -> T:
    """For queries of one entity: each row is that."""
    return row


def in_order(
    query: Select[Any], keys: Sequence[Any], position: Sequence[Any] | None, *, falling: bool, backwards: bool
) -> Iterator[Select[Any]]:
    """The list from a position on as one query, or two: those that have what it is sorted by, then those that lack it.

    `keys`: the columns that it is sorted by, the last of which no two rows share; `position`: a row's values of them. In
    two, so that each follows an index; no database has one index for "empty last" both ways.
    """
    falls = falling is not backwards
    if len(keys) == 1:
        yield _from(query, keys, position, falls=falls)
        return
    in_having = position if position is not None and position[0] is not None else None
    in_lacking = position[1:] if position is not None and position[0] is None else None
    parts = []
    if backwards or in_lacking is None:
        parts.append(_from(query.where(keys[0].is_not(None)), keys, in_having, falls=falls))
    if keys[0].nullable and not (backwards and in_having is not None):
        parts.append(_from(query.where(keys[0].is_(None)), keys[1:], in_lacking, falls=falls))
    yield from parts[::-1] if backwards else parts


def _from(
    query: Select[Any], keys: Sequence[Any], position: Sequence[Any] | None, *, falls: bool
) -> Select[Any]:
    if position is not None:
        there: Any = tuple_(*keys) if len(keys) > 1 else keys[0]
        here: Any = tuple(position) if len(keys) > 1 else position[0]
        query = query.where(there < here if falls else there > here)
    return query.order_by(*(key.desc() if falls else key.asc() for key in keys))


def first(
    queries: Iterable[Select[Any]],
    most: int,
    limited: Callable[[Select[Any], int], Select[Any]] = lambda query, most: query.limit(most),
) -> list[Any]:
    """So many rows of several queries, read one after the other as far as is needed."""
    rows: list[Any] = []
    for query in queries:
        rows += db.session.execute(limited(query, most - len(rows))).all()
        if len(rows) == most:
            break
    return rows


def counted(query: Select[Any], most: int | None = None) -> tuple[int, bool]:
    """How many rows a query finds, counted no further than so many, and are there more? One statement."""
    most = COUNTED_AT_MOST if most is None else most
    count = db.session.scalar(select(func.count()).select_from(query.limit(most + 1).subquery())) or 0
    return min(count, most), count > most
