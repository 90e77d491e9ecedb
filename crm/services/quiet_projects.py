"""签约、落地后久无进展: projects of which the books have heard nothing new, for the unit that holds their service, or
attracted them where nobody does.

`signed`: signed, and construction has not started. `landed`: construction has started, and is not completed. Either is
quiet once more days than the setting says have passed since the latest of these: the day of signing, or of the start;
the last progress of the lead it came from, of which there is none after signing; and the last time that facts of it
were entered or changed in the books, whatever day they hold from. So a project is heard of when somebody records what
became of it. Projects that nobody has remind nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.grants import UNITS
from crm.models import Lead, Project, ProjectFacts, User
from crm.permissions import visible_to
from crm.services.lead_overdue import A_PAGE, Part
from crm.services.paging import Onward, Position, onward
from crm.services.policy import Policy

SETTINGS = {"signed": "signed_days", "landed": "landed_days"}
"""Kind → the setting it rests on."""

KINDS = tuple(SETTINGS)

_unit = func.coalesce(Project.held_enterprise_service_id, Project.attracted_by_id)
"""Whose it is to look after a project: open work goes with it when it passes on."""


@dataclass(frozen=True)
class Quiet:
    """One project of a kind: since when it is signed or being built, and the last day that anything was heard."""

    id: int
    number: str
    name: str
    unit_id: int
    person: str | None
    """Who worked on the lead it came from."""
    day: date
    heard_on: date


def listing(
    user: User,
    kind: str,
    policy: Policy,
    *,
    unit_id: int | None = None,
    person_id: int | None = None,
    after: Position | None = None,
    limit: int = A_PAGE,
) -> Onward[Quiet]:
    """The quiet projects of a kind, those signed or begun first in front: one statement."""
    since, condition = _kinds(policy)[kind]
    changed = select(func.max(ProjectFacts.recorded_at)).where(ProjectFacts.project_id == Project.id)
    query = (
        select(
            Project.id,
            Project.number,
            Project.name,
            _unit,
            User.name,
            since,
            Lead.last_progress_on,
            changed.correlate(Project).scalar_subquery(),
        )
        .outerjoin(Lead, Lead.project_id == Project.id)
        .outerjoin(User, _works())
        .where(_concerns(user), condition)
    )
    if unit_id is not None:
        query = query.where(_unit == unit_id)
    if person_id is not None:
        query = query.where(User.id == person_id)

    def line(id_: int, number: str, name: str, of: int, person: str | None, day: date, *heard: Any) -> Quiet:
        return Quiet(id_, number, name, of, person, day, _latest(day, *heard))

    return onward(query, (since, Project.id), after, line, lambda one: Position(one.day, one.id), size=limit)


def counted(user: User, policy: Policy) -> Part:
    """How many of each kind are quiet, for `reminders.groups`: by unit for those who see all of them, within a unit by
    who worked on the lead.
    """
    own = user.role in UNITS
    key = func.coalesce(User.id, 0) if own else _unit
    rows = select(key, func.min(User.name) if own else literal("")).select_from(Project)
    if own:
        rows = rows.outerjoin(Lead, Lead.project_id == Project.id).outerjoin(User, _works())
    quiet = or_(*(condition for _since, condition in _kinds(policy).values()))
    rows = rows.where(_concerns(user), quiet).group_by(key)
    # no project is of both kinds, and one look at each tells
    begun = func.count(Project.construction_started_on)
    return Part(rows, {"signed": func.count() - begun, "landed": begun})


def _kinds(policy: Policy) -> Mapping[str, tuple[Any, ColumnElement[bool]]]:
    """Kind → the day it is so since, and the condition on Project."""
    begun, today, origin = Project.construction_started_on, clock.today(), aliased(Lead)

    def quiet(since: Any, setting: str) -> ColumnElement[bool]:
        last = today - timedelta(days=policy[setting])
        changed = exists().where(
            ProjectFacts.project_id == Project.id, ProjectFacts.recorded_at >= clock.begins(last)
        )
        progressed = exists().where(origin.project_id == Project.id, origin.last_progress_on >= last)
        return and_(Project.completed_on.is_(None), since < last, ~changed, ~progressed)

    return {
        "signed": (Project.signed_on, and_(begun.is_(None), quiet(Project.signed_on, SETTINGS["signed"]))),
        "landed": (begun, quiet(begun, SETTINGS["landed"])),
    }


def _concerns(user: User) -> ColumnElement[bool]:
    """The condition on Project for those the person is reminded of: those their unit looks after, or all of them."""
    if user.role in UNITS:
        own = _unit == user.unit_id if user.unit_id is not None else Project.id.is_(None)
        return and_(visible_to(user), own)
    return and_(visible_to(user), _unit.is_not(None))


def _works() -> ColumnElement[bool]:
    """The condition on User for who worked on the lead: nobody does any more once another unit looks after the project."""
    return and_(User.id == Lead.held_by_id, Lead.unit_id == _unit)


def _latest(since: date, progress: date | None, recorded: datetime | None) -> date:
    days = [since, progress, clock.shanghai(recorded).date() if recorded else None]
    return max(day for day in days if day is not None)
