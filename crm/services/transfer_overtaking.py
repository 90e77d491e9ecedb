"""A transfer ends when its ground does: another unit is entitled by now, another holds, or the notice fell silent.

Where both units stay and only the rule or the day since when it is due are others, or the other responsibility came to
pass with it, it says so from then on; what was signed before was signed for another ground, so that it goes back to the
giving unit and is signed anew.

All of that happens where the facts are entered, by hand or by an import, and, for what a new day brought, by the day's
work or the next proposal: so it is always told in the log, and none stays open for ever. A verb that comes before that
changes nothing and says that it came too late (Stale). What is in a batch is left to the batch, which names what lost
its ground and is not confirmed before that is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, select

from crm import clock
from crm.db import db
from crm.models import DUTIES, OPEN_TRANSFERS, Duty, Transfer, User
from crm.services import dues, history
from crm.services.dues import Due
from crm.services.transfer_deadlines import due_on

AT_ONCE = 500
"""Open transfers whose ground is looked up at once."""

Ground = tuple[date, str, tuple[Duty, ...]]
"""Since when a transfer is due, by which rule, and of what."""

ALONE = and_(Transfer.state.in_(OPEN_TRANSFERS), Transfer.batch_id.is_(None))
"""The condition on Transfer that holds for those open by themselves."""


def grounds_of(transfers: Sequence[Transfer]) -> dict[int, Ground | None]:
    """Transfer id → since when, by which rule and of what it is due today: four statements, however many.

    None where it is overtaken: by other units, or because its duties came to be due since different days, which one
    transfer cannot settle.
    """
    known = dues.of_all([transfer.project_id for transfer in transfers], clock.today())
    settled = {one.id: _settled_by(one, known[one.project_id]) for one in transfers}
    rules = dues.rules_of(due.decision_id for due in settled.values() if due and due.decision_id)
    return {
        one.id: (due.since, rules[due.decision_id or 0][due.duties[0]], due.duties) if due else None
        for one in transfers
        for due in (settled[one.id],)
    }


def ground_of(transfer: Transfer) -> Ground:
    """The ground that a transfer says it has."""
    return transfer.since, transfer.rule, transfer.duties


def overtake(projects: Sequence[int] | Select[Any], *, actor: User | None) -> list[Transfer]:
    """Ends the open transfers of these projects that lost their ground, those of batches left out; returns them.

    Those that have another one by now say so, and what was signed is signed anew. `projects` are ids, or a query for
    them. One statement where none is open.
    """
    query = select(Transfer).where(Transfer.project_id.in_(projects), ALONE)
    query = query.order_by(Transfer.id).with_for_update(of=Transfer)
    found = list(db.session.scalars(query.execution_options(populate_existing=True)))
    ended = []
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        grounds = grounds_of(part)
        for transfer in part:
            ground = grounds[transfer.id]
            if ground is None:
                _end(transfer, actor)
                ended.append(transfer)
            elif ground != ground_of(transfer):
                _put_on(transfer, ground, actor)
    return ended


def overtake_some(*, after: int, most: int) -> int | None:
    """The same of the next open transfers, by id. Returns the last id looked at, none where there are no more."""
    history.hold()
    query = select(Transfer.id, Transfer.project_id).where(ALONE, Transfer.id > after)
    rows = db.session.execute(query.order_by(Transfer.id).limit(most)).all()
    if rows:
        overtake([row.project_id for row in rows], actor=None)
    return rows[-1].id if len(rows) == most else None


def _settled_by(transfer: Transfer, found: Sequence[Due]) -> Due | None:
    for due in found:
        same_units = (due.from_unit_id, due.to_unit_id) == (transfer.from_unit_id, transfer.to_unit_id)
        if same_units and set(transfer.duties) <= set(due.duties):
            return due
    return None


def _put_on(transfer: Transfer, ground: Ground, actor: User | None) -> None:
    """Has the transfer say another ground; what was signed for the former one goes back to be signed anew."""
    before = _told(transfer)
    transfer.since, transfer.rule, duties = ground
    for duty in DUTIES:
        setattr(transfer, duty, duty in duties)
    if transfer.state != "filling":
        transfer.state, transfer.due_on = "filling", due_on("filling")
        transfer.round += 1
        transfer.note = ""
    more = {"round": transfer.round, "before": before, "after": _told(transfer)}
    _record("transfer.ground_changed", transfer, actor, **more)


def _told(transfer: Transfer) -> dict[str, Any]:
    return {"since": transfer.since.isoformat(), "rule": transfer.rule, "duties": list(transfer.duties)}


def _end(transfer: Transfer, actor: User | None) -> None:
    transfer.state = "overtaken"
    transfer.ended_by_id = actor.id if actor else None
    transfer.ended_at = clock.now()
    _record("transfer.overtaken", transfer, actor)


def _record(action: str, transfer: Transfer, actor: User | None, **more: object) -> None:
    db.session.flush()
    history.record(
        action,
        transfer,
        actor=actor,
        number=transfer.project.number,
        from_unit=transfer.from_unit.code,
        to_unit=transfer.to_unit.code,
        **more,
    )
