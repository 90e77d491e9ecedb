"""What of transfers waits for a person or the person's unit: to be filled in, answered, signed, confirmed, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.grants import UNITS
from crm.models import AuditEvent, Transfer, TransferBatch, User
from crm.permissions import allowed
from crm.services import batch_signing, successions
from crm.services.transfer_clocks import NEEDED, waits_for
from crm.services.transfer_overtaking import ALONE

MOST = 100
"""What a desk shows; whoever has more sees those with the nearest deadlines."""

BATCH_STEPS = {"drafting": "draw_up", "signing": "sign", "confirming": "confirm"}
"""How far a batch is → what waits."""

BEGINNINGS = {
    "fill": ("transfer.proposed",),
    "answer": ("transfer.returned", "transfer.ground_changed"),
    "sign": ("transfer.filled", "batch.sent"),
    "confirm": ("transfer.signed", "batch.signed"),
    "draw_up": ("batch.drawn_up", "batch.returned"),
}
"""Step → what happened last before it began to wait; a batch waits to be confirmed since its last signature."""


@dataclass(frozen=True)
class Task:
    """One step that waits: `fill`, `answer`, `sign` or `confirm` a transfer, `draw_up`, `sign` or `confirm` a batch."""

    step: str
    since: date
    """The day from which it waits: that of the step before."""
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
    """What waits, what has waited longest first; a step that was taken again waits anew. At most five statements."""
    units = successions.acts_for(user.unit_id) if user.role in UNITS else ()
    waits = or_(false(), *waits_for(user, units).values())
    query = select(Transfer).where(ALONE, waits).order_by(Transfer.due_on, Transfer.id).limit(MOST)
    query = query.options(
        joinedload(Transfer.project), joinedload(Transfer.from_unit), joinedload(Transfer.to_unit)
    )
    transfers, batches = list(db.session.scalars(query)), batch_signing.waiting_for(user)
    begun = _begun(transfers, batches)
    found = []
    for one in transfers:
        step = step_of(one)
        since = begun.get((one.__tablename__, one.id, step), clock.shanghai(one.proposed_at).date())
        found.append(Task(step, since, one.due_on, own(one, user), transfer=one))
    for batch in batches:
        step = BATCH_STEPS[batch.state]
        since = begun.get((batch.__tablename__, batch.id, step), clock.shanghai(batch.drawn_up_at).date())
        found.append(Task(step, since, batch.due_on, True, batch=batch))
    return sorted(found, key=lambda task: (task.since, task.due_on))


def _begun(
    transfers: Sequence[Transfer], batches: Sequence[TransferBatch]
) -> dict[tuple[str | None, int | None, str], date]:
    """Table, id and step → the last day on which something happened after which the step waits: at most one statement."""
    of_these = [
        and_(AuditEvent.subject_type == some[0].__tablename__, AuditEvent.subject_id.in_([one.id for one in some]))
        for some in (transfers, batches)
        if some
    ]  # fmt: skip
    if not of_these:
        return {}
    steps = {action: step for step, actions in BEGINNINGS.items() for action in actions}
    columns = (AuditEvent.subject_type, AuditEvent.subject_id, AuditEvent.action)
    query = select(*columns, func.max(AuditEvent.business_day)).group_by(*columns)
    found: dict[tuple[str | None, int | None, str], date] = {}
    for table, number, action, day in db.session.execute(
        query.where(or_(*of_these), AuditEvent.action.in_(steps))
    ):
        place = (table, number, steps[action])
        found[place] = max(day, found.get(place, day))
    return found


def step_of(transfer: Transfer) -> str:
    """What is to be done next about an open transfer."""
    if transfer.state == "filling":
        return "fill" if transfer.round == 1 else "answer"
    return "sign" if transfer.state == "signing" else "confirm"


def own(transfer: Transfer, user: User) -> bool:
    """May the person take the next step?"""
    return allowed(user, NEEDED[transfer.state])
