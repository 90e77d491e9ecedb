"""Signing a batch of transfers: each unit for itself, one after the other, then the bureau's head; and its way back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.errors import NotAllowed, Refused, Stale
from crm.messages import N_
from crm.models import Job, Transfer, TransferBatch, TransferSignature, User
from crm.permissions import allowed, could
from crm.services import batch_changes, batch_contents, history, jobs, successions
from crm.services.batch_signers import signers
from crm.services.batches import OPEN_BATCHES, chosen, due, locked, record, said, touches
from crm.services.transfer_checks import closed_since, must_not_have_signed

NOT_A_PARTY = N_("只有移交或承接其中项目的单位可以签署或提出意见")
ALTERED = N_("名单里有项目在签署以后情况变了，请商务局退回，重新送签；没有任何项目划转")
CLOSED = N_("%(month)s在签署以后月结，要结转的随之变了，请商务局退回，重新送签；没有任何项目划转")
IN_HAND = N_("已有人确认，正在生效，请等它办完")


def signatures(batch: TransferBatch) -> dict[int, TransferSignature]:
    """Unit id → its signature of the present round: one statement."""
    query = select(TransferSignature).options(joinedload(TransferSignature.user))
    query = query.where(TransferSignature.batch_id == batch.id, TransferSignature.round == batch.round)
    found = db.session.scalars(query.where(TransferSignature.unit_id.is_not(None)))
    return {row.unit_id: row for row in found if row.unit_id is not None}


def waiting_for(user: User) -> list[TransferBatch]:
    """The batches that wait for a person's step, those due first: to be sent, signed or confirmed; one statement, for
    a unit's head, who signs for those that it answers for, too, two.
    """
    query = select(TransferBatch).order_by(TransferBatch.due_on, TransferBatch.id)
    if allowed(user, "batch:confirm"):
        query = query.where(TransferBatch.state == "confirming")
    elif allowed(user, "batch:draw-up"):
        query = query.where(TransferBatch.state == "drafting")
    elif allowed(user, "transfer:sign") and user.unit_id is not None:
        signed = exists().where(
            TransferSignature.batch_id == TransferBatch.id,
            TransferSignature.round == TransferBatch.round,
            TransferSignature.unit_id == user.unit_id,
        )
        mine = touches(successions.acts_for(user.unit_id))
        query = query.where(TransferBatch.state == "signing", mine, ~signed)
    else:
        return []
    return list(db.session.scalars(query.limit(100)))


def sign(number: int, *, version: int, actor: User) -> TransferBatch:
    """Signs a batch for one's unit; with the last signature it waits for the bureau. Raises NotAllowed, Stale, Refused."""
    if not allowed(actor, "transfer:sign"):
        raise NotAllowed()
    batch = locked(number, version, "signing")
    signing, signed = signers(batch), signatures(batch)
    if actor.unit_id is None or actor.unit_id not in signing:
        raise NotAllowed(NOT_A_PARTY)
    if actor.unit_id in signed:
        name = signed[actor.unit_id].user.name
        raise Stale(N_("本单位已由%(name)s签署，没有再做什么"), name=name)
    _refuse_closed(signed, Stale)
    digest = batch_contents.digest(batch)
    if any(one.digest != digest for one in signed.values()):
        raise Stale(ALTERED)
    units = successions.acts_for(actor.unit_id)
    gives = exists().where(
        Transfer.batch_id == batch.id, Transfer.state == "confirming", Transfer.from_unit_id.in_(units)
    )
    side = "giving" if db.session.scalar(select(gives)) else "receiving"
    event = record("batch.signed", batch, actor, unit=actor.unit_id, round=batch.round, digest=digest)
    db.session.add(
        TransferSignature(
            batch_id=batch.id,
            round=batch.round,
            side=side,
            unit_id=actor.unit_id,
            user_id=actor.id,
            digest=digest,
            event_id=event.id,
        )
    )
    if set(signing) <= {*signed, actor.unit_id}:
        batch.state, batch.due_on = "confirming", due("confirming")
    db.session.flush()
    return batch


def go_on() -> None:
    """Batches that nobody has to sign any more wait for the bureau: a unit that had not signed gave way to one that had."""
    history.hold()
    query = select(TransferBatch).where(TransferBatch.state == "signing").order_by(TransferBatch.id)
    for batch in db.session.scalars(query.with_for_update()).all():
        if set(signers(batch)) <= signatures(batch).keys():
            batch.state, batch.due_on = "confirming", due("confirming")
    db.session.flush()


def ask_out(
    number: int, transfer_ids: Collection[int], *, reason: str, version: int, actor: User
) -> TransferBatch:
    """A unit asks for some of its transfers to be taken out: the batch goes back to be drawn up, and what was signed no
    longer counts. The bureau takes them out, or says why not when it sends the list again.

    Raises NotAllowed, Stale and Refused.
    """
    if not allowed(actor, "transfer:sign"):
        raise NotAllowed()
    batch = locked(number, version, "signing")
    if actor.unit_id not in signers(batch):
        raise NotAllowed(NOT_A_PARTY)
    found, note = chosen(batch, transfer_ids), said(reason)
    units = successions.acts_for(actor.unit_id)
    for one in found:
        if units.isdisjoint((one.from_unit_id, one.to_unit_id)):
            raise Refused(N_("只能就本单位移交或承接的项目提出意见"), field="transfers")
        one.note = note
    _back_to_drafting(batch, note)
    numbers = [one.project.number for one in found]
    record("batch.returned", batch, actor, note=note, unit=actor.unit_id, projects=numbers)
    return batch


def send_back(number: int, *, version: int, note: str, actor: User) -> TransferBatch:
    """The bureau has a batch drawn up again that was sent or signed, with a reason; what was signed no longer counts.

    Raises NotAllowed, Stale and Refused.
    """
    if not (allowed(actor, "batch:confirm") or allowed(actor, "batch:draw-up")):
        raise NotAllowed()
    batch = locked(number, version, "signing", "confirming")
    _must_rest(batch)
    reason = said(note, "note")
    _back_to_drafting(batch, reason)
    record("batch.returned", batch, actor, note=reason)
    return batch


def confirm(number: int, *, version: int, actor: User) -> TransferBatch:
    """Has a signed batch put into effect by a job. Raises NotAllowed for who drew it up, Stale where that is asked already,
    and Refused for who signed it for a unit, and where something in it was overtaken, or a month was closed since.
    """
    if not allowed(actor, "batch:confirm"):
        raise NotAllowed()
    batch = locked(number, version, "confirming")
    if actor.id in (batch.drawn_up_by_id, batch.held_by_id):
        raise NotAllowed(N_("自己拟定或接手的批次，须由别人确认"))
    must_not_have_signed(signatures(batch).values(), actor)
    _must_rest(batch)
    refuse_altered(batch)
    payload = {"batch": batch.id, "round": batch.round, "by": actor.id}
    job = jobs.enqueue("batch.confirm", payload=payload, key=job_key(batch), actor=actor, subject=batch)
    batch.job_id = job.id
    db.session.flush()
    return batch


def job_key(batch: TransferBatch) -> str:
    """The key of the job that puts a batch into effect: one at a time."""
    return f"batch.confirm:{batch.id}"


def open_of(person: User) -> int:
    """How many open batches a person looks after: what has to pass to somebody when they leave."""
    query = select(func.count()).where(
        TransferBatch.held_by_id == person.id, TransferBatch.state.in_(OPEN_BATCHES)
    )
    return db.session.scalar(query) or 0


def pass_on(person: User, to: User, *, actor: User | None) -> int:
    """Has somebody else look after a person's open batches; returns how many. Raises Refused where they may not."""
    if not could(to, "batch:draw-up"):
        raise Refused(N_("%(name)s不能拟定划转批次，不能接手"), field="to", name=to.name)
    history.hold()
    query = select(TransferBatch).where(
        TransferBatch.held_by_id == person.id, TransferBatch.state.in_(OPEN_BATCHES)
    )
    found = list(db.session.scalars(query.order_by(TransferBatch.id).with_for_update()))
    for batch in found:
        batch.held_by_id = to.id
        record("batch.passed_on", batch, actor, before=person.login, after=to.login)
    return len(found)


def job_of(batch: TransferBatch) -> Job | None:
    """The job that puts a batch into effect, or tried to; none where nobody confirmed it, or it is not kept any more."""
    return db.session.get(Job, batch.job_id) if batch.job_id is not None else None


def refuse_altered(batch: TransferBatch) -> str:
    """The digest of a batch's list as every unit signed it. Raises Refused where something in it was overtaken, or a month
    was closed since.
    """
    batch_changes.refuse(batch)
    digest = batch_contents.digest(batch)
    signed = signatures(batch)
    _refuse_closed(signed, Refused)
    if not signed or any(one.digest != digest for one in signed.values()):
        raise Refused(ALTERED)
    return digest


def _refuse_closed(signed: Mapping[int, TransferSignature], refusal: type[Refused | Stale]) -> None:
    """What a batch carries over depends on the last closed month: each unit has to have seen it as it is."""
    month = closed_since(signed.values())
    if month is not None:
        raise refusal(CLOSED, month=month)


def _must_rest(batch: TransferBatch) -> None:
    if jobs.open_with_key(job_key(batch)) is not None:
        raise Stale(IN_HAND)


def _back_to_drafting(batch: TransferBatch, note: str) -> None:
    batch.state, batch.note, batch.due_on = "drafting", note, due("drafting")
    batch.round += 1
    batch.job_id = None
    db.session.flush()
