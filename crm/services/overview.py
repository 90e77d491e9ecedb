"""The months at a glance: what was signed, started and completed in each of the last twelve, and a year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select, union_all

from crm.db import db
from crm.models import Project, User
from crm.periods import Month
from crm.permissions import visible_to

MONTHS = 12

SERIES = ("signed", "investment", "started", "completed")
"""Projects signed, the total investment in fen of those, projects whose construction started, and completed ones."""


@dataclass(frozen=True)
class Glance:
    """The figures of the last twelve months and of the twelve before them, oldest first; the last month up to the day."""

    day: date
    months: tuple[Month, ...]
    now: dict[str, Sequence[int]] = field(default_factory=dict)
    before: dict[str, Sequence[int]] = field(default_factory=dict)

    @property
    def month(self) -> Month:
        """The month the day lies in."""
        return self.months[-1]


def glance(user: User, day: date) -> Glance:
    """What happened in each month up to a day, as far as the person may see it: one statement."""
    last = Month.of(day)
    every = [last.plus(step + 1 - 2 * MONTHS) for step in range(2 * MONTHS)]
    found = {name: dict.fromkeys(every, 0) for name in SERIES}
    columns = {
        "signed": Project.signed_on,
        "started": Project.construction_started_on,
        "completed": Project.completed_on,
    }
    counted: list[Any] = [
        select(literal(name), column, func.count(), func.sum(Project.total_investment_fen))
        .where(visible_to(user), column.between(every[0].first, day))
        .group_by(column)
        for name, column in columns.items()
    ]
    for name, on, count, fen in db.session.execute(union_all(*counted)):
        found[name][Month.of(on)] += count
        if name == "signed":
            found["investment"][Month.of(on)] += int(fen or 0)
    values = {name: tuple(by_month[month] for month in every) for name, by_month in found.items()}
    return Glance(
        day,
        tuple(every[MONTHS:]),
        {name: row[MONTHS:] for name, row in values.items()},
        {name: row[:MONTHS] for name, row in values.items()},
    )
