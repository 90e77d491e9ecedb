"""The list of projects on a day, as known on a day: searched, filtered, sorted and cut into pages by the database."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from crm.db import db
from crm.models import DUTIES, Decision, FactColumns, Holding, Outcome, Project, User
from crm.permissions import allowed, visible_to
from crm.services import dues, holdings, search, standing, standpoint
from crm.services.paging import PAGE_SIZE, Page, Place, counted, cut, first, in_order
from crm.services.project_filters import Filters, Stage, narrowed, sieved, stage_of
from crm.services.search import Found, Words
from crm.services.standpoint import Standpoint

FEW = 2_000
"""So many or fewer of an earlier day are looked up and put in order; more are met soon enough in the order asked for."""

STREAMED = 1_000
"""Rows of an export that are in memory at once."""

SORTS = ("number", "name", "signed_on", "total_investment_fen")
"""What a list can be sorted by; projects that lack it come last, whichever way."""


@dataclass(frozen=True)
class Order:
    """By what the list is sorted; the newest numbers first unless told otherwise."""

    by: str = "number"
    descending: bool = True


@dataclass(frozen=True)
class Line:
    """A project with its facts, the decision in force and who holds it; no decision before it begins."""

    project: Project
    facts: FactColumns
    decision: Decision | None
    rule: str | None
    stage: Stage | None
    held_indicators_id: int | None
    held_enterprise_service_id: int | None
    due_since: date | None
    """Since when a transfer is due; none where none is."""


@dataclass(frozen=True)
class Listing:
    """What a person asked to see: of a day (`on`), as the books knew it at an instant (`known`, None: now)."""

    user: User
    filters: Filters
    order: Order
    on: date
    known: datetime | None = None

    @cached_property
    def _seen(self) -> Standpoint:
        return standpoint.at(self.on, self.known)

    @property
    def _present(self) -> bool:
        """Are the facts those that the books have now, rather than those that held on the day?"""
        return self._seen.facts is Project

    @cached_property
    def _sees(self) -> bool:
        return allowed(self.user, "project:read")

    @cached_property
    def _words(self) -> Words:
        return Words.of(self.filters.text)

    @cached_property
    def _found(self) -> Found:
        """How many projects have the words: says which way to look for them."""
        return search.count(self._words)

    def page(self, place: Place, size: int = PAGE_SIZE) -> Page[Line]:
        """One page: at most eight statements, however many projects."""
        position = None if place.beside is None else self._position(place.beside)
        if position is None:
            place = Place(last=place.backwards)
        found = cut(first(self._parts(position, place.backwards), size + 1, self._first), place, size)
        count, capped = self._count
        return replace(found, lines=self._lines(found.lines), count=count, capped=capped)

    def lines(self) -> Generator[Line, None, None]:
        """Every line in order, some thousand in memory at once."""
        for query in self._parts():
            # closed by whoever stops half-way as well
            with db.session.execute(query, execution_options={"yield_per": STREAMED}) as rows:
                for some in rows.partitions(STREAMED):
                    yield from self._lines(some)

    def _lines(self, rows: Sequence[Any]) -> tuple[Line, ...]:
        """Two statements more where a transfer is due on a day for which nothing is kept."""
        found = [(row[0], *row) if self._present else row for row in rows]
        since: Mapping[int, date] = {}
        if not self._seen.is_present and (due := [row[0].id for row in found if row[-1]]):
            since = dues.since_of(due, self.on, self.known)
        return tuple(
            Line(
                project, facts, decision, rule, stage_of(facts, self.on), indicators, service,
                due if self._seen.is_present else since.get(project.id),
            )
            for project, facts, decision, rule, indicators, service, due in found
        )  # fmt: skip

    def _first(self, query: Select[Any], most: int) -> Select[Any]:
        if self._seen.is_present:
            return query.limit(most)
        # which ones first, what is said of them then: few are found by what was ever said, many on the way
        found = query.with_only_columns(Project.id).limit(most)
        if self._count[0] <= FEW:
            found = found.where(*sieved(self._seen, self.filters))
        return query.where(Project.id.in_(select(found.subquery().c.id)))

    def _parts(self, position: Any = None, backwards: bool = False) -> Iterator[Select[Any]]:
        return in_order(
            self._query(), self._keys, position, falling=self.order.descending, backwards=backwards
        )

    @property
    def _keys(self) -> tuple[Any, ...]:
        if self.order.by == "number":
            return (Project.number,)
        return (getattr(self._seen.facts, self.order.by), Project.id)

    def _position(self, number: str) -> tuple[Any, ...] | None:
        """Where a project stands in this order; none where there is no such project to stand anywhere."""
        if self.order.by == "number":
            return (number,)
        query = self._known(select(*self._keys).select_from(Project))
        row = db.session.execute(query.where(Project.number == number)).first()
        return tuple(row) if row else None

    def _query(self) -> Select[Any]:
        seen = self._seen
        facts = () if self._present else (self._seen.facts,)
        query = select(
            Project,
            *facts,
            Decision,
            Outcome.body["rule"].as_string(),
            *(seen.held(duty) for duty in DUTIES),
            Project.due_since if seen.is_present else seen.due,
        ).select_from(Project)
        query = self._known(query)
        if self._seen.is_present:
            query = query.outerjoin(Decision, Decision.id == Project.decision_id)
        else:
            query = self._with_history(query, decided=True, held=True)
        return self._narrow(query.outerjoin(Outcome, Outcome.id == Decision.outcome_id))

    def _with_history(self, query: Select[Any], *, decided: bool, held: bool) -> Select[Any]:
        """With the decision and the holding in force, where they are asked for."""
        if decided:
            query = query.outerjoin(Decision, Decision.id == standing.current(self.on, self.known))
        if held:
            query = query.outerjoin(Holding, Holding.id == holdings.current(self.on, self.known))
        return query

    def _known(self, query: Select[Any]) -> Select[Any]:
        """With the facts as they stood: only projects that the books knew then."""
        if self._present:
            return query
        return query.join(self._seen.facts, self._seen.facts.id == standing.version(self.on, self.known))

    @cached_property
    def _count(self) -> tuple[int, bool]:
        """How many there are, counted no further than COUNTED_AT_MOST, and are there more?"""
        if self._present and self.filters == Filters(self.filters.text) and self._words and self._sees:
            return self._found.number, self._found.more
        query = select(Project.id).select_from(Project)
        if self._present or self.filters.facts:
            query = self._known(query)
        elif not self.filters.begun:
            # whichever version held, there was one; of what has begun there is one anyway
            query = query.where(standing.version(self.on, self.known).is_not(None))
        if not self._seen.is_present:
            query = self._with_history(query, decided=self.filters.decided, held=self.filters.held)
            query = query.where(*sieved(self._seen, self.filters))
        return counted(self._narrow(query))

    def _narrow(self, query: Select[Any]) -> Select[Any]:
        query = query.where(visible_to(self.user), *self._searched())
        return query.where(*narrowed(self._seen, self.filters))

    def _searched(self) -> Iterator[ColumnElement[bool]]:
        if not self._words:
            return
        if not self._present:
            # the index knows what is said now; what was said then is looked through
            columns = [
                search.folding(c) for c in (self._seen.facts.name, self._seen.facts.investor, Project.number)
            ]
            for word in self._words.words:
                yield or_(*(column.contains(word, autoescape=True) for column in columns))
        elif search.is_common(self._found, alone=self.filters == Filters(self.filters.text), rows=PAGE_SIZE):
            yield search.having(self._words)
        else:
            found = search.found(self._words).cte("found").prefix_with("MATERIALIZED")
            yield Project.id.in_(select(found.c.id))
