"""成批划转: the bureau draws up a list, every unit that gives or receives signs it, the bureau's head confirms, and all of
it takes effect at once, or nothing (crm/services/batch_effect.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import flag_modified

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import AuditEvent, Transfer, TransferBatch, Unit, User
from crm.permissions import allowed
from crm.services import batch_changes, batch_checks, batch_contents, batch_signers, history, policy
from crm.services.batch_checks import LONGEST, TOO_LONG
from crm.services.batch_contents import Found

OPEN_BATCHES = ("drafting", "signing", "confirming")

DEADLINES = {
    "drafting": "transfer_fill_days",
    "signing": "transfer_sign_days",
    "confirming": "transfer_confirm_days",
}
"""Step → the setting that says how many days it may take."""

NOT_THEN = {
    "drafting": N_("批次正在拟定，还没有送出"),
    "signing": N_("批次正在等待各单位签字"),
    "confirming": N_("各单位都已签字，等待商务局确认"),
    "confirmed": N_("批次已经确认生效，没有再做什么"),
    "withdrawn": N_("批次已经撤回，没有再做什么"),
}
"""What whoever comes too late or too early is told."""


def by_id(number: int) -> TransferBatch:
    """The batch with this number; raises NotFound."""
    people = (TransferBatch.drawn_up_by, TransferBatch.ended_by)
    query = select(TransferBatch).options(*(joinedload(person) for person in people))
    found = db.session.scalar(query.where(TransferBatch.id == number))
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的划转批次"), number=number)
    return found


def listing(
    state: str | None, *, before: int | None, limit: int, unit_id: int | None = None
) -> list[tuple[TransferBatch, int]]:
    """Batches with how many transfers each consists of, newest first, below a number, of a unit or of all: one
    statement.
    """
    one = Transfer.batch_id == TransferBatch.id
    state_of = Transfer.state.in_(("confirming", "confirmed"))
    count = select(func.count()).where(one, state_of).correlate(TransferBatch).scalar_subquery()
    query = select(TransferBatch, count).order_by(TransferBatch.id.desc()).limit(limit)
    if state is not None:
        query = query.where(TransferBatch.state == state)
    if before is not None:
        query = query.where(TransferBatch.id < before)
    if unit_id is not None:
        query = query.where(touches({unit_id}))
    return [(batch, number) for batch, number in db.session.execute(query)]


def draw_up(
    kind: str, day: date, *, title: str, basis: str, seen: str = "", unit: Unit | None = None, actor: User
) -> TransferBatch:
    """Draws up a batch of what a day shows; `seen` is the digest of the list that the person saw before.

    Raises NotAllowed, Refusals with every mistake of the form, Stale where the list is another one by now, and Refused
    where it is empty.
    """
    if not allowed(actor, "batch:draw-up"):
        raise NotAllowed()
    history.hold()
    batch_checks.check(kind, day, unit=unit, title=title, basis=basis)
    found = batch_contents.find(kind, day, actor=actor, unit_id=unit.id if unit else None)
    if not found.lines:
        raise Refused(N_("这一天没有这一类应划转的项目"), field="kind")
    if seen and seen != found.digest:
        raise Stale(N_("名单在您查看以后变了，请再看一遍"))
    batch = TransferBatch(
        kind=kind,
        title=title.strip(),
        basis=basis.strip(),
        day=day,
        unit_id=unit.id if unit else None,
        successor_id=found.lines[0].to_unit_id if unit else None,
        due_on=due("drafting"),
        held_by_id=actor.id,
        drawn_up_by_id=actor.id,
    )
    db.session.add(batch)
    db.session.flush()
    try:
        with db.session.begin_nested():
            _insert(batch, found)
    except IntegrityError as error:
        raise Stale(N_("名单里有项目刚刚另行提出了划转，请再看一遍")) from error
    record("batch.drawn_up", batch, actor, count=len(found.lines), digest=found.digest, day=day)
    return batch


def take_out(
    number: int, transfer_ids: Collection[int], *, reason: str, version: int, actor: User
) -> TransferBatch:
    """Takes transfers out of a batch that is being drawn up, with a reason; they stay due. Raises NotAllowed, Stale, Refused."""
    if not allowed(actor, "batch:draw-up"):
        raise NotAllowed()
    batch = locked(number, version, "drafting")
    found = chosen(batch, transfer_ids)
    _take_out(batch, found, said(reason), actor)
    return batch


def take_changed_out(number: int, *, version: int, actor: User) -> TransferBatch:
    """Takes out of a batch that is being drawn up everything that something overtook. Raises NotAllowed, Stale, Refused."""
    if not allowed(actor, "batch:draw-up"):
        raise NotAllowed()
    batch = locked(number, version, "drafting")
    found = [one.transfer_id for one in batch_changes.changed(batch)]
    if not found:
        raise Refused(N_("名单里没有发生变化的项目"))
    _take_out(batch, chosen(batch, found), "", actor, state="overtaken")
    return batch


def send(number: int, *, version: int, note: str = "", actor: User) -> TransferBatch:
    """Sends a batch to be signed by every unit that gives or receives.

    `note` says why transfers that a unit asked to have taken out are still in it. Raises NotAllowed, Stale, and Refused
    where something in it was overtaken, or a unit has nobody who can sign.
    """
    if not allowed(actor, "batch:draw-up"):
        raise NotAllowed()
    batch = locked(number, version, "drafting")
    count = db.session.scalar(batch_contents.in_it(batch).with_only_columns(func.count()))
    if not count:
        raise Refused(N_("批次里没有项目了，请撤回批次"))
    batch_changes.refuse(batch)
    batch_signers.refuse_unsigned(batch)
    asked = list(db.session.scalars(batch_contents.in_it(batch).where(Transfer.note != "")))
    if asked and not note.strip():
        raise Refused(N_("有单位请求移出的项目仍在名单里，请移出，或写明为什么保留"), field="note")
    if len(note) > LONGEST:
        raise Refused(TOO_LONG, field="note", most=LONGEST)
    for one in asked:
        one.note = ""
    batch.state, batch.note, batch.due_on = "signing", note.strip(), due("signing")
    digest = batch_contents.digest(batch)
    record("batch.sent", batch, actor, count=count, round=batch.round, digest=digest, note=batch.note)
    return batch


def withdraw(number: int, *, version: int, note: str, actor: User) -> TransferBatch:
    """Ends a batch and all its open transfers, with a reason; they stay due. Raises NotAllowed, Stale and Refused."""
    if not (allowed(actor, "batch:draw-up") or allowed(actor, "batch:confirm")):
        raise NotAllowed()
    batch = locked(number, version, *OPEN_BATCHES)
    reason, now = said(note, "note"), clock.now()
    ended: Any = db.session.execute(
        update(Transfer)
        .where(Transfer.batch_id == batch.id, Transfer.state == "confirming")
        .values(
            state="withdrawn", note=reason, ended_by_id=actor.id, ended_at=now, version=Transfer.version + 1
        )
    )
    batch.state, batch.note = "withdrawn", reason
    batch.ended_by_id, batch.ended_at = actor.id, now
    record("batch.withdrawn", batch, actor, note=reason, count=ended.rowcount)
    return batch


def locked(number: int, version: int, *states: str) -> TransferBatch:
    """The batch, locked and as it stands, for a step that one of these states allows. Raises NotFound and Stale."""
    history.hold()
    query = select(TransferBatch).where(TransferBatch.id == number).with_for_update()
    batch = db.session.scalar(query.execution_options(populate_existing=True))
    if batch is None:
        raise NotFound(N_("没有编号为%(number)s的划转批次"), number=number)
    if batch.state not in states:
        raise Stale(NOT_THEN[batch.state])
    if batch.version != version:
        raise Stale()
    return batch


def chosen(batch: TransferBatch, transfer_ids: Collection[int]) -> list[Transfer]:
    """Those of a batch's transfers. Raises Refused where none is chosen, and Stale where one is not in it any more."""
    if not transfer_ids:
        raise Refused(N_("请选择项目"), field="transfers")
    query = batch_contents.in_it(batch).options(joinedload(Transfer.project))
    found = [
        one
        for part in batch_contents.pieces(sorted(transfer_ids))
        for one in db.session.scalars(query.where(Transfer.id.in_(part)))
    ]
    if len(found) != len(set(transfer_ids)):
        raise Stale(N_("所选的项目有的已不在名单里，请再看一遍"))
    return found


def said(text: str, field: str = "reason") -> str:
    """A reason without the space around it; raises Refused where there is none or it is too long."""
    if not text.strip():
        raise Refused(N_("请写明理由"), field=field)
    if len(text) > LONGEST:
        raise Refused(TOO_LONG, field=field, most=LONGEST)
    return text.strip()


def due(step: str) -> date:
    """By when a step that begins today is to be done."""
    today = clock.today()
    return today + timedelta(days=policy.on(today)[DEADLINES[step]])


def record(action: str, batch: TransferBatch, actor: User | None, **more: object) -> AuditEvent:
    """What happened to a batch."""
    return history.record(action, batch, actor=actor, kind=batch.kind, **more)


def _insert(batch: TransferBatch, found: Found) -> None:
    db.session.execute(
        Transfer.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "project_id": line.project_id,
                "batch_id": batch.id,
                "from_unit_id": line.from_unit_id,
                "to_unit_id": line.to_unit_id,
                "indicators": line.indicators,
                "enterprise_service": line.enterprise_service,
                "rule": line.rule,
                "since": line.since,
                "state": "confirming",
                "due_on": batch.due_on,
                "proposed_by_id": batch.drawn_up_by_id,
                "version": 1,
            }
            for line in found.lines
        ],
    )


def _take_out(
    batch: TransferBatch, found: list[Transfer], reason: str, actor: User, state: str = "withdrawn"
) -> None:
    for one in found:
        one.state, one.note = state, reason or one.note
        one.ended_by_id, one.ended_at = actor.id, clock.now()
    # whoever has the list open signs or sends another one now
    flag_modified(batch, "note")
    record("batch.changed", batch, actor, note=reason, taken_out=[one.project.number for one in found])


def touches(units: Collection[int]) -> ColumnElement[bool]:
    """Does one of the units give or receive something in the batch?"""
    return exists().where(
        Transfer.batch_id == TransferBatch.id,
        Transfer.state.in_(("confirming", "confirmed")),
        or_(Transfer.from_unit_id.in_(units), Transfer.to_unit_id.in_(units)),
    )
