"""A transfer ends when its ground does: another unit is entitled by now, another holds, or the notice fell silent.

A verb that finds it so changes nothing and says that it came too late (Stale). The transfer itself ends as `overtaken`
where the fact is entered, or, for what an import or a new day brought, by the day's work or the next proposal: so it is
always told in the log, and none stays open for ever. What is in a batch is left to the batch, which names what lost its
ground and is not confirmed before that is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from crm import clock
from crm.db import db
from crm.models import DUTIES, OPEN_TRANSFERS, Project, Transfer, User
from crm.services import dues, history
from crm.services.dues import Due

ALONE = and_(Transfer.state.in_(OPEN_TRANSFERS), Transfer.batch_id.is_(None))
"""The condition on Transfer that holds for those open by themselves."""


def ground_of(transfer: Transfer, found: Sequence[Due]) -> Due | None:
    """What of a project's dues the transfer still settles; none where it is overtaken: by other units, or because its
    duties came to be due since different days, which one transfer cannot settle.
    """
    for due in found:
        same_units = (due.from_unit_id, due.to_unit_id) == (transfer.from_unit_id, transfer.to_unit_id)
        if same_units and set(transfer.duties) <= set(due.duties):
            return due
    return None


def overtake(project_ids: Sequence[int], *, actor: User | None) -> list[Transfer]:
    """Ends the open transfers of these projects that lost their ground, those of batches left out; returns them.

    Those that keep it say by which rule they are due now, and since when. One statement where none is open.
    """
    query = select(Transfer).where(Transfer.project_id.in_(project_ids), ALONE)
    query = query.order_by(Transfer.id).with_for_update(of=Transfer)
    found = list(db.session.scalars(query.execution_options(populate_existing=True)))
    if not found:
        return []
    known = dues.of_all([transfer.project_id for transfer in found], clock.today())
    ended = []
    for transfer in found:
        due = ground_of(transfer, known[transfer.project_id])
        if due is None:
            _end(transfer, actor)
            ended.append(transfer)
        else:
            keep_up(transfer, due)
    return ended


def keep_up(transfer: Transfer, due: Due) -> None:
    """Has the transfer say by which rule it is due now, and since when."""
    transfer.since, transfer.rule = due.since, dues.rule_of(due)
    db.session.flush()


def overtake_some(*, after: int, most: int) -> int | None:
    """Ends those of the next open transfers, by id, whose projects have another standing by now.

    For what came with an import or a new day. Returns the last id looked at, none where there are no more.
    """
    history.hold()
    keeps = [
        or_(
            ~getattr(Transfer, duty),
            and_(
                getattr(Project, f"{duty}_id") == Transfer.to_unit_id,
                getattr(Project, f"held_{duty}_id") == Transfer.from_unit_id,
            ),
        )
        for duty in DUTIES
    ]
    query = (
        select(Transfer.id, Transfer.project_id)
        .join(Project, Project.id == Transfer.project_id)
        .where(ALONE, Transfer.id > after)
        .where(~and_(Project.due_since.is_not(None), *keeps))
        .order_by(Transfer.id)
        .limit(most)
    )
    rows = db.session.execute(query).all()
    if rows:
        overtake([row.project_id for row in rows], actor=None)
    return rows[-1].id if len(rows) == most else None


def _end(transfer: Transfer, actor: User | None) -> None:
    transfer.state = "overtaken"
    transfer.ended_by_id = actor.id if actor else None
    transfer.ended_at = clock.now()
    history.record(
        "transfer.overtaken",
        transfer,
        actor=actor,
        number=transfer.project.number,
        from_unit=transfer.from_unit.code,
        to_unit=transfer.to_unit.code,
    )
