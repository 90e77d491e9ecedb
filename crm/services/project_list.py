"""The list of projects: searched, filtered and cut into pages by the database, never loaded whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, case, func, select

from crm.db import db
from crm.models import Decision, FactColumns, Outcome, Project, User
from crm.permissions import visible_to
from crm.services.attribution import current

PAGE_SIZE = 50
COUNTED_AT_MOST = 10_000
"""Counting stops here, so that a list of a million is as quick as a short one."""

STAGES = ("signed", "construction_started", "completed")
Stage = Literal["signed", "construction_started", "completed"]


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None and the empty text narrow nothing."""

    text: str = ""
    unit_id: int | None = None
    street_id: int | None = None
    stage: Stage | None = None
    status: str | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Place:
    """Which page: the one after or before a project number, the last one, or (nothing given) the first."""

    after: str | None = None
    before: str | None = None
    last: bool = False


@dataclass(frozen=True)
class Line:
    """A project with the decision in force on the day and the rule that decided it; none before it begins."""

    project: Project
    decision: Decision | None
    rule: str | None
    stage: Stage | None


@dataclass(frozen=True)
class Page:
    """One page of the list, newest numbers first."""

    lines: tuple[Line, ...]
    count: int
    capped: bool
    """Are there more than were counted?"""
    has_previous: bool
    has_next: bool


def reached(day: date) -> ColumnElement[Any]:
    """For a query over projects: the furthest stage reached by a day; NULL where none was."""
    return case(
        (Project.completed_on <= day, "completed"),
        (Project.construction_started_on <= day, "construction_started"),
        (Project.signed_on <= day, "signed"),
    )


def stage_of(project: FactColumns, day: date) -> Stage | None:
    """The furthest stage a project reached by a day; none before it is signed."""
    for stage, on in (
        ("completed", project.completed_on),
        ("construction_started", project.construction_started_on),
        ("signed", project.signed_on),
    ):
        if on is not None and on <= day:
            return stage  # type: ignore[return-value]
    return None


def listing(user: User, filters: Filters, place: Place, day: date, *, size: int = PAGE_SIZE) -> Page:
    """One page of the projects a person may see, with their attribution on a day: two statements."""
    wanted = _narrow(select(Project, Decision, Outcome.body["rule"].as_string()), user, filters, day)
    wanted = wanted.outerjoin(Outcome, Outcome.id == Decision.outcome_id)
    backwards = place.last or place.before is not None
    if place.after is not None:
        wanted = wanted.where(Project.number < place.after)
    elif place.before is not None:
        wanted = wanted.where(Project.number > place.before)
    order = Project.number.asc() if backwards else Project.number.desc()
    rows = db.session.execute(wanted.order_by(order).limit(size + 1)).all()
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows = rows[::-1]
    counted = select(func.count()).select_from(
        _narrow(select(Project.id), user, filters, day).limit(COUNTED_AT_MOST + 1).subquery()
    )
    count = db.session.scalar(counted) or 0
    return Page(
        tuple(Line(project, decision, rule, stage_of(project, day)) for project, decision, rule in rows),
        min(count, COUNTED_AT_MOST),
        count > COUNTED_AT_MOST,
        has_previous=more if backwards else place.after is not None,
        has_next=place.before is not None if backwards else more,
    )


def _narrow(query: Select[Any], user: User, filters: Filters, day: date) -> Select[Any]:
    query = (
        query.select_from(Project).outerjoin(Decision, Decision.id == current(day)).where(visible_to(user))
    )
    for part in filters.text.split():
        query = query.where(
            Project.name.icontains(part, autoescape=True)
            | Project.investor.icontains(part, autoescape=True)
            | Project.number.icontains(part, autoescape=True)
        )
    if filters.unit_id is not None:
        query = query.where(Decision.indicators_id == filters.unit_id)
    if filters.street_id is not None:
        query = query.where(Project.site_street_id == filters.street_id)
    if filters.stage is not None:
        query = query.where(reached(day) == filters.stage)
    if filters.status is not None:
        query = query.where(Decision.status == filters.status)
    return query
