"""Who has to sign a batch of transfers, and whether there is anybody who can."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Transfer, TransferBatch, Unit
from crm.services import batch_contents, posts, successions


def signers(batch: TransferBatch) -> list[int]:
    """The ids of the units whose heads sign a batch, in order: those that give or receive; for one that another succeeds,
    that one. Two statements.
    """
    columns = (Transfer.from_unit_id, Transfer.to_unit_id)
    pairs = db.session.execute(batch_contents.in_it(batch).with_only_columns(*columns).distinct()).all()
    answers = successions.in_force(clock.today())
    return sorted({answers.get(unit_id, unit_id) for pair in pairs for unit_id in pair})


def without_anybody(unit_ids: Collection[int]) -> set[int]:
    """Those of these units in which nobody in post can sign today: one statement."""
    return set(unit_ids) - posts.units_with("transfer:sign", clock.today())


def refuse_unsigned(batch: TransferBatch) -> None:
    """Raises Refused, naming every unit that has to sign a batch and has nobody who can."""
    lacking = without_anybody(signers(batch))
    if lacking:
        names = db.session.scalars(select(Unit.name).where(Unit.id.in_(lacking)).order_by(Unit.position))
        message = N_("这些单位没有在任的负责人可以签字：%(units)s。请系统管理员先设置岗位，再送签")
        raise Refused(message, units="、".join(names))
