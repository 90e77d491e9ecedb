"""What happened to the transfers of a batch since it was drawn up: whatever is no longer due as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import DUTIES, Project, TransferBatch, duties_of
from crm.services import batch_contents, dues, holdings, successions

Change = Literal["settled", "another", "since", "successor"]
"""What overtook a transfer: nothing is due any more; another unit is entitled or holds; it is due since another day;
the unit that ceased has another successor."""


@dataclass(frozen=True)
class Changed:
    """A transfer of a batch that something overtook since it was drawn up."""

    transfer_id: int
    number: str
    name: str
    change: Change


def changed(batch: TransferBatch, rows: Sequence[Any] | None = None) -> list[Changed]:
    """The transfers of a batch that are no longer due as they were drawn up, in order of the projects' numbers.

    `rows` are those of `batch_contents.rows()` where the caller has them. One statement for them, two for every ten
    thousand, and one for the names of what changed.
    """
    rows = batch_contents.rows(batch) if rows is None else rows
    changes = _changes_of_holders if batch.kind == "succession" else _changes_of_dues
    found = {
        row.project_id: (row.id, change)
        for part in batch_contents.pieces(rows)
        for row, change in zip(part, changes(batch, part), strict=True)
        if change is not None
    }
    if not found:
        return []
    names = [
        name
        for part in batch_contents.pieces(list(found))
        for name in db.session.execute(
            select(Project.id, Project.number, Project.name).where(Project.id.in_(part))
        )
    ]
    return [
        Changed(found[project_id][0], number, name, found[project_id][1])
        for project_id, number, name in sorted(names, key=lambda row: row.number)
    ]


def refuse(batch: TransferBatch, rows: Sequence[Any] | None = None) -> None:
    """Raises Refused where something in a batch was overtaken; its page lists what."""
    count = len(changed(batch, rows))
    if count:
        message = N_("名单里有%(count)s个项目的情况变了（见下），请移出后重新送签；没有任何项目划转")
        raise Refused(message, count=count)


def _changes_of_dues(batch: TransferBatch, rows: Sequence[Any]) -> Iterator[Change | None]:
    now = dues.on_days([row.project_id for row in rows], (clock.today(),))
    for row in rows:
        (found,) = now[row.project_id]
        same = [
            due
            for due in found
            if batch_contents.parties(due) == (row.from_unit_id, row.to_unit_id, duties_of(row))
        ]
        if same:
            yield None if same[0].since == row.since else "since"
        else:
            yield "another" if found else "settled"


def _changes_of_holders(batch: TransferBatch, rows: Sequence[Any]) -> Iterator[Change | None]:
    term = successions.of(batch.unit_id or 0, clock.today())
    held = holdings.rows_of([row.project_id for row in rows])
    for row in rows:
        if term is None or term.successor_id != row.to_unit_id:
            yield "successor"
            continue
        # the last row: what a confirmed transfer takes from a later day on is not the unit's any more
        _, *holders = held[row.project_id][-1]
        still = all(holders[DUTIES.index(duty)] == row.from_unit_id for duty in duties_of(row))
        yield None if still else "another"
