"""What the books say of a month: projects by unit and stage, signings, attributions that changed, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import Decision, Holding, Outcome, Project, ProjectFacts, ReadingTerm, Unit, as_of
from crm.periods import Month
from crm.scorecards import Cell
from crm.services import holdings
from crm.services.attribution import current

T = TypeVar("T")

AT_MOST = 200
"""Rows a list of the brief shows; how many there are besides is said."""


@dataclass(frozen=True)
class Signing:
    """A project signed in the month."""

    number: str
    name: str
    signed_on: date
    attracted_by: int | None
    site_street: int | None
    fen: int | None


@dataclass(frozen=True)
class Turn:
    """An attribution that changed: from which day, from whom to whom, by which rule."""

    number: str
    name: str
    from_day: date
    before: int | None
    after: int | None
    status: str
    rule: str


@dataclass(frozen=True)
class Open:
    """A project whose attribution is not decided: the unit in the books, and the unit suggested."""

    number: str
    name: str
    unit: int
    suggestion: int | None
    status: str
    rule: str


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The first rows of a list, and how many there are."""

    rows: Sequence[T]
    count: int
    fen: int = 0
    """The sum over all of them, where the list has sums."""


def cells(day: date, visible: ColumnElement[bool]) -> list[Cell]:
    """The projects that have begun by a day, by the unit that holds their indicators (实属) and by stage; one statement."""
    stage = case(
        (Project.completed_on <= day, literal("completed")),
        (Project.construction_started_on <= day, literal("construction_started")),
        else_=literal("signed"),
    )
    query = (
        select(Unit.code, stage, func.count(), func.coalesce(func.sum(Project.total_investment_fen), 0))
        .select_from(Project)
        .join(Holding, Holding.id == holdings.current(day))
        .join(Unit, Unit.id == Holding.indicators_id)
        .where(visible)
        .group_by(Unit.code, stage)
    )
    return [Cell(unit, at, count, int(fen)) for unit, at, count, fen in db.session.execute(query)]


def signings(month: Month, day: date, visible: ColumnElement[bool]) -> Listed[Signing]:
    """The projects signed in a month up to a day, with the facts that held then, the largest first."""
    facts = aliased(ProjectFacts)
    version = (
        select(ProjectFacts.id)
        .where(ProjectFacts.project_id == Project.id, ProjectFacts.valid_from <= day)
        .order_by(ProjectFacts.valid_from.desc(), ProjectFacts.id.desc())
        .limit(1)
        .correlate(Project)
        .scalar_subquery()
    )
    query = (
        select(
            Project.number,
            facts.name,
            Project.signed_on,
            facts.attracted_by_id,
            facts.site_street_id,
            facts.total_investment_fen,
        )
        .join(facts, facts.id == version)
        .where(visible, Project.signed_on.between(month.first, day))
        .order_by(func.coalesce(facts.total_investment_fen, -1).desc(), Project.number)
    )
    inner = query.order_by(None).subquery()
    whole = db.session.scalar(select(func.coalesce(func.sum(inner.c.total_investment_fen), 0)))
    return replace(_listed(query, Signing), fen=int(whole or 0))


def turns(month: Month, day: date, visible: ColumnElement[bool]) -> Listed[Turn]:
    """The attributions of service or indicators that pass on, or change in status, on a day of the month."""
    now, before = aliased(Decision), aliased(Decision)
    previous = (
        select(Decision.id)
        .where(Decision.project_id == now.project_id, Decision.from_day < now.from_day)
        .order_by(Decision.from_day.desc(), Decision.id.desc())
        .limit(1)
        .correlate(now)
        .scalar_subquery()
    )
    return _turns(now, before, previous, now.from_day.between(month.first, day), visible)


def corrections(month: Month, day: date, visible: ColumnElement[bool]) -> Listed[Turn]:
    """The attributions of earlier days that the books learned in the month to be other than they had said."""
    now, before = aliased(Decision), aliased(Decision)
    opens, ends = clock.begins(month.first), clock.begins(month.plus(1).first)
    known = (
        select(Decision.id)
        .where(
            Decision.project_id == now.project_id,
            Decision.from_day <= now.from_day,
            Decision.recorded_at < opens,
        )
        .order_by(Decision.from_day.desc(), Decision.id.desc())
        .limit(1)
        .correlate(now)
        .scalar_subquery()
    )
    recorded = and_(now.from_day < month.first, now.recorded_at >= opens, now.recorded_at < ends)
    return _turns(now, before, known, recorded, visible)


def _turns(now: Any, before: Any, previous: Any, when: Any, visible: ColumnElement[bool]) -> Listed[Turn]:
    later = aliased(Decision)
    overtaken = (
        select(later.id)
        .where(later.project_id == now.project_id, later.from_day == now.from_day, later.id > now.id)
        .exists()
    )
    query = (
        select(
            Project.number,
            Project.name,
            now.from_day,
            before.indicators_id,
            now.indicators_id,
            now.status,
            Outcome.body["rule"].as_string(),
        )
        .join(Project, Project.id == now.project_id)
        .join(Outcome, Outcome.id == now.outcome_id)
        .join(before, and_(before.id == previous, before.outcome_id.is_not(None)))
        .where(
            visible,
            when,
            ~overtaken,
            or_(
                before.indicators_id != now.indicators_id,
                before.enterprise_service_id != now.enterprise_service_id,
                before.status != now.status,
            ),
        )
        .order_by(now.from_day, Project.number)
    )
    return _listed(query, Turn)


def open_questions(day: date, visible: ColumnElement[bool]) -> Listed[Open]:
    """The projects whose attribution on a day is undetermined or provisional, undetermined ones first."""
    query = (
        select(
            Project.number,
            Project.name,
            Decision.enterprise_service_id,
            Decision.suggestion_id,
            Decision.status,
            Outcome.body["rule"].as_string(),
        )
        .select_from(Project)
        .join(Decision, Decision.id == current(day))
        .join(Outcome, Outcome.id == Decision.outcome_id)
        .where(visible, Decision.status != "decided")
        .order_by(Decision.status.desc(), Project.number)
    )
    return _listed(query, Open)


def readings_in_force(day: date) -> list[ReadingTerm]:
    """The readings chosen for a day, by their number."""
    return sorted(db.session.scalars(as_of(ReadingTerm, day)), key=lambda term: int(term.code[1:]))


def _listed(query: Any, kind: type[T]) -> Listed[T]:
    count = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return Listed([kind(*row) for row in db.session.execute(query.limit(AT_MOST))], count)
