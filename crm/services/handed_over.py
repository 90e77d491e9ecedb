"""移交后要办的: what a handover list said was open or missing when its transfer was confirmed, until the receiving unit says
that it is done. The list stays as it was signed; that something is done since is an entry of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from crm.db import db
from crm.errors import NotFound, Stale
from crm.grants import UNITS
from crm.messages import N_
from crm.models import AuditEvent, Project, Transfer, TransferItem, User
from crm.permissions import allowed
from crm.services import history, successions
from crm.services.transfer_checks import locked, must_be_of

DONE = "transfer.item_done"
"""What is recorded when something is done that a list left open."""

LEFT = ("open", "missing")
"""The states of a line that leave something to be done."""

SHOWN = 20
"""Lines on a desk, those due first."""

RECEIVING_ONLY = N_("只有承接单位可以把接手的事项记为办结")


def _done() -> ColumnElement[bool]:
    """The condition on TransferItem that holds for lines that were done after the transfer."""
    event = aliased(AuditEvent)
    return exists().where(
        event.subject_type == Transfer.__tablename__,
        event.subject_id == TransferItem.transfer_id,
        event.action == DONE,
        event.detail["item"].as_integer() == TransferItem.id,
    )


def left(transfer: Transfer) -> frozenset[int]:
    """The ids of the lines of a confirmed transfer that are still to be done: one statement, none for another."""
    if transfer.state != "confirmed":
        return frozenset()
    query = select(TransferItem.id).where(
        TransferItem.transfer_id == transfer.id, TransferItem.state.in_(LEFT)
    )
    return frozenset(db.session.scalars(query.where(~TransferItem.removed, ~_done())))


def waiting_for(user: User, most: int = SHOWN) -> Sequence[tuple[TransferItem, Transfer]]:
    """What is left to be done of projects that passed to the person's unit and that it holds still, with their transfers,
    what is due first: two statements, none for who is of no unit.
    """
    if user.role not in UNITS or user.unit_id is None:
        return []
    units = successions.acts_for(user.unit_id)
    holds = or_(Project.held_indicators_id.in_(units), Project.held_enterprise_service_id.in_(units))
    query = (
        select(TransferItem, Transfer)
        .join(Transfer, Transfer.id == TransferItem.transfer_id)
        .join(Project, Project.id == Transfer.project_id)
        .where(Transfer.to_unit_id.in_(units), Transfer.state == "confirmed", holds)
        .where(TransferItem.state.in_(LEFT), ~TransferItem.removed, ~_done())
        .options(contains_eager(Transfer.project), joinedload(Transfer.from_unit))
        .order_by(TransferItem.due_on.is_(None), TransferItem.due_on, TransferItem.id)
    )
    return [(item, transfer) for item, transfer in db.session.execute(query.limit(most))]


def finish(transfer_id: int, item_id: int, *, actor: User) -> TransferItem:
    """Records that a line that was left open is done. Raises NotFound, NotAllowed for who is not of the receiving unit,
    and Stale where nothing is left of it.
    """
    transfer = locked(transfer_id)
    must_be_of(transfer.to_unit_id, actor, "transfer:fill", RECEIVING_ONLY)
    item = db.session.get(TransferItem, item_id)
    if item is None or item.transfer_id != transfer.id:
        raise NotFound(N_("清单里没有这一项"))
    if item.id not in left(transfer):
        raise Stale(N_("这一项已经办结，没有再做什么"))
    history.record(DONE, transfer, actor=actor, section=item.section, item=item.id, text=item.text)
    return item


def finishes(transfer: Transfer, user: User, units: Collection[int]) -> bool:
    """May the person say of what is left that it is done? `units` are those for which the person's acts."""
    return allowed(user, "transfer:fill") and transfer.to_unit_id in units
