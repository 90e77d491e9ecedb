"""The list of leads: searched, filtered, sorted and cut into pages by the database, each line as far as a person may read it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.grants import UNITS
from crm.models import OPEN_STAGES, Industry, Lead, User
from crm.permissions import allowed, leads_read_by, pooled
from crm.services import lead_search
from crm.services.paging import COUNTED_AT_MOST, PAGE_SIZE, Page, Place, counted, cut, first, in_order
from crm.services.search import Words

STREAMED = 1_000
"""Rows of an export that are in memory at once."""

SORTS = ("id", "had_since", "name", "next_step_on", "intended_investment_fen")
"""What a list can be sorted by; leads that lack it come last, whichever way. Numbers are given in the order of ids."""

OPENLY = ("id", "had_since")
"""Those that tell no more of a lead than everybody may know."""

NEXT = ("overdue", "none")
"""What the next step of an open lead that some unit has can be narrowed to: its day is past, or there is none."""


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None and the empty text narrow nothing."""

    text: str = ""
    unit_id: int | None = None
    stage: str | None = None
    source: str | None = None
    industry: str | None = None
    """A code of the standard: the section, division, group or class and all below it."""
    street_id: int | None = None
    next_step: str | None = None
    pool: bool = False

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def words(self) -> Words:
        """The words of the text."""
        return Words.of(self.text)

    @property
    def tell(self) -> bool:
        """Would it tell something of a lead's contents that it is among those found? A number tells nothing."""
        text = self.text if lead_search.is_number(self.words) else ""
        return self != Filters(text, unit_id=self.unit_id)


@dataclass(frozen=True)
class Order:
    """By what the list is sorted; the newest first unless told otherwise."""

    by: str = "id"
    descending: bool = True


@dataclass(frozen=True)
class Line:
    """A lead in the list: all of it where the person may read it, else its number, its unit and since when."""

    number: str
    unit_id: int
    had_since: date
    lead: Lead | None


@dataclass(frozen=True)
class Listing:
    """What a person asked to see."""

    user: User
    filters: Filters
    order: Order

    @cached_property
    def _reads(self) -> ColumnElement[bool]:
        return leads_read_by(self.user)

    @cached_property
    def _reads_all(self) -> bool:
        return allowed(self.user, "lead:read") and self.user.role not in UNITS

    @cached_property
    def leaves_out(self) -> bool:
        """Are leads left out that the person may not read, for it would tell of their contents where they stand?"""
        tells = self.filters.tell or self.order.by not in OPENLY
        return tells and not self._reads_all

    @cached_property
    def _found(self) -> int:
        """How many leads have the words, capped: says which way to look for them."""
        return lead_search.count(self.filters.words)

    def page(self, place: Place, size: int = PAGE_SIZE) -> Page[Line]:
        """One page: at most six statements, however many leads."""
        position = None if place.beside is None else self._position(place.beside)
        if position is None:
            place = Place(last=place.backwards)
        found = cut(first(self._parts(position, place.backwards), size + 1), place, size)
        count, capped = self._count()
        return replace(found, lines=tuple(self._line(row) for row in found.lines), count=count, capped=capped)

    def lines(self) -> Generator[Line, None, None]:
        """Every line in order, some thousand in memory at once."""
        for query in self._parts():
            # closed by whoever stops half-way as well
            with db.session.execute(query, execution_options={"yield_per": STREAMED}) as rows:
                for row in rows:
                    yield self._line(row)

    def _line(self, row: Any) -> Line:
        lead: Lead = row[0]
        return Line(lead.number, lead.unit_id, lead.had_since, lead if row[1] else None)

    def _parts(self, position: Any = None, backwards: bool = False) -> Iterator[Select[Any]]:
        return in_order(
            self._query(), self._keys, position, falling=self.order.descending, backwards=backwards
        )

    @property
    def _keys(self) -> tuple[Any, ...]:
        return (Lead.id,) if self.order.by == "id" else (getattr(Lead, self.order.by), Lead.id)

    def _position(self, number: str) -> tuple[Any, ...] | None:
        """Where a lead stands in this order; none where there is no such lead in it to stand anywhere."""
        query = self._open_to(select(*self._keys))
        row = db.session.execute(query.where(Lead.number == number)).first()
        return tuple(row) if row else None

    def _query(self) -> Select[Any]:
        reads = Lead.id.is_not(None) if self._reads_all else self._reads
        query: Any = select(Lead, reads.label("reads"))
        query = query.options(joinedload(Lead.industry), joinedload(Lead.held_by))
        return self._narrow(query)

    def _count(self) -> tuple[int, bool]:
        """How many there are, counted no further than COUNTED_AT_MOST, and are there more?"""
        if self._reads_all and self.filters == Filters(self.filters.text) and self.filters.words:
            return min(self._found, COUNTED_AT_MOST), self._found > COUNTED_AT_MOST
        return counted(self._narrow(select(Lead.id)))

    def _open_to(self, query: Select[Any]) -> Select[Any]:
        """Where a filter or the order would tell of hidden contents, those leads are left out."""
        return query.where(self._reads) if self.leaves_out else query

    def _narrow(self, query: Select[Any]) -> Select[Any]:
        filters = self.filters
        query = self._open_to(query)
        for column, wanted in (
            (Lead.unit_id, filters.unit_id),
            (Lead.stage, filters.stage),
            (Lead.source, filters.source),
            (Lead.site_street_id, filters.street_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if filters.pool:
            query = query.where(pooled())
        if filters.next_step is not None:
            past = Lead.next_step_on < clock.today()
            query = query.where(
                Lead.stage.in_(OPEN_STAGES),
                # what is in the common pool waits for nobody's next step
                Lead.protected_until >= clock.today(),
                past if filters.next_step == "overdue" else Lead.next_step_on.is_(None),
            )
        if filters.industry is not None:
            query = query.where(_within(filters.industry))
        return query.where(*self._searched())

    def _searched(self) -> Iterator[ColumnElement[bool]]:
        words = self.filters.words
        if not words:
            return
        if lead_search.is_number(words):
            # of another unit's lead nothing but the number may be what was found
            yield and_(*(Lead.number.contains(word.upper(), autoescape=True) for word in words.words))
        if self._found > lead_search.BY_ID:
            yield lead_search.having(words)
        else:
            found = lead_search.found(words).cte("found").prefix_with("MATERIALIZED")
            yield Lead.id.in_(select(found.c.id))


def _within(code: str) -> ColumnElement[bool]:
    """Is the lead's industry the one with this code, or below it? A section is a letter, the rest are digits."""
    if code.isdecimal():
        return or_(Lead.industry_code == code, Lead.industry_code.startswith(code))
    division = func.substr(Lead.industry_code, 1, 2)
    return or_(
        Lead.industry_code == code, exists().where(Industry.code == division, Industry.section == code)
    )
