"""应划转: where another unit is entitled than holds, a transfer is due: of what, from whom to whom, by which rule, since when.

Not where one was confirmed by the day asked about and takes effect on a later one: then nothing is left to be done, and
from its effective day on who holds is compared anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import DUTIES, RESPONSIBILITIES, Decision, Duty, Holding, Outcome, Project
from crm.services import holdings


@dataclass(frozen=True)
class Due:
    """What is to pass from one unit to another, and since when."""

    from_unit_id: int
    to_unit_id: int
    duties: tuple[Duty, ...]
    """`indicators`, `enterprise_service` or both."""
    since: date
    decision_id: int | None
    """The stored decision that says so; none where it was worked out from the facts."""


PAIRS: Mapping[Duty, tuple[Any, Any]] = {
    duty: (getattr(Project, f"{duty}_id"), getattr(Project, f"held_{duty}_id")) for duty in DUTIES
}
"""Responsibility → who is entitled to it and who holds it today, as it stands beside each project."""

Entitled = tuple[date, int | None, str | None, int | None, int | None]
"""From a day on: the decision, its status, and who is entitled to the indicators and to the service."""


def of(project: Project, day: date, known: datetime | None = None) -> list[Due]:
    """What of a project is to pass on, seen from a day and as known at an instant (None: now): two statements.

    More than one only where a reading or a ruling parts the service from the indicators. Nothing while the notice is
    silent: then the bureau is asked first.
    """
    return between(
        entitlements([project.id], known)[project.id], holdings.recorded([project.id], known)[project.id], day
    )


def due(
    status: Any, held: Mapping[Duty, tuple[Any, Any]], day: date, known: datetime | None
) -> ColumnElement[bool]:
    """For a query over projects: is a transfer of one of these due, seen from a day and as known at an instant (None: now)?

    `held`: responsibility → who is entitled to it and who holds it.
    """
    later = aliased(Holding)
    until = min(clock.ends(day), known) if known else clock.ends(day)
    query = exists().where(later.project_id == Project.id, later.from_day > day, later.recorded_at <= until)
    open_ones = (
        and_(entitled != holder, ~query.where(getattr(later, f"{duty}_id") != holder))
        for duty, (entitled, holder) in held.items()
    )
    return and_(status != "undetermined", or_(*open_ones))


def rule_of(due: Due) -> str:
    """The rule by which the unit is entitled: one statement."""
    query = select(Outcome.body).join(Decision, Decision.outcome_id == Outcome.id)
    body = db.session.execute(query.where(Decision.id == due.decision_id)).scalar_one()
    return rule_in(body, due.duties[0])


def rules_of(decision_ids: Iterable[int]) -> dict[int, dict[Duty, str]]:
    """Decision → the rule that each responsibility follows: two statements, however many."""
    query = select(Decision.id, Decision.outcome_id).where(Decision.id.in_(list(decision_ids)))
    outcomes = {row.id: row.outcome_id for row in db.session.execute(query)}
    bodies = select(Outcome.id, Outcome.body).where(Outcome.id.in_(set(outcomes.values())))
    named = {row.id: {duty: rule_in(row.body, duty) for duty in DUTIES} for row in db.session.execute(bodies)}
    return {number: named[outcome_id] for number, outcome_id in outcomes.items() if outcome_id in named}


def rule_said(duty: Duty) -> ColumnElement[str]:
    """For a query over outcomes: the rule that each names for a responsibility."""
    said: ColumnElement[str] = Outcome.body["duties"][RESPONSIBILITIES.index(duty)]["rule"].as_string()
    return said


def rule_in(body: Mapping[str, Any], duty: str) -> str:
    """The rule that an outcome's stored body names for a responsibility."""
    return str(body["duties"][RESPONSIBILITIES.index(duty)]["rule"])


def between(entitled: Sequence[Entitled], held: Sequence[holdings.Recorded], day: date) -> list[Due]:
    """The differences that a day shows between rows of who is entitled and rows of who holds, each in order of days."""
    later = [row for row in held if row[0] > day and row[3] <= clock.ends(day)]
    entitled = [row for row in entitled if row[0] <= day]
    held = [row for row in held if row[0] <= day]
    if not entitled or not held or entitled[-1][2] in (None, "undetermined"):
        return []
    _, number, _, *entitled_now = entitled[-1]
    held_now = held[-1][1:3]
    found: dict[tuple[int, int, date], list[Duty]] = {}
    for index, duty in enumerate(DUTIES):
        to, has = entitled_now[index], held_now[index]
        confirmed = any(row[1 + index] != has for row in later)
        if to is not None and has is not None and to != has and not confirmed:
            since = _since(entitled, held, index, to, has)
            found.setdefault((has, to, since), []).append(duty)
    return [Due(has, to, tuple(duties), since, number) for (has, to, since), duties in found.items()]


def of_all(project_ids: Sequence[int], day: date, known: datetime | None = None) -> dict[int, list[Due]]:
    """Project id → what of it is to pass on, for each of these, as known at an instant (None: now): two statements."""
    entitled, held = entitlements(project_ids, known), holdings.recorded(project_ids, known)
    return {project_id: between(entitled[project_id], held[project_id], day) for project_id in project_ids}


def on_days(project_ids: Sequence[int], days: Sequence[date]) -> dict[int, tuple[list[Due], ...]]:
    """Project id → what is to pass on, seen from each of these days: two statements, however many projects."""
    entitled, held = entitlements(project_ids), holdings.recorded(project_ids)
    return {
        project_id: tuple(between(entitled[project_id], held[project_id], day) for day in days)
        for project_id in project_ids
    }


def since_of(project_ids: Sequence[int], day: date, known: datetime | None = None) -> dict[int, date]:
    """Project id → since when a transfer is due, of those where one is, as known at an instant: two statements."""
    found = of_all(project_ids, day, known)
    return {project_id: min(due.since for due in dues) for project_id, dues in found.items() if dues}


def entitlements(project_ids: Sequence[int], known: datetime | None = None) -> dict[int, list[Entitled]]:
    """Project id → who is entitled from each day on, in order of days: one statement."""
    query = select(
        Decision.project_id,
        Decision.from_day,
        Decision.id,
        Decision.status,
        *(getattr(Decision, f"{duty}_id") for duty in DUTIES),
    ).where(Decision.project_id.in_(project_ids))
    if known is not None:
        query = query.where(Decision.recorded_at <= known)
    found: dict[int, dict[date, Entitled]] = {project_id: {} for project_id in project_ids}
    for project_id, day, number, status, *units in db.session.execute(
        query.order_by(Decision.from_day, Decision.id)
    ):
        found[project_id][day] = (day, number, status, units[0], units[1])
    return {project_id: list(rows.values()) for project_id, rows in found.items()}


def _since(
    entitled: Sequence[Entitled], held: Sequence[holdings.Recorded], index: int, to: int, has: int
) -> date:
    """The first day of the unbroken run, up to the last rows, in which one unit is entitled and the other holds."""
    due_from, held_from = entitled[-1][0], held[-1][0]
    for day, _, status, *units in reversed(entitled):
        if units[index] != to or status == "undetermined":
            break
        due_from = day
    for row in reversed(held):
        if row[1 + index] != has:
            break
        held_from = row[0]
    return max(due_from, held_from)
