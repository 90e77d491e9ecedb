"""What a batch of transfers consists of: which projects, what was left out, and the digest of its list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from crm import chain, clock
from crm.db import db
from crm.models import (
    DUTIES,
    OPEN_TRANSFERS,
    SUCCESSION,
    Decision,
    Duty,
    Project,
    Transfer,
    TransferBatch,
    User,
    duties_of,
)
from crm.services import batch_kinds, dues, holdings, standing, standpoint, successions
from crm.services.dues import Due

AT_ONCE = 10_000
"""Projects asked about in one statement."""

Why = Literal["in_transfer", "in_batch", "another", "rule", "parted", "ahead"]
"""Why a project is left out: it has an open transfer, or one in another batch; today another unit is entitled or holds,
or a rule says so that another kind settles; of its two responsibilities each passes to another unit, and one of them is in
the batch; a confirmed transfer passes it on from a later day."""

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A project of a batch: what of it passes on, from whom to whom, by which rule, since when."""

    project_id: int
    number: str
    name: str
    fen: int | None
    from_unit_id: int
    to_unit_id: int
    indicators: bool
    enterprise_service: bool
    rule: str
    since: date

    @property
    def duties(self) -> tuple[Duty, ...]:
        """The responsibilities that pass on."""
        return duties_of(self)


@dataclass(frozen=True)
class LeftOut:
    """A project that belongs to the kind and is not in the batch; `of` is the transfer or the batch it is in, or the
    confirmed transfer.
    """

    number: str
    name: str
    why: Why
    of: int | None = None


@dataclass
class Found:
    """What a batch would consist of, both lists in order of the projects' numbers."""

    lines: list[Line] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The SHA-256 of the list."""
        return digest_of(sorted(self.lines, key=lambda one: one.project_id))


def find(kind: str, day: date, *, actor: User | None, unit_id: int | None = None) -> Found:
    """The projects of a kind for which a transfer is due on a day and still is today, as far as the person sees them: with
    the rule by which it is today, and since when.

    For a succession, what the ceasing unit `unit_id` holds today and will go on holding. Those with an open transfer are
    left out. A few statements, and four more for every ten thousand projects.
    """
    found = _held_by(unit_id or 0, actor) if kind == "succession" else _due(kind, day, actor)
    open_ones = _open_of([line.project_id for line in found.lines])
    taken = [line for line in found.lines if line.project_id in open_ones]
    for line in taken:
        transfer_id, batch_id = open_ones[line.project_id]
        why: Why = "in_transfer" if batch_id is None else "in_batch"
        found.left_out.append(LeftOut(line.number, line.name, why, batch_id or transfer_id))
    lines = [line for line in found.lines if line.project_id not in open_ones]
    return Found(
        sorted(lines, key=lambda line: line.number), sorted(found.left_out, key=lambda line: line.number)
    )


def in_it(batch: TransferBatch) -> Select[Transfer]:
    """The transfers that a batch consists of; after its end those that it put into effect."""
    state = "confirmed" if batch.state == "confirmed" else "confirming"
    return select(Transfer).where(Transfer.batch_id == batch.id, Transfer.state == state)


def rows(batch: TransferBatch) -> Sequence[Any]:
    """What a batch consists of as rows, in order of the projects' ids: one statement."""
    columns = (
        Transfer.id, Transfer.project_id, Transfer.from_unit_id, Transfer.to_unit_id, Transfer.indicators,
        Transfer.enterprise_service, Transfer.rule, Transfer.since, Transfer.effective_day, Transfer.note,
    )  # fmt: skip
    query = in_it(batch).with_only_columns(*columns).order_by(Transfer.project_id)
    return db.session.execute(query).all()


def digest(batch: TransferBatch) -> str:
    """The SHA-256 of a batch's list as it stands: one statement."""
    return digest_of(rows(batch))


def digest_of(found: Iterable[Any]) -> str:
    """The SHA-256 of a list: of a batch's rows, or of lines in the same order."""
    return chain.digest_of_rows(
        [
            one.project_id, one.from_unit_id, one.to_unit_id, one.indicators, one.enterprise_service, one.rule,
            one.since.isoformat(),
        ]
        for one in found
    )  # fmt: skip


def pieces(rows: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """The rows, some thousand at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def parties(due: Due) -> tuple[int, int, tuple[Duty, ...]]:
    """From whom to whom what is to pass on."""
    return due.from_unit_id, due.to_unit_id, due.duties


def _due(kind: str, day: date, actor: User | None) -> Found:
    today, then = clock.today(), aliased(Decision)
    rules, by_outcome = batch_kinds.RULES[kind], batch_kinds.rules_by_outcome()
    seen = standpoint.at(today)
    query = seen.select(
        actor, Project.id, Project.number, Project.name, Project.total_investment_fen, then.outcome_id
    )
    query = query.join(then, then.id == standing.current(day))
    query = query.where(seen.due, batch_kinds.belongs(kind, by_outcome, then.outcome_id))
    found = Found()
    for part in pieces(db.session.execute(query.order_by(Project.id)).all()):
        both = dues.on_days([row.id for row in part], (day, today))
        named = dues.rules_of({due.decision_id for _, now in both.values() for due in now if due.decision_id})
        for row in part:
            was, now = both[row.id]
            then_named = by_outcome[row.outcome_id]
            of_kind = [parties(due) for due in was if any(then_named[duty] in rules for duty in due.duties)]
            same = [due for due in now if parties(due) in of_kind]
            still = [
                due for due in same if any(named[due.decision_id or 0][duty] in rules for duty in due.duties)
            ]
            if not still and of_kind:
                found.left_out.append(LeftOut(row.number, row.name, "rule" if same else "another"))
            for place, due in enumerate(still):
                if place:
                    found.left_out.append(LeftOut(row.number, row.name, "parted"))
                    continue
                found.lines.append(
                    Line(
                        row.id,
                        row.number,
                        row.name,
                        row.total_investment_fen,
                        due.from_unit_id,
                        due.to_unit_id,
                        "indicators" in due.duties,
                        "enterprise_service" in due.duties,
                        named[due.decision_id or 0][due.duties[0]],
                        due.since,
                    )
                )
    return found


def _held_by(unit_id: int, actor: User | None) -> Found:
    """All that a unit holds today, to pass to its successor; whom each project is entitled to does not matter.

    What a confirmed transfer takes from it on a later day is left to that: it takes effect on the first open day, and a
    batch could not do so sooner.
    """
    term = successions.of(unit_id, clock.today())
    if term is None or term.successor_id is None:
        return Found()
    seen = standpoint.at(clock.today())
    holders = [seen.held(duty) for duty in DUTIES]
    query = seen.select(actor, Project.id, Project.number, Project.name, Project.total_investment_fen)
    query = query.where(or_(*(holder == unit_id for holder in holders))).order_by(Project.id)
    found = Found()
    for part in pieces(db.session.execute(query).all()):
        ids = [row[0] for row in part]
        rows, ahead = holdings.rows_of(ids), _ahead_of(ids)
        for project_id, number, name, fen in part:
            indicators, service = (holder == unit_id for holder in rows[project_id][-1][1:])
            duties = [duty for duty, stays in zip(DUTIES, (indicators, service), strict=True) if stays]
            if not duties:
                found.left_out.append(LeftOut(number, name, "ahead", ahead.get(project_id)))
                continue
            since = max(term.valid_from, _holds_since(rows[project_id], unit_id, duties))
            found.lines.append(
                Line(
                    project_id,
                    number,
                    name,
                    fen,
                    unit_id,
                    term.successor_id,
                    indicators,
                    service,
                    SUCCESSION,
                    since,
                )
            )
    return found


def _holds_since(rows: Sequence[holdings.Row], unit_id: int, duties: Sequence[Duty]) -> date:
    """The first day of the run, up to the last row, in which a unit holds these responsibilities."""
    since = rows[-1][0]
    for day, *held in reversed(rows):
        if any(held[DUTIES.index(duty)] != unit_id for duty in duties):
            break
        since = day
    return since


def _open_of(project_ids: Sequence[int]) -> dict[int, tuple[int, int | None]]:
    """Project id → its open transfer and the batch that is in, of those that have one."""
    found: dict[int, tuple[int, int | None]] = {}
    for part in pieces(project_ids):
        query = select(Transfer.project_id, Transfer.id, Transfer.batch_id)
        query = query.where(Transfer.project_id.in_(part), Transfer.state.in_(OPEN_TRANSFERS))
        found |= {project_id: (number, batch) for project_id, number, batch in db.session.execute(query)}
    return found


def _ahead_of(project_ids: Sequence[int]) -> dict[int, int]:
    """Project id → the confirmed transfer that takes effect on a later day, of those that have one."""
    query = select(Transfer.project_id, Transfer.id).where(Transfer.project_id.in_(project_ids))
    found = db.session.execute(query.where(Transfer.effective_day > clock.today()))
    return {row.project_id: row.id for row in found}
