"""The month at a glance: how many projects stand where, what moved this month, what is undetermined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from crm.db import db
from crm.models import Decision, Project, User
from crm.periods import Month
from crm.permissions import visible_to
from crm.services.attribution import current
from crm.services.project_list import reached


@dataclass(frozen=True)
class Glance:
    """Counts of projects on a day, as far as the person may see them; money in fen."""

    day: date
    month: Month
    total: int
    signed: int
    construction_started: int
    completed: int
    signed_in_month: int
    started_in_month: int
    completed_in_month: int
    signed_fen_in_month: int
    undetermined: int
    provisional: int
    mine: int | None
    """Projects whose indicators the person's own unit is entitled to; none for who has no unit."""


def glance(user: User, day: date) -> Glance:
    """What the books say on a day, for the person who asks: one statement."""
    month = Month.of(day)
    stage = reached(day)

    def during(column: Any) -> ColumnElement[bool]:
        return column.between(month.first, day)

    row = db.session.execute(
        select(
            func.count(Project.id),
            _count(stage == "signed"),
            _count(stage == "construction_started"),
            _count(stage == "completed"),
            _count(during(Project.signed_on)),
            _count(during(Project.construction_started_on)),
            _count(during(Project.completed_on)),
            func.coalesce(func.sum(case((during(Project.signed_on), Project.total_investment_fen))), 0),
            _count(Decision.status == "undetermined"),
            _count(Decision.status == "provisional"),
            _count(Decision.indicators_id == user.unit_id),
        )
        .outerjoin(Decision, Decision.id == current(day))
        .where(visible_to(user))
    ).one()
    (
        total, signed, started, completed, signed_in_month, started_in_month, completed_in_month, signed_fen,
        undetermined, provisional, mine,
    ) = (int(value) for value in row)  # fmt: skip
    return Glance(
        day,
        month,
        total=total,
        signed=signed,
        construction_started=started,
        completed=completed,
        signed_in_month=signed_in_month,
        started_in_month=started_in_month,
        completed_in_month=completed_in_month,
        signed_fen_in_month=signed_fen,
        undetermined=undetermined,
        provisional=provisional,
        mine=None if user.unit_id is None else mine,
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
