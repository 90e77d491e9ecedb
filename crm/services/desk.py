"""What of transfers waits for a person or the person's unit: to be filled in, answered, signed, confirmed, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.grants import UNITS
from crm.models import Transfer, TransferBatch, User
from crm.permissions import allowed
from crm.services import batch_signing

MOST = 100
"""What a desk shows; whoever has more begins with the oldest."""

BATCH_STEPS = {"drafting": "draw_up", "signing": "sign", "confirming": "confirm"}
"""How far a batch is → what waits."""


@dataclass(frozen=True)
class Task:
    """One step that waits: `fill`, `answer`, `sign` or `confirm` a transfer, `draw_up`, `sign` or `confirm` a batch."""

    step: str
    due_on: date
    own: bool
    """May the person take the step, or is it for the unit's head?"""
    transfer: Transfer | None = None
    batch: TransferBatch | None = None

    @property
    def late(self) -> int:
        """By how many days it is late; 0 where it is not."""
        return max((clock.today() - self.due_on).days, 0)


def tasks(user: User) -> list[Task]:
    """What waits, the soonest due first: one statement for transfers, one for batches."""
    query = select(Transfer).where(waits_for(user)).order_by(Transfer.due_on, Transfer.id).limit(MOST)
    query = query.options(
        joinedload(Transfer.project), joinedload(Transfer.from_unit), joinedload(Transfer.to_unit)
    )
    found = [
        Task(step_of(one), one.due_on, own(one, user), transfer=one) for one in db.session.scalars(query)
    ]
    for batch in batch_signing.waiting_for(user):
        found.append(Task(BATCH_STEPS[batch.state], batch.due_on, True, batch=batch))
    return sorted(found, key=lambda task: task.due_on)


def step_of(transfer: Transfer) -> str:
    """What is to be done next about an open transfer."""
    if transfer.state == "filling":
        return "fill" if transfer.round == 1 else "answer"
    return "sign" if transfer.state == "signing" else "confirm"


def own(transfer: Transfer, user: User) -> bool:
    """May the person take the next step?"""
    needed = {"filling": "transfer:fill", "signing": "transfer:sign", "confirming": "transfer:confirm"}
    return allowed(user, needed[transfer.state])


def waits_for(user: User) -> ColumnElement[bool]:
    """The condition on Transfer that holds for those whose next step is the person's or the unit's; of a batch none is."""
    alone = Transfer.batch_id.is_(None)
    if user.role in UNITS and user.unit_id is not None:
        gives = and_(Transfer.state == "filling", Transfer.from_unit_id == user.unit_id)
        gets = and_(Transfer.state == "signing", Transfer.to_unit_id == user.unit_id)
        return and_(alone, or_(gives, gets))
    if allowed(user, "transfer:confirm"):
        another = or_(Transfer.proposed_by_id.is_(None), Transfer.proposed_by_id != user.id)
        return and_(alone, Transfer.state == "confirming", another)
    return false()
