"""A signed batch takes effect: every holding passes on, in one transaction, or none does."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import case, select, update

from crm import clock
from crm.db import db
from crm.errors import NotFound, Refused
from crm.messages import N_
from crm.models import AuditEvent, Transfer, TransferBatch, TransferSignature, User
from crm.services import (
    batch_contents,
    batch_signing,
    batch_totals,
    batches,
    carry_overs,
    history,
    holdings,
    months,
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
    effects = batch_totals.of_batch(batch, actor)
    transfers = list(db.session.scalars(batch_contents.in_it(batch).order_by(Transfer.id)))
    batch.state, batch.summary = "confirmed", batch_totals.summary(effects)
    batch.ended_by_id, batch.ended_at = actor.id, clock.now()
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
    _end(batch, actor)
    closed = months.last_closed_day()
    for part in batch_contents.pieces(transfers):
        holdings.pass_on([_move(one, closed) for one in part], event)
        standing.refresh([one.project_id for one in part])
    _carry_over(batch, event)
    return len(transfers)


def _end(batch: TransferBatch, actor: User) -> None:
    """One statement, whose rows the session reads again where it is asked for them."""
    closed = months.last_closed_day()
    day = (
        Transfer.since
        if closed is None
        else case((Transfer.since > closed, Transfer.since), else_=closed + timedelta(days=1))
    )
    statement = update(Transfer).where(Transfer.batch_id == batch.id, Transfer.state == "confirming")
    values = {
        "state": "confirmed",
        "effective_day": day,
        "ended_by_id": actor.id,
        "ended_at": clock.now(),
        "version": Transfer.version + 1,
    }
    db.session.execute(statement.values(values), execution_options={"synchronize_session": False})


def _move(transfer: Transfer, closed: date | None) -> Move:
    day = transfer.since if closed is None else max(transfer.since, closed + timedelta(days=1))
    return Move(
        transfer.project_id,
        day,
        transfer.to_unit_id if transfer.indicators else None,
        transfer.to_unit_id if transfer.enterprise_service else None,
        transfer.id,
    )


def _carry_over(batch: TransferBatch, event: AuditEvent) -> None:
    """With the transfers as they are now, read anew."""
    query = batch_contents.in_it(batch).order_by(Transfer.id)
    carry_overs.book(list(db.session.scalars(query.execution_options(populate_existing=True))), event)
