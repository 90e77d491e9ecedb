"""The list of projects on a day, as known on a day: searched, filtered, sorted and cut into pages by the database."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from crm.db import db
from crm.models import DUTIES, Decision, FactColumns, Holding, Outcome, Project, User
from crm.permissions import allowed, visible_to
from crm.services import dues, holdings, search, standing, standpoint
from crm.services.project_filters import Filters, Stage, narrowed, sieved, stage_of
from crm.services.search import Found, Words
from crm.services.standpoint import Standpoint

PAGE_SIZE = 50
COUNTED_AT_MOST = 5_000
"""Counting stops here, so that a list of a million is as quick as a short one."""

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
class Place:
    """Which page of a list: the one after or before a number, the last one, or (nothing given) the first."""

    after: str | None = None
    before: str | None = None
    last: bool = False


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
class Page:
    """One page of the list."""

    lines: tuple[Line, ...]
    count: int
    capped: bool
    """Are there more than were counted?"""
    has_previous: bool
    has_next: bool


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

    def page(self, place: Place, size: int = PAGE_SIZE) -> Page:
        """One page: at most eight statements, however many projects."""
        backwards = place.last or place.before is not None
        number = place.before if place.before is not None else place.after
        position = self._position(number) if number is not None and not place.last else None
        rows = self._rows(position, backwards, size + 1)
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows = rows[::-1]
        return Page(
            self._lines(rows),
            self._count.number,
            self._count.more,
            has_previous=more if backwards else position is not None,
            has_next=position is not None if backwards and not place.last else more and not backwards,
        )

    def lines(self) -> Generator[Line, None, None]:
        """Every line in order, some thousand in memory at once."""
        for query in self._segments(None, False):
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

    def _rows(self, position: Any, backwards: bool, limit: int) -> list[Any]:
        rows: list[Any] = []
        for query in self._segments(position, backwards):
            rows += db.session.execute(self._first(query, limit - len(rows))).all()
            if len(rows) == limit:
                break
        return rows

    def _first(self, query: Select[Any], most: int) -> Select[Any]:
        if self._seen.is_present:
            return query.limit(most)
        # which ones first, what is said of them then: few are found by what was ever said, many on the way
        found = query.with_only_columns(Project.id).limit(most)
        if self._count.number <= FEW:
            found = found.where(*sieved(self._seen, self.filters))
        return query.where(Project.id.in_(select(found.subquery().c.id)))

    def _segments(self, position: Any, backwards: bool) -> Iterator[Select[Any]]:
        """The list from a position on as one query, or two: those that have what it is sorted by, then those that lack it.

        In two, so that each follows an index; no database has one index for "empty last" both ways.
        """
        falling = self.order.descending is not backwards
        key = self._key
        if self.order.by == "number":
            query = self._query()
            if position is not None:
                query = query.where(key < position[0] if falling else key > position[0])
            yield query.order_by(key.desc() if falling else key.asc())
            return
        both = (key, Project.id)
        having, lacking = self._query().where(key.is_not(None)), self._query().where(key.is_(None))
        if position is not None and position[0] is None:
            lacking = lacking.where(Project.id < position[1] if falling else Project.id > position[1])
            having = having if backwards else None  # type: ignore[assignment]
        elif position is not None:
            having = having.where(tuple_(*both) < position if falling else tuple_(*both) > position)
            lacking = None if backwards else lacking  # type: ignore[assignment]
        orders = [column.desc() if falling else column.asc() for column in both]
        parts = [
            having.order_by(*orders) if having is not None else None,
            lacking.order_by(orders[1]) if lacking is not None and self.order.by != "name" else None,
        ]
        for part in parts[::-1] if backwards else parts:
            if part is not None:
                yield part

    @cached_property
    def _key(self) -> Any:
        return getattr(Project if self.order.by == "number" else self._seen.facts, self.order.by)

    def _position(self, number: str) -> tuple[Any, ...] | None:
        """Where a project stands in this order; none where there is no such project to stand anywhere."""
        if self.order.by == "number":
            return (number,)
        query = self._known(select(self._key, Project.id).select_from(Project))
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
    def _count(self) -> Found:
        """How many there are, counted no further than COUNTED_AT_MOST."""
        if self._present and self.filters == Filters(self.filters.text) and self._words and self._sees:
            return self._found
        query = select(Project.id).select_from(Project)
        if self._present or self.filters.facts:
            query = self._known(query)
        elif not self.filters.begun:
            # whichever version held, there was one; of what has begun there is one anyway
            query = query.where(standing.version(self.on, self.known).is_not(None))
        if not self._seen.is_present:
            query = self._with_history(query, decided=self.filters.decided, held=self.filters.held)
            query = query.where(*sieved(self._seen, self.filters))
        counted = self._narrow(query).limit(COUNTED_AT_MOST + 1).subquery()
        number = db.session.scalar(select(func.count()).select_from(counted)) or 0
        return Found(min(number, COUNTED_AT_MOST), number > COUNTED_AT_MOST)

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
