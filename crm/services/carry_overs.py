"""结转 (clause 五(二) 企业划转和经济指标结转): what a transfer that comes late carries over from closed months.

Holdings and closed figures never change. Where the rule's day lies in closed months, a line in the open month says what
those months booked with the giving unit and what the receiving unit is to be credited with instead: the same amount less
and more, so that the district's total stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import AuditEvent, CarryOver, Project, ProjectFacts, duties_of
from crm.periods import Month
from crm.services import holdings, standpoint

FIGURES: dict[str, tuple[str, ...]] = {"indicators": ("total_investment",), "enterprise_service": ()}
"""Responsibility → the figures that follow it (R7) and are in the books.

Clause 五(二) carries over 经济指标 and nothing else: where the service passes on alone, no amount does, and no line is written.
"""

AT_ONCE = 5_000
"""Projects whose amounts are read with one statement."""


class Passing(Protocol):
    """What passes on from one unit to another, whether or not it was proposed: a transfer, a row of a query."""

    @property
    def project_id(self) -> int: ...
    @property
    def from_unit_id(self) -> int: ...
    @property
    def to_unit_id(self) -> int: ...
    @property
    def since(self) -> date: ...
    @property
    def indicators(self) -> bool: ...
    @property
    def enterprise_service(self) -> bool: ...


@dataclass(frozen=True)
class Line:
    """What one late transfer carries over of one figure."""

    project_id: int
    duty: str
    figure: str
    month: Month
    """The open month it is booked in."""
    first_month: Month
    last_month: Month
    """The closed months it concerns, both included."""
    from_unit_id: int
    to_unit_id: int
    fen: int | None
    """How much passes from the one to the other; none where the books do not know it."""


def book(transfers: Iterable[Any], event: AuditEvent) -> int:
    """Writes the lines of transfers, or rows with their columns, that were confirmed late; returns how many there are.

    Takes a statement for each five thousand that are late, and one to write. Called once for each transfer, after its
    `effective_day` was set: the database refuses the same line twice.
    """
    late = _Late((one.effective_day, one) for one in transfers if one.effective_day is not None)
    rows = [
        {
            "transfer_id": one.id,
            "project_id": line.project_id,
            "duty": line.duty,
            "figure": line.figure,
            "month": str(line.month),
            "first_month": str(line.first_month),
            "last_month": str(line.last_month),
            "from_unit_id": line.from_unit_id,
            "to_unit_id": line.to_unit_id,
            "from_fen": None if line.fen is None else -line.fen,
            "to_fen": line.fen,
            "recorded_at": event.at,
            "event_id": event.id,
        }
        for one, line in late.lines()
    ]
    if rows:
        db.session.execute(CarryOver.__table__.insert(), rows)  # type: ignore[attr-defined]
    return len(rows)


def preview(passing: Iterable[Passing]) -> list[Line]:
    """The lines that would be written if all this were confirmed today; writes nothing.

    Takes one statement, and one for each five thousand that are late.
    """
    closed = holdings.effective_day(date.min)
    return [line for _, line in _Late((max(one.since, closed), one) for one in passing).lines()]


def line_of(row: CarryOver) -> Line:
    """A line that was written."""
    return Line(
        row.project_id,
        row.duty,
        row.figure,
        Month.parse(row.month),
        Month.parse(row.first_month),
        Month.parse(row.last_month),
        row.from_unit_id,
        row.to_unit_id,
        row.to_fen,
    )


class _Late:
    """Those of what passes on whose first day lies in a month before the one in which it takes effect."""

    def __init__(self, passing: Iterable[tuple[date, Any]]) -> None:
        """`passing`: the effective day, and what passes on."""
        self.passing = [
            (day, one)
            for day, one in passing
            if Month.of(one.since) < Month.of(day) and any(FIGURES[duty] for duty in duties_of(one))
        ]
        # the amounts are those that the closed months were booked with
        self.passing.sort(key=lambda pair: pair[0])

    def lines(self) -> Iterable[tuple[Any, Line]]:
        for day, group in groupby(self.passing, key=lambda pair: pair[0]):
            month = Month.of(day)
            late = [one for _, one in group]
            amounts = _amounts([one.project_id for one in late], month.plus(-1).last)
            for one in late:
                for duty in duties_of(one):
                    for figure in FIGURES[duty]:
                        yield (
                            one,
                            Line(
                                one.project_id,
                                duty,
                                figure,
                                month,
                                Month.of(one.since),
                                month.plus(-1),
                                one.from_unit_id,
                                one.to_unit_id,
                                amounts.get(one.project_id),
                            ),
                        )


def _amounts(project_ids: Sequence[int], day: date) -> dict[int, int | None]:
    """Project id → its total investment in fen as of a day."""
    facts = aliased(ProjectFacts)
    query = select(Project.id, facts.total_investment_fen)
    query = query.join(facts, facts.id == standpoint.version(day, None))
    found: dict[int, int | None] = {}
    ids = iter(project_ids)
    while some := list(islice(ids, AT_ONCE)):
        for project_id, fen in db.session.execute(query.where(Project.id.in_(some))):
            found[project_id] = fen
    return found
