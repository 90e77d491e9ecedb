"""划转: proposed, its list filled in and signed by the giving unit, signed by the receiving one, confirmed by the bureau.

Only the confirmation changes who holds a project. Every step is taken once, by whoever it waits for, and only while the
giving unit still holds and the receiving unit is still entitled: else it raises Stale, see `transfer_overtaking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused
from crm.grants import UNITS
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, AuditEvent, Project, Transfer, User
from crm.permissions import allowed
from crm.services import (
    carry_overs,
    handover,
    history,
    holdings,
    standing,
    successions,
    transfer_people,
    transfer_rights,
)
from crm.services import transfer_proposing as proposing
from crm.services.holdings import Move
from crm.services.transfer_checks import (
    LONGEST,
    NOT_FOUND,
    add_signature,
    effective_day,
    lock_project,
    locked,
    must_be_as_signed,
    must_be_at,
    must_be_due,
    must_be_of,
    must_be_open_since_signed,
    must_not_have_signed,
    said,
    signatures,
)
from crm.services.transfer_deadlines import due_on
from crm.services.transfer_overtaking import overtake as overtake

RECEIVING_ONLY = N_("只有承接单位可以这样做")
HEAD_SIGNS = N_("移交清单只能由本单位负责人签字")


def by_id(number: int, user: User) -> Transfer:
    """One transfer with its project, units and people; raises NotFound."""
    query = select(Transfer).where(Transfer.id == number)
    names = (Transfer.project, Transfer.from_unit, Transfer.to_unit, Transfer.proposed_by, Transfer.giver)
    more = (Transfer.receiver, Transfer.ended_by, Transfer.batch)
    query = query.options(*(joinedload(name) for name in (*names, *more)))
    found = db.session.scalar(query) if allowed(user, "transfer:read") else None
    if found is None:
        raise NotFound(NOT_FOUND, number=number)
    return found


def open_of(project: Project) -> Transfer | None:
    """The open transfer of a project, in a batch or by itself; none where none is: one statement."""
    return proposing.open_of(project.id)


def propose(project_id: int, *, reason: str, actor: User | None, from_unit_id: int | None = None) -> Transfer:
    """Proposes what of a project is due; nobody as `actor` is the system.

    Where the duties are parted `from_unit_id` says whose; else those of the actor's unit come first. Its list is filled
    in as far as the books can. Raises NotFound, NotAllowed, and Refused where nothing is due, where one is open already,
    and for a reason that is too long.
    """
    if actor is not None and not allowed(actor, "transfer:propose"):
        raise NotAllowed()
    if len(reason) > LONGEST:
        raise Refused(N_("最多%(most)s个字"), field="reason", most=LONGEST)
    history.hold()
    project = lock_project(project_id)
    overtake([project.id], actor=actor)
    due = proposing.chosen(project, actor, from_unit_id)
    made = proposing.add(project, due, reason.strip(), actor)
    handover.fill_from_books(made)
    _record("transfer.proposed", made, actor, since=made.since, rule=made.rule, reason=made.reason)
    return made


def take_up(number: int, *, version: int, actor: User) -> Transfer:
    """The actor looks after it for the own unit, or one it acts for, from now on. Raises NotAllowed, Stale, and Refused for who does already."""
    transfer = locked(number)
    if not allowed(actor, "transfer:fill"):
        raise NotAllowed()
    must_be_at(transfer, OPEN_TRANSFERS, version)
    sides = transfer_people.sides(transfer, successions.acts_for(actor.unit_id))
    if not sides:
        raise NotAllowed(N_("只有移交单位和承接单位的人可以承办"))
    side = {"giving": "giver_id", "receiving": "receiver_id"}[sides[0]]
    if getattr(transfer, side) == actor.id:
        raise Refused(N_("您已经是承办人"))
    setattr(transfer, side, actor.id)
    _record("transfer.taken_up", transfer, actor)
    return transfer


def send(number: int, *, version: int, actor: User) -> Transfer:
    """The giving unit's head signs the list, and it goes to the receiving unit.

    Raises NotAllowed, Stale, and Refusals with everything that the list still lacks.
    """
    transfer = locked(number)
    _must_sign_for(transfer.from_unit_id, actor)
    must_be_at(transfer, ("filling",), version)
    must_be_due(transfer)
    lacking = handover.lacking(transfer)
    if lacking:
        raise Refusals(lacking)
    transfer.state, transfer.due_on = "signing", due_on("signing")
    transfer.giver_id = transfer.giver_id or actor.id
    digest = handover.digest(transfer)
    event = _record("transfer.filled", transfer, actor, round=transfer.round, list=digest)
    add_signature(transfer, "giving", digest, event, actor)
    return transfer


def send_back(number: int, *, version: int, remarks: Mapping[int, str], note: str, actor: User) -> Transfer:
    """The list goes back to the giving unit: from the receiving one point by point (item id → what is said against it),
    from the bureau with a note. What was signed before no longer counts.

    Raises NotAllowed, Stale, and Refused where nothing is said or a remark is about no line of the list.
    """
    transfer = locked(number)
    if actor.role in UNITS:
        must_be_of(transfer.to_unit_id, actor, "transfer:fill", RECEIVING_ONLY)
        must_be_at(transfer, ("signing",), version)
    elif allowed(actor, "transfer:confirm"):
        must_be_at(transfer, ("confirming",), version)
        note = said(note, N_("请写明退回的理由"))
    else:
        raise NotAllowed()
    must_be_due(transfer)
    told = {item: text.strip() for item, text in remarks.items() if text.strip()}
    if not told and not note.strip():
        raise Refused(N_("请逐项写明意见，或写明退回的理由"), field="note")
    lines = {item.id: item for item in handover.items(transfer)}
    refused = [
        Refused(N_("清单中没有这一项，请刷新后重试"), field=f"remark_{item}")
        for item in told
        if item not in lines
    ]
    refused += [
        Refused(N_("最多%(most)s个字"), field=field, most=LONGEST)
        for field, text in (("note", note), *((f"remark_{item}", text) for item, text in told.items()))
        if len(text) > LONGEST
    ]
    if refused:
        raise Refusals(refused)
    for item, text in told.items():
        lines[item].remark, lines[item].answer = text, ""
    transfer.state, transfer.due_on = "filling", due_on("filling")
    transfer.round += 1
    transfer.note = note.strip()
    _record(
        "transfer.returned",
        transfer,
        actor,
        round=transfer.round,
        note=transfer.note,
        remarks={str(item): text for item, text in told.items()},
    )
    return transfer


def sign(number: int, *, version: int, actor: User) -> Transfer:
    """The receiving unit's head signs the list that the giving unit signed; the bureau confirms next.

    Raises NotAllowed, Stale, and Refused where it carries over another month than the giving unit saw when it signed.
    """
    transfer = locked(number)
    _must_sign_for(transfer.to_unit_id, actor)
    must_be_at(transfer, ("signing",), version)
    must_be_due(transfer)
    signed = signatures(transfer)
    digest = must_be_as_signed(transfer, signed, ("giving",))
    must_be_open_since_signed(transfer, signed.values())
    transfer.state, transfer.due_on = "confirming", due_on("confirming")
    transfer.receiver_id = transfer.receiver_id or actor.id
    event = _record("transfer.signed", transfer, actor, round=transfer.round, list=digest)
    add_signature(transfer, "receiving", digest, event, actor)
    return transfer


def confirm(number: int, *, version: int, actor: User, day: date | None = None) -> Transfer:
    """The bureau confirms: from the effective day on the receiving unit holds, and what that moves for closed months is
    carried over. `day` is the effective day that the person was shown.

    Raises NotAllowed for who proposed it, Stale, and Refused for who signed for a unit, where the day shown lies in a closed
    month or before the project began, and where another month is carried over than the units saw when they signed.
    """
    transfer = locked(number)
    if not allowed(actor, "transfer:confirm"):
        raise NotAllowed()
    if transfer.proposed_by_id == actor.id:
        raise NotAllowed(N_("自己提出的划转，须由商务局的其他人确认"))
    must_be_at(transfer, ("confirming",), version)
    must_be_due(transfer)
    signed = signatures(transfer)
    digest = must_be_as_signed(transfer, signed, ("giving", "receiving"))
    must_not_have_signed(signed.values(), actor)
    from_day = effective_day(transfer, day)
    must_be_open_since_signed(transfer, signed.values())
    transfer.effective_day = from_day
    _end(transfer, "confirmed", "", actor)
    event = _record(
        "transfer.confirmed",
        transfer,
        actor,
        duties=list(transfer.duties),
        rule=transfer.rule,
        since=transfer.since,
        effective_day=from_day,
        list=digest,
    )
    add_signature(transfer, "bureau", digest, event, actor)
    to = dict.fromkeys(transfer.duties, transfer.to_unit_id)
    move = Move(
        transfer.project_id, from_day, to.get("indicators"), to.get("enterprise_service"), transfer.id
    )
    holdings.pass_on([move], event)
    carry_overs.book([transfer], event)
    standing.refresh([transfer.project_id])
    return transfer


def decline(number: int, *, version: int, note: str, actor: User) -> Transfer:
    """Ends it without effect, with a reason: the giving unit's head while the list is filled in, the receiving unit's
    while it is to be signed. What was due stays due. Raises NotAllowed, Stale, and Refused without a reason.
    """
    transfer = locked(number)
    if not allowed(actor, "transfer:sign"):
        raise NotAllowed(N_("是否同意划转，由本单位负责人答复"))
    steps = {"giving": "filling", "receiving": "signing"}
    sides = transfer_people.sides(transfer, successions.acts_for(actor.unit_id))
    if not sides:
        raise NotAllowed(N_("只有移交单位和承接单位可以不同意"))
    must_be_at(transfer, [steps[side] for side in sides], version)
    _end(transfer, "declined", said(note, N_("请写明不同意的理由")), actor)
    _record("transfer.declined", transfer, actor, note=transfer.note)
    return transfer


def withdraw(number: int, *, version: int, note: str, actor: User) -> Transfer:
    """Ends it without effect, with a reason: whoever proposed it and is of its units still, or the bureau.

    Raises NotAllowed, Stale and Refused.
    """
    transfer = locked(number)
    if not allowed(actor, "transfer:propose"):
        raise NotAllowed()
    own = transfer_rights.withdraws_own(transfer, actor, successions.acts_for(actor.unit_id))
    if not own and not allowed(actor, "transfer:confirm"):
        raise NotAllowed(N_("只有提出划转的人（仍在移交或承接单位）和商务局可以撤回"))
    must_be_at(transfer, OPEN_TRANSFERS, version)
    _end(transfer, "withdrawn", said(note, N_("请写明撤回的理由")), actor)
    _record("transfer.withdrawn", transfer, actor, note=transfer.note)
    return transfer


def _must_sign_for(unit_id: int, actor: User) -> None:
    if allowed(actor, "transfer:fill") and not allowed(actor, "transfer:sign"):
        raise NotAllowed(HEAD_SIGNS)
    must_be_of(unit_id, actor, "transfer:sign", N_("只能为本单位签字"))


def _end(transfer: Transfer, state: str, note: str, actor: User) -> None:
    transfer.state = state
    transfer.note = note
    transfer.ended_by_id = actor.id
    transfer.ended_at = clock.now()


def _record(action: str, transfer: Transfer, actor: User | None, **more: object) -> AuditEvent:
    db.session.flush()
    return history.record(
        action,
        transfer,
        actor=actor,
        number=transfer.project.number,
        from_unit=transfer.from_unit.code,
        to_unit=transfer.to_unit.code,
        **more,
    )
