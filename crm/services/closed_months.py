"""What closed months were credited with, and with whom: by who held then and what was carried over since (结转), beside who
was entitled. A month is whole: it goes to whoever held, or was entitled, on its last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import CarryOver, Project, ProjectFacts
from crm.periods import Month
from crm.services import dues, holdings, standing


@dataclass(frozen=True)
class Span:
    """Months in a row that are credited to one unit while another was entitled to the indicators."""

    first: Month
    last: Month
    credited_id: int
    entitled_id: int
    line: CarryOver | None
    """The line that credits them; none where whoever held them is credited."""


@dataclass(frozen=True)
class Months:
    """A project's months that are credited to another unit than was entitled, and which unit is entitled now."""

    spans: Sequence[Span]
    entitled_id: int | None
    fen: int | None
    """The total investment that closed months were booked with; none where the books did not know it."""


def differing(project_ids: Sequence[int], until: Month) -> dict[int, Months]:
    """Project id → its months up to one, both as the books know them now: three statements.

    Months in which the notice was silent stay with whom they are credited to, and so do those before the project began.
    """
    entitled, held = dues.entitlements(project_ids), holdings.rows_of(project_ids)
    lines: dict[int, list[CarryOver]] = {project_id: [] for project_id in project_ids}
    amounts: dict[int, int | None] = {}
    facts = aliased(ProjectFacts)
    query = (
        select(Project.id, facts.total_investment_fen, CarryOver)
        .select_from(Project)
        .outerjoin(facts, facts.id == standing.version(until.last))
        .outerjoin(CarryOver, and_(CarryOver.project_id == Project.id, CarryOver.duty == "indicators"))
        .where(Project.id.in_(project_ids))
    )
    for project_id, fen, line in db.session.execute(query.order_by(Project.id, CarryOver.id)):
        amounts[project_id] = fen
        if line is not None:
            lines[project_id].append(line)
    return {
        project_id: Months(
            _spans(_by_month(entitled[project_id]), _by_month(held[project_id]), lines[project_id], until),
            _entitled_today(entitled[project_id]),
            amounts.get(project_id),
        )
        for project_id in project_ids
    }


def _entitled_today(rows: Sequence[dues.Entitled]) -> int | None:
    """Whom the rules entitle today; what they are known to say from a later day on settles nothing yet."""
    return next((row[3] for row in reversed(rows) if row[0] <= clock.today()), None)


def _by_month(rows: Sequence[Any]) -> dict[Month, Any]:
    """Month → the row that holds on its last day, for the months in which that changes, in their order."""
    return {Month.of(row[0]): row for row in rows}


def _spans(
    entitled: dict[Month, dues.Entitled],
    held: dict[Month, holdings.Row],
    lines: Sequence[CarryOver],
    until: Month,
) -> list[Span]:
    turns = {*entitled, *held}
    for one in lines:
        turns |= {Month.parse(one.first_month), Month.parse(one.last_month).plus(1)}
    found: list[Span] = []
    ordered = sorted(month for month in turns if month <= until)
    for month, following in pairwise([*ordered, until.plus(1)]):
        right = next((row for since, row in reversed(entitled.items()) if since <= month), None)
        holder = next((row for since, row in reversed(held.items()) if since <= month), None)
        said = (one for one in reversed(lines) if one.first_month <= str(month) <= one.last_month)
        line = next(said, None)
        credited = line.to_unit_id if line else holder[1] if holder else None
        if right is None or right[2] == "undetermined" or None in (right[3], credited):
            continue
        assert right[3] is not None and credited is not None
        if right[3] == credited:
            continue
        span = Span(month, following.plus(-1), credited, right[3], line)
        if found and found[-1].last == month.plus(-1) and _goes_on(found[-1], span):
            span = Span(found[-1].first, span.last, credited, right[3], line)
            found.pop()
        found.append(span)
    return found


def _goes_on(before: Span, after: Span) -> bool:
    return (before.credited_id, before.entitled_id, before.line) == (
        after.credited_id,
        after.entitled_id,
        after.line,
    )
