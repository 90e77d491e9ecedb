"""All projects seen from one moment: their facts and what is decided of them, to be counted and listed by the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, union_all
from sqlalchemy.orm import aliased

from crm import clock
from crm.models import DUTIES, Decision, Duty, Holding, Project, ProjectFacts, User
from crm.permissions import visible_to
from crm.services import dues, holdings, standing


@dataclass(frozen=True)
class Standpoint:
    """A moment, and where things are read from there. Only projects whose attribution has begun by the day are seen."""

    day: date
    known: datetime | None
    facts: Any
    """The projects themselves today, else the version of their facts that held on the day."""
    decision: Any
    """The decisions; today the columns beside the projects say the same."""
    holding: Any
    """The holdings; today the columns beside the projects say the same."""
    among: ColumnElement[bool] | None = None
    """Which projects are seen at all; none: every one."""

    @property
    def is_present(self) -> bool:
        """Do the projects themselves say all that is asked?"""
        return self.decision is Project

    @property
    def status(self) -> ColumnElement[Any]:
        """How sure the attribution is: decided, provisional or undetermined."""
        return Project.attribution_status if self.is_present else self.decision.status  # type: ignore[return-value]

    @property
    def undetermined(self) -> ColumnElement[bool]:
        """Is the notice silent about the project?"""
        return self.status == "undetermined"

    def entitled(self, duty: Duty) -> ColumnElement[Any]:
        """The id of the unit that the rules name for a responsibility."""
        return getattr(self.decision, f"{duty}_id")  # type: ignore[no-any-return]

    def held(self, duty: Duty) -> ColumnElement[Any]:
        """The id of the unit that holds a responsibility."""
        return getattr(self.holding, f"held_{duty}_id" if self.is_present else f"{duty}_id")  # type: ignore[no-any-return]

    @property
    def due(self) -> ColumnElement[bool]:
        """Is another unit entitled than holds, so that a transfer is due?"""
        if self.is_present:
            return Project.due_since.is_not(None)
        return self.due_of(*DUTIES)

    def due_of(self, *duties: Duty) -> ColumnElement[bool]:
        """Is a transfer of one of these responsibilities due? Unknown where nothing is decided."""
        pairs = {duty: (self.entitled(duty), self.held(duty)) for duty in duties}
        return dues.due(self.status, pairs, self.day, self.known)

    def ever(self, table: Any, **columns: Any) -> ColumnElement[bool]:
        """Has any row of decisions or holdings, up to this moment, these values? True of more projects than are so on
        the day, and by an index quicker to say.
        """
        row = aliased(table)
        query = select(row.project_id).where(row.from_day <= self.day)
        if self.known is not None:
            query = query.where(row.recorded_at <= self.known)
        return Project.id.in_(query.where(*(getattr(row, name) == value for name, value in columns.items())))

    def parts(self) -> list[Standpoint]:
        """Standpoints that see between them what this one sees, each project from one: those of which nothing has been
        said since stand today as they stood. For sums over many projects: one statement.
        """
        if self.is_present or not (today := at(clock.today())).is_present:
            return [self]
        since = []
        for table, day in ((Decision, "from_day"), (Holding, "from_day"), (ProjectFacts, "valid_from")):
            row: Any = aliased(table)
            later = getattr(row, day) > min(self.day, today.day)
            if self.known is not None:
                later = or_(later, row.recorded_at > self.known)
            since.append(select(row.project_id).where(later))
        changed = union_all(*since).cte("changed").prefix_with("MATERIALIZED")
        among = Project.id.in_(select(changed.c.project_id))
        return [replace(today, day=self.day, among=~among), replace(self, among=among)]

    def select(self, user: User | None, *columns: Any) -> Select[Any]:
        """Columns of the projects that the person may see and whose attribution has begun."""
        query = select(*columns).select_from(Project)
        if not self.is_present:
            query = query.join(self.decision, self.decision.id == standing.current(self.day, self.known))
            query = query.join(self.holding, self.holding.id == holdings.current(self.day, self.known))
        if self.facts is not Project:
            query = query.join(self.facts, self.facts.id == standing.version(self.day, self.known))
        query = query.where(visible_to(user), self.decision.indicators_id.is_not(None))
        return query if self.among is None else query.where(self.among)


def at(day: date, known: datetime | None = None) -> Standpoint:
    """The standpoint of a day, as the books knew it at an instant (None: now): one statement."""
    if known is not None or day != clock.today():
        return Standpoint(day, known, aliased(ProjectFacts), Decision, Holding)
    if standing.is_of(day):
        return Standpoint(day, known, Project, Project, Project)
    return Standpoint(day, known, Project, Decision, Holding)
