"""What happened to the transfers of a batch since it was drawn up: whatever is no longer due as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, and_, func, or_

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import DUTIES, Duty, Holding, Project, Transfer, TransferBatch, duties_of
from crm.services import batch_contents, batch_grounds, dues, holdings, successions

Change = Literal["settled", "another", "since", "rule", "successor"]
"""What overtook a transfer: nothing is due any more; another unit is entitled or holds; it is due since another day, or by
another rule; the unit that ceased has another successor."""


@dataclass(frozen=True)
class Changed:
    """A transfer of a batch that something overtook since it was drawn up."""

    transfer_id: int
    number: str
    name: str
    change: Change


def changed(batch: TransferBatch) -> list[Changed]:
    """The transfers of a batch that are no longer due as they were drawn up, in order of the projects' numbers.

    Reads only those of which it is in doubt: a statement, and four more for every ten thousand of them; of a succession two in all.
    """
    doubtful = _of_holders(batch) if batch.kind == "succession" else _of_dues(batch)
    return [Changed(row.id, row.number, row.name, change) for row, change in doubtful if change is not None]


def refuse(batch: TransferBatch) -> None:
    """Raises Refused where something in a batch was overtaken; its page lists what."""
    count = len(changed(batch))
    if count:
        message = N_("名单里有%(count)s个项目的情况变了（见下），请移出后重新送签；没有任何项目划转")
        raise Refused(message, count=count)


def _of_dues(batch: TransferBatch) -> Iterator[tuple[Any, Change | None]]:
    today = clock.today()
    query = _listed(batch).where(~batch_grounds.stand())
    for part in batch_contents.pieces(db.session.execute(query).all()):
        now = dues.of_all([row.project_id for row in part], today)
        rules = dues.rules_of({due.decision_id for found in now.values() for due in found if due.decision_id})
        for row in part:
            yield row, _change(row, now[row.project_id], rules)


def _change(row: Any, found: Sequence[dues.Due], rules: Mapping[int, Mapping[Duty, str]]) -> Change | None:
    passes = (row.from_unit_id, row.to_unit_id, duties_of(row))
    same = next((due for due in found if batch_contents.parties(due) == passes), None)
    if same is None:
        return "another" if found else "settled"
    if same.since != row.since:
        return "since"
    return None if rules[same.decision_id or 0][same.duties[0]] == row.rule else "rule"


def _of_holders(batch: TransferBatch) -> Iterator[tuple[Any, Change | None]]:
    term = successions.of(batch.unit_id or 0, clock.today())
    if term is None or term.successor_id != batch.successor_id:
        for row in db.session.execute(_listed(batch)):
            yield row, "successor"
        return
    # the last row: what a confirmed transfer takes from a later day on is not the unit's any more
    query = _listed(batch).outerjoin(Holding, Holding.id == holdings.current(date.max))
    passed = (
        and_(
            getattr(Transfer, duty), func.coalesce(getattr(Holding, f"{duty}_id"), 0) != Transfer.from_unit_id
        )
        for duty in DUTIES
    )
    for row in db.session.execute(query.where(or_(*passed))):
        yield row, "another"


def _listed(batch: TransferBatch) -> Select[Any]:
    """The transfers of a batch with their projects, in order of the projects' numbers."""
    query: Any = batch_contents.in_it(batch).join(Project, Project.id == Transfer.project_id)
    columns = (
        Transfer.id, Transfer.project_id, Transfer.from_unit_id, Transfer.to_unit_id, Transfer.indicators,
        Transfer.enterprise_service, Transfer.rule, Transfer.since, Project.number, Project.name,
    )  # fmt: skip
    listed: Select[Any] = query.with_only_columns(*columns, maintain_column_froms=True)
    return listed.order_by(Project.number)
