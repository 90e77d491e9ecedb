"""What narrows a list of projects, as conditions on wherever a moment reads facts, decisions and holdings from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, exists, false, func, not_

from crm.models import Decision, FactColumns, Holding, Industry, Project
from crm.services.standpoint import Standpoint

STAGES = ("signed", "construction_started", "completed")
Stage = Literal["signed", "construction_started", "completed"]


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None and the empty text narrow nothing."""

    text: str = ""
    unit_id: int | None = None
    """Entitled to the indicators."""
    attracted_by_id: int | None = None
    street_id: int | None = None
    stage: Stage | None = None
    industry: str | None = None
    """A code of the standard: the section, division, group or class and all below it."""
    status: str | None = None
    held_by_id: int | None = None
    """Holds the indicators."""
    served_by_id: int | None = None
    """Holds the service."""
    due: bool | None = None
    """Is a transfer due?"""

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def facts(self) -> bool:
        """Does one of them ask for a fact?"""
        asked = (self.attracted_by_id, self.street_id, self.stage, self.industry)
        return bool(self.text) or any(one is not None for one in asked)

    @property
    def decided(self) -> bool:
        """Does one of them ask what is decided?"""
        return self.unit_id is not None or self.status is not None or self.due is not None

    @property
    def begun(self) -> bool:
        """Does one of them leave only projects whose attribution has begun?"""
        asked = (self.unit_id, self.status, self.held_by_id, self.served_by_id, self.due or None)
        return any(one is not None for one in asked)

    @property
    def held(self) -> bool:
        """Does one of them ask who holds?"""
        return self.held_by_id is not None or self.served_by_id is not None or self.due is not None


def narrowed(seen: Standpoint, filters: Filters) -> Iterator[ColumnElement[bool]]:
    """The conditions of every filter but the text, on a standpoint's columns."""
    for column, wanted in (
        (seen.entitled("indicators"), filters.unit_id),
        (seen.facts.attracted_by_id, filters.attracted_by_id),
        (seen.facts.site_street_id, filters.street_id),
        (reached(seen.day, seen.facts), filters.stage),
        (seen.status, filters.status),
        (seen.held("indicators"), filters.held_by_id),
        (seen.held("enterprise_service"), filters.served_by_id),
    ):
        if wanted is not None:
            yield column == wanted
    if filters.due is not None:
        yield seen.due if filters.due else not_(func.coalesce(seen.due, false()))
    if filters.industry is not None:
        yield _within(seen.facts, filters.industry)


def sieved(seen: Standpoint, filters: Filters) -> Iterator[ColumnElement[bool]]:
    """Conditions that `narrowed` implies and an index answers: which projects are to be asked at all."""
    if seen.is_present:
        return
    decided = {"indicators_id": filters.unit_id, "status": filters.status}
    held = {"indicators_id": filters.held_by_id, "enterprise_service_id": filters.served_by_id}
    for table, columns in ((Decision, decided), (Holding, held)):
        wanted = {name: value for name, value in columns.items() if value is not None}
        if wanted:
            yield seen.ever(table, **wanted)


def reached(day: date, facts: Any = Project) -> ColumnElement[Any]:
    """For a query over projects: the furthest stage reached by a day; NULL where none was."""
    return case(
        (facts.completed_on <= day, "completed"),
        (facts.construction_started_on <= day, "construction_started"),
        (facts.signed_on <= day, "signed"),
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


def _within(facts: Any, code: str) -> ColumnElement[bool]:
    """Is the project's industry the one with this code, or below it? A section is a letter, the rest are digits."""
    if code.isdecimal():
        starts: ColumnElement[bool] = facts.industry_code.startswith(code)
        return starts
    division = func.substr(facts.industry_code, 1, 2)
    return exists().where(Industry.code == division, Industry.section == code)
