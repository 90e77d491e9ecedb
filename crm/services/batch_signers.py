"""Who has to sign a batch of transfers, and whether there is anybody who can."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Transfer, TransferBatch, Unit, UnitTerm, as_of
from crm.services import batch_contents, posts, successions


def signers(batch: TransferBatch) -> list[int]:
    """The ids of the units whose heads sign a batch, in order: those that give or receive; for one that has ceased, the
    unit that answers for it. Two statements, three where a unit has ceased.
    """
    pairs = db.session.execute(
        batch_contents.in_it(batch).with_only_columns(Transfer.from_unit_id, Transfer.to_unit_id).distinct()
    )
    parties, today = {unit_id for pair in pairs for unit_id in pair}, clock.today()
    active = {term.unit_id for term in db.session.scalars(as_of(UnitTerm, today)) if term.active}
    if not parties <= active:
        successors = successions.in_force(today)
        parties |= {successors[unit_id] for unit_id in parties - active if unit_id in successors}
    return sorted(parties & active)


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
