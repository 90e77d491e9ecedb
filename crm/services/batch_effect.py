"""A signed batch takes effect: every holding passes on, in one transaction, or none does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, select, update

from crm import clock
from crm.db import db
from crm.errors import NotFound, Refused
from crm.messages import N_
from crm.models import Transfer, TransferBatch, TransferSignature, User
from crm.services import (
    batch_contents,
    batch_signing,
    batch_totals,
    batches,
    carry_overs,
    history,
    holdings,
    standing,
)
from crm.services.holdings import Move


def put_into_effect(number: int, signed_round: int, *, actor: User) -> int:
    """Confirms all transfers of a batch as it was signed in a round; returns how many. Once done it does nothing more.

    Raises Refused where the batch is not what was signed: withdrawn, sent back, or something in it overtaken.
    """
    history.hold()
    query = select(TransferBatch).where(TransferBatch.id == number).with_for_update()
    batch = db.session.scalar(query.execution_options(populate_existing=True))
    if batch is None:
        raise NotFound(N_("没有编号为%(number)s的划转批次"), number=number)
    if batch.state == "confirmed":
        return int(batch.summary["amount"][0])
    if batch.state != "confirming" or batch.round != signed_round:
        raise Refused(batches.NOT_THEN[batch.state])
    digest = batch_signing.refuse_altered(batch)
    summary = batch_totals.summary(batch, actor)
    batch.state, batch.summary = "confirmed", summary
    batch.ended_by_id, batch.ended_at = actor.id, clock.now()
    transfers = _end(batch, actor)
    event = batches.record("batch.confirmed", batch, actor, count=len(transfers), digest=digest)
    db.session.add(
        TransferSignature(
            batch_id=batch.id,
            round=batch.round,
            side="bureau",
            user_id=actor.id,
            digest=digest,
            event_id=event.id,
        )
    )
    db.session.flush()
    for part in batch_contents.pieces(transfers, holdings.AT_ONCE):
        holdings.pass_on(map(_move, part), event)
        standing.refresh([one.project_id for one in part])
    carry_overs.book(transfers, event)
    return len(transfers)


def _end(batch: TransferBatch, actor: User) -> Sequence[Any]:
    """One statement for all of them, and one that reads them as they are now."""
    first = holdings.effective_day(date.min)
    values = {
        "state": "confirmed",
        "effective_day": case((Transfer.since > first, Transfer.since), else_=first),
        "ended_by_id": actor.id,
        "ended_at": clock.now(),
        "version": Transfer.version + 1,
    }
    statement = update(Transfer).where(Transfer.batch_id == batch.id, Transfer.state == "confirming")
    db.session.execute(statement.values(values), execution_options={"synchronize_session": "evaluate"})
    return batch_contents.rows(batch)


def _move(transfer: Any) -> Move:
    return Move(
        transfer.project_id,
        transfer.effective_day,
        transfer.to_unit_id if transfer.indicators else None,
        transfer.to_unit_id if transfer.enterprise_service else None,
        transfer.id,
    )
