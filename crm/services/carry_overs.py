"""结转 (clause 五(二) 企业划转和经济指标结转): what a transfer that comes late carries over from closed months.

Holdings and closed figures never change. Where the rule's day lies in closed months, a line in the open month says what
those months booked with one unit and what the unit entitled is to be credited with instead: the same amount less and more,
so that the district's total stays as it is. A transfer settles every closed month of its project that is still credited to
another unit than was entitled, those among them that an earlier line credited before the facts were corrected. Where a
correction of facts leaves nothing to be transferred, it settles by itself what passed on too early or too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import Select, and_, select

from crm import clock
from crm.db import db
from crm.models import AuditEvent, CarryOver, Project, Transfer, User, duties_of
from crm.periods import Month
from crm.services import closed_months, dues, history, months
from crm.services.closed_months import Span

INDICATORS, FIGURE = "indicators", "total_investment"
"""The responsibility whose figures are carried over, and the one of them that is in the books (R7).

Clause 五(二) carries over 经济指标 and nothing else: where the service passes on alone, no amount does, and no line is written.
"""

AT_ONCE = 5_000
"""Projects whose months are read at once."""

PASSED = and_(Transfer.state == "confirmed", Transfer.indicators)
"""The condition on Transfer that holds for those that passed the indicators on."""


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
    """Writes the lines of transfers, or rows with their columns, that were confirmed; returns how many there are.

    Takes a statement where no month is closed, else three more for each five thousand, and one to write. Called once for each
    transfer, after its `effective_day` was set: the database refuses the same line twice.
    """
    closed = months.last_closed_day()
    if closed is None:
        return 0
    passing = ((one.effective_day, one) for one in transfers if one.effective_day is not None)
    return _write(((one.id, line) for one, line in _lines(passing, closed)), event)


def preview(passing: Iterable[Passing]) -> list[Line]:
    """The lines that would be written if all this were confirmed today; writes nothing.

    Takes a statement where no month is closed, else three more for each five thousand.
    """
    closed = months.last_closed_day()
    if closed is None:
        return []
    first = closed + timedelta(days=1)
    return [line for _, line in _lines(((max(one.since, first), one) for one in passing), closed)]


def correct(project_ids: Sequence[int], *, actor: User | None) -> int:
    """Sets right what closed months of these projects are credited with, where by now another unit was entitled to the
    months and no transfer is due that would settle them: what a line said, and what passed on too early or too late.

    Months of a third unit, which nobody ever passed on to it, stay as they were closed. Returns how many lines were
    written. One statement where none of the projects has passed on.
    """
    passed = _passed(project_ids)
    closed = months.last_closed_day() if passed else None
    if closed is None:
        return 0
    due = dues.of_all(list(passed), clock.today())
    settled = [one for one in passed if not any(INDICATORS in some.duties for some in due[one])]
    until = Month.of(closed)
    written = 0
    for project_id, known in closed_months.differing(settled, until).items():
        lines = []
        for span in known.spans:
            between = frozenset((span.credited_id, span.entitled_id))
            number = span.line.transfer_id if span.line else passed[project_id].get(between)
            if number is not None:
                fen = span.line.to_fen if span.line else known.fen
                lines.append((number, _line(project_id, span, until.plus(1), fen)))
        if lines:
            project = db.session.get_one(Project, project_id)
            event = history.record("carry_over.corrected", project, actor=actor, lines=len(lines))
            written += _write(lines, event)
    return written


def correct_some(*, after: int, most: int) -> int | None:
    """Sets right the next projects, by id, that have passed on: for what an import or a reading brought.

    Returns the last id looked at, none where there are no more.
    """
    history.hold()
    query = select(Transfer.project_id).where(Transfer.project_id > after, PASSED).distinct()
    found = list(db.session.scalars(query.order_by(Transfer.project_id).limit(most)))
    if found:
        correct(found, actor=None)
    return found[-1] if len(found) == most else None


def _passed(project_ids: Sequence[int]) -> dict[int, dict[frozenset[int], int]]:
    """Project id → two units → the last transfer by which the indicators passed between them: one statement."""
    columns = (Transfer.project_id, Transfer.from_unit_id, Transfer.to_unit_id, Transfer.id)
    query = select(*columns).where(Transfer.project_id.in_(project_ids), PASSED).order_by(Transfer.id)
    found: dict[int, dict[frozenset[int], int]] = {}
    for project_id, giving, getting, number in db.session.execute(query):
        found.setdefault(project_id, {})[frozenset((giving, getting))] = number
    return found


def booked(which: Any) -> Select[CarryOver]:
    """The lines that transfers wrote when they were confirmed, without what was set right since."""
    query = select(CarryOver).join(Transfer, Transfer.id == CarryOver.transfer_id)
    query = query.join(AuditEvent, AuditEvent.id == CarryOver.event_id)
    return query.where(which, AuditEvent.action != "carry_over.corrected")


def _lines(passing: Iterable[tuple[date, Any]], closed: date) -> Iterator[tuple[Any, Line]]:
    """What passes on, beside each line that it writes; `passing`: the effective day, and what passes on; `closed`: the
    last closed day.
    """
    moving = iter([(day, one) for day, one in passing if INDICATORS in duties_of(one)])
    while some := list(islice(moving, AT_ONCE)):
        known = closed_months.differing([one.project_id for _, one in some], Month.of(closed))
        for day, one in some:
            month, of_project = Month.of(day), known[one.project_id]
            for span in of_project.spans:
                # what a unit that ceases hands to its successor settles the successor's months alone
                settles = one.to_unit_id in (span.entitled_id, of_project.entitled_id)
                if settles and span.first < month:
                    fen = span.line.to_fen if span.line else of_project.fen
                    yield one, _line(one.project_id, span, month, fen)


def _line(project_id: int, span: Span, month: Month, fen: int | None) -> Line:
    last = min(span.last, month.plus(-1))
    return Line(
        project_id, INDICATORS, FIGURE, month, span.first, last, span.credited_id, span.entitled_id, fen
    )


def _write(lines: Iterable[tuple[int, Line]], event: AuditEvent) -> int:
    rows = [
        {
            "transfer_id": transfer_id,
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
        for transfer_id, line in lines
    ]
    if rows:
        db.session.execute(CarryOver.__table__.insert(), rows)  # type: ignore[attr-defined]
    return len(rows)
