"""Transfers as people find them: those under way, what is due and not proposed yet, what is overdue, what has ended.

Those that a batch settles are left out: the batch is looked for instead. Each list is cut into pages by the database,
from a day and a number on.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, null, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager, joinedload

from crm import clock
from crm.db import db
from crm.models import (
    DUTIES,
    OPEN_TRANSFERS,
    TRANSFER_STATES,
    Decision,
    Outcome,
    Project,
    Transfer,
    Unit,
    User,
)
from crm.periods import Month
from crm.permissions import allowed, visible_to
from crm.services import dues, transfer_disputes
from crm.services.dues import Due
from crm.services.paging import PAGE_SIZE, Position, counted
from crm.services.transfer_disputes import Dispute

TABS = ("open", "due", "overdue", "ended")

ENDED = tuple(state for state in TRANSFER_STATES if state not in OPEN_TRANSFERS)

STATES: dict[str, tuple[str, ...]] = {
    "open": OPEN_TRANSFERS,
    "due": ("late", "disputed"),
    "overdue": OPEN_TRANSFERS,
    "ended": ENDED,
}
"""Tab → the states that it can be narrowed to; of what is due: not proposed in time, and disputed."""

NO_KIND: ColumnElement[str | None] = cast(null(), String)

STREAMED = 1_000
"""Rows of an export that are in memory at once."""


KEY = (Project.due_since, Project.id)
"""Where what is due stands in its list."""


@dataclass(frozen=True)
class Filters:
    """What narrows a list; None narrows nothing."""

    unit_id: int | None = None
    """The unit that gives or receives."""
    state: str | None = None
    street_id: int | None = None
    """The street of the project's site."""
    closing: Month | None = None
    """What would be carried over if this month were closed."""

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Line:
    """A transfer, or what is due of a project that nobody has proposed yet."""

    project: Project
    from_unit: Unit
    to_unit: Unit
    duties: tuple[str, ...]
    rule: str
    since: date
    transfer: Transfer | None
    due_on: date | None
    """By when the present step is to be done; none where none is left."""
    key: Position
    """Where the line stands in its list, for the next page."""
    dispute: Dispute | None = None
    """Which unit declined it when it was proposed last; none where none did."""
    kind: str | None = None
    """The kind of batch that can settle it, where the list asked for that."""

    @property
    def late(self) -> int:
        """By how many days the step is late; 0 where it is not."""
        return max((clock.today() - self.due_on).days, 0) if self.due_on else 0


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many lines there are, counted no further than COUNTED_AT_MOST."""

    lines: list[Line]
    count: int
    capped: bool
    following: Position | None
    """Where the next page begins; none where there is none."""


@dataclass(frozen=True)
class Listing:
    """What a person asked to see."""

    user: User
    tab: str
    filters: Filters
    due_days: int
    """How many days after it is due a transfer is to be proposed."""
    kind: ColumnElement[str | None] = NO_KIND
    """The kind of batch that can settle what is due of a project: `batch_kinds.kind_of`. Who does not ask is told none."""

    def page(self, after: Position | None = None, size: int = PAGE_SIZE) -> Page:
        """The lines after a place, the oldest first, those that ended last first: two statements, for what is due four."""
        lines = self.first(size + 1, after)
        following = lines[size - 1].key if len(lines) > size else None
        return Page(lines[:size], *self.counted(), following)

    def first(self, most: int, after: Position | None = None, *conditions: Any) -> list[Line]:
        """The first lines after a place that meet these conditions as well: one statement, for what is due three."""
        return self._lines(db.session.execute(self._query(after).where(*conditions).limit(most)).all())

    def alone_first(self, most: int) -> list[Line]:
        """Of what is due the first lines that no batch settles, then the others: three statements."""
        query = self._query(None).order_by(None).order_by(self.kind.is_not(None), *KEY)
        return self._lines(db.session.execute(query.limit(most)).all())

    def late(self) -> ColumnElement[bool]:
        """The condition on Project that holds for what is due and was not proposed in time."""
        return Project.due_since < clock.today() - timedelta(days=self.due_days)

    def counted(self) -> tuple[int, bool]:
        """How many lines there are, and are there more than were counted? One statement."""
        return counted(self.narrowed(Project.id))

    def lines(self) -> Generator[Line, None, None]:
        """Every line in order, some thousand in memory at once."""
        with db.session.execute(self._query(None), execution_options={"yield_per": STREAMED}) as rows:
            for some in rows.partitions(STREAMED):
                yield from self._lines(some)

    def _lines(self, rows: Sequence[Any]) -> list[Line]:
        if self.tab != "due":
            return [self._under_way(row[0]) for row in rows]
        found = dues.of_all([row[0].id for row in rows], clock.today())
        return [self._due(row, found[row[0].id]) for row in rows]

    def _under_way(self, made: Transfer) -> Line:
        return Line(
            made.project,
            made.from_unit,
            made.to_unit,
            made.duties,
            made.rule,
            made.since,
            made,
            made.due_on if made.is_open else None,
            Position(made.ended_on or made.due_on, made.id),
        )

    def _due(self, row: Any, found: Sequence[Due]) -> Line:
        """What is due of a project, where its responsibilities are parted what the unit asked about is to give or get, and
        of that what is due since the earliest day.
        """
        project, body, last, by_receiver, kind, *units = row
        by_id = {unit.id: unit for unit in units if unit is not None}
        known = [one for one in found if {one.from_unit_id, one.to_unit_id} <= by_id.keys()]
        # what the day's work has not reached yet is told as it stands beside the project
        known = known or [Due(units[1].id, units[0].id, DUTIES[:1], project.due_since, None)]
        unit = self.filters.unit_id
        due = min(known, key=lambda one: (unit not in (None, one.from_unit_id, one.to_unit_id), one.since))
        dispute = None
        if last is not None:
            dispute = Dispute(last, by_id[last.to_unit_id if by_receiver else last.from_unit_id])
        return Line(
            project,
            by_id[due.from_unit_id],
            by_id[due.to_unit_id],
            due.duties,
            dues.rule_in(body, due.duties[0]),
            due.since,
            None,
            due.since + timedelta(days=self.due_days),
            Position(project.due_since, project.id),
            dispute,
            kind,
        )

    def _query(self, after: Position | None) -> Select[Any]:
        if self.tab == "due":
            columns = [column for pair in dues.PAIRS.values() for column in pair]
            units = [aliased(Unit) for _ in columns]
            last = aliased(Transfer)
            by_receiver = transfer_disputes.by_receiver(last)
            query = self.narrowed(Project, Outcome.body, last, by_receiver, self.kind, *units)
            query = query.outerjoin(last, transfer_disputes.declined(last))
            query = query.join(Decision, Decision.id == Project.decision_id)
            query = query.join(Outcome, Outcome.id == Decision.outcome_id)
            for unit, column in zip(units, columns, strict=True):
                query = query.outerjoin(unit, unit.id == column)
            key: Any = KEY
        else:
            query = self.narrowed(Transfer).options(
                contains_eager(Transfer.project),
                joinedload(Transfer.from_unit),
                joinedload(Transfer.to_unit),
            )
            key = (Transfer.due_on, Transfer.id)
        if self.tab == "ended":
            query = query.where(Transfer.id < after.id) if after else query
            return query.order_by(Transfer.id.desc())
        return (query.where(tuple_(*key) > after) if after else query).order_by(*key)

    def narrowed(self, *columns: Any) -> Select[Any]:
        """A query for these columns of the projects due, or of the transfers, that the list consists of, in no order."""
        wanted, unit = self.filters, self.filters.unit_id
        if self.tab == "due":
            under_way = exists().where(Transfer.project_id == Project.id, Transfer.state.in_(OPEN_TRANSFERS))
            query = select(*columns).select_from(Project).where(Project.due_since.is_not(None), ~under_way)
            if wanted.state == "late":
                query = query.where(self.late())
            if wanted.state == "disputed":
                query = query.where(transfer_disputes.disputed())
            if unit is not None:
                sides = (and_(to != has, or_(to == unit, has == unit)) for to, has in dues.PAIRS.values())
                query = query.where(or_(*sides))
        else:
            states = (wanted.state,) if wanted.state else STATES[self.tab]
            query = select(*columns).select_from(Transfer).join(Transfer.project)
            query = query.where(Transfer.state.in_(states), Transfer.batch_id.is_(None))
            if self.tab == "overdue":
                query = query.where(Transfer.due_on < clock.today())
            if unit is not None:
                query = query.where(or_(Transfer.from_unit_id == unit, Transfer.to_unit_id == unit))
        if wanted.closing is not None:
            condition = due_by(wanted.closing) if self.tab == "due" else carried_over_after(wanted.closing)
            query = query.where(condition)
        if wanted.street_id is not None:
            query = query.where(Project.site_street_id == wanted.street_id)
        sees = visible_to(self.user) if allowed(self.user, "transfer:read") else Project.id.is_(None)
        return query.where(sees)


def carried_over_after(month: Month) -> ColumnElement[bool]:
    """The condition on Transfer that holds for those that carry over if they are confirmed once a month is closed: of
    indicators (clause 五(二)), and due since a day in it or before.
    """
    return and_(Transfer.indicators, Transfer.since <= month.last)


def due_by(month: Month) -> ColumnElement[bool]:
    """The same of Project, for what is due and was not proposed."""
    entitled, held = dues.PAIRS["indicators"]
    return and_(Project.due_since <= month.last, entitled != held)


def of_project(project: Project, most: int) -> list[Transfer]:
    """A project's last transfers, those in batches among them, newest first: one statement."""
    query = select(Transfer).where(Transfer.project_id == project.id).order_by(Transfer.id.desc()).limit(most)
    query = query.options(joinedload(Transfer.from_unit), joinedload(Transfer.to_unit))
    return list(db.session.scalars(query))
