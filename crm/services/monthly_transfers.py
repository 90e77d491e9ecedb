"""What the books say of a month's transfers: confirmed, due, overdue, carried over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm import clock
from crm.db import db
from crm.models import DUTIES, CarryOver, Decision, Holding, Project, ProjectFacts, Transfer
from crm.periods import Month
from crm.services import dues, holdings, standing, transfer_disputes, transfer_effects
from crm.services.monthly import AT_MOST, Listed
from crm.services.transfer_effects import Carried
from crm.services.unit_figures import Amount

AT_ONCE = 5_000
"""Rows that are in memory at once, and projects whose history is."""


@dataclass(frozen=True)
class Confirmed:
    """A project that passed on."""

    number: str
    name: str
    from_unit_id: int
    to_unit_id: int
    rule: str
    effective_day: date
    fen: int | None


@dataclass
class Owed:
    """What one unit owes another on a day: projects that should have passed on, those of them that are overdue, and how
    many are disputed.
    """

    from_unit_id: int
    to_unit_id: int
    due: Amount
    overdue: Amount
    disputed: int


def confirmed(month: Month, visible: ColumnElement[bool]) -> Listed[Confirmed]:
    """The transfers confirmed in a month, in the order in which they were: one statement."""
    query: Any = (
        select(
            Project.number,
            Project.name,
            Transfer.from_unit_id,
            Transfer.to_unit_id,
            Transfer.rule,
            Transfer.effective_day,
            Project.total_investment_fen,
            func.count().over(),
            func.sum(Project.total_investment_fen).over(),
        )
        .join(Project, Project.id == Transfer.project_id)
        .where(
            visible,
            Transfer.state == "confirmed",
            Transfer.ended_at >= clock.begins(month.first),
            Transfer.ended_at < clock.begins(month.plus(1).first),
        )
    )
    rows = db.session.execute(query.order_by(Transfer.ended_at, Transfer.id).limit(AT_MOST)).all()
    count, fen = rows[0][-2:] if rows else (0, 0)
    return Listed([Confirmed(*row[:-2]) for row in rows], count, int(fen or 0))


def owed(day: date, days: int, visible: ColumnElement[bool]) -> list[Owed]:
    """What should have passed on by a day and had not, by units, the most first.

    Overdue is what nobody passed on within so many days. One statement, and two for each five thousand that are due.
    """
    pairs = {duty: (getattr(Decision, f"{duty}_id"), getattr(Holding, f"{duty}_id")) for duty in DUTIES}
    query: Any = (
        select(
            Project.id,
            *(column for pair in pairs.values() for column in pair),
            ProjectFacts.total_investment_fen,
            transfer_disputes.disputed(pairs.values(), clock.ends(day)),
        )
        .select_from(Project)
        .join(Decision, Decision.id == standing.current(day))
        .join(Holding, Holding.id == holdings.current(day))
        .join(ProjectFacts, ProjectFacts.id == standing.version(day, None))
        .where(visible, dues.due(Decision.status, pairs, day, None))
    )
    late = day - timedelta(days=days)
    found: dict[tuple[int, int], Owed] = {}
    with db.session.execute(query, execution_options={"yield_per": AT_ONCE}) as rows:
        for some in rows.partitions():
            since = dues.since_of([row[0] for row in some], day)
            for project_id, entitled, held, service_entitled, service_held, fen, disputed in some:
                units = (held, entitled) if held != entitled else (service_held, service_entitled)
                one = found.setdefault(units, Owed(*units, Amount(), Amount(), 0))
                amount = Amount(1, fen or 0)
                one.due += amount
                one.disputed += bool(disputed)
                if since.get(project_id, day) < late:
                    one.overdue += amount
    return sorted(found.values(), key=lambda one: (-one.due.count, one.from_unit_id, one.to_unit_id))


def carried(month: Month, visible: ColumnElement[bool]) -> tuple[Carried, ...]:
    """What was carried over in a month, by units and the months concerned: one statement."""
    query = select(CarryOver).join(Project, Project.id == CarryOver.project_id)
    return transfer_effects.booked(query.where(visible, CarryOver.month == str(month)))
