"""Targets: what the plans of a year set."""

from __future__ import annotations

from datetime import date, datetime

from crm.db import db
from crm.models import Target, User, as_of
from crm.services import history


def targets(year: int, day: date, known: datetime | None = None) -> list[Target]:
    """The targets of a year as they stood on a day, in the order they were set."""
    return [target for target in db.session.scalars(as_of(Target, day, known)) if target.year == year]


def set_target(year: int, *, valid_from: date, actor: User | None, **columns: str) -> Target:
    """From a day on a target of the year reads so; `columns` are those of the targets file (code,
    scope, expected…).
    """
    target = Target(year=year, valid_from=valid_from, **columns)
    db.session.add(target)
    db.session.flush()
    history.record(
        "target.set",
        target,
        actor=actor,
        year=year,
        code=target.code,
        expected=target.expected,
        stretch=target.stretch,
        valid_from=valid_from,
    )
    return target
