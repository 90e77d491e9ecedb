"""What stands against a step of a transfer: who may not take it, what came in between, which day is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import select

from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import AuditEvent, Project, Transfer, TransferSignature, User
from crm.periods import Month
from crm.permissions import allowed
from crm.services import handover, history, holdings, months, successions
from crm.services.transfer_overtaking import ground_of, grounds_of

LONGEST = 1_000
"""Characters of a reason, of a remark, of a note."""

NOT_FOUND = N_("没有编号为%(number)s的划转")
IN_BATCH = N_("该项目在划转批次中办理，不能单独办理")
OVERTAKEN = N_("事实已经变化，应划转的内容与这次划转不再一致：没有再做什么，这次划转将终止")
OTHER_GROUND = N_("事实已经变化，应划转的日期、依据或职责与清单上的不同：没有再做什么，清单将按新的重新签字")
SIGNED_ALREADY = N_("您已代表单位签字，须由商务局的其他人确认")
CHANGED_LIST = N_("移交清单在签字以后有改动，须退回移交单位重新签字")
CLOSED = N_("%(month)s在签字以后月结，要结转的随之变了：请退回移交单位重新签字，没有再做什么")

DONE = {
    "confirmed": N_("这次划转已由%(name)s确认，没有再做什么"),
    "withdrawn": N_("这次划转已由%(name)s撤回，没有再做什么"),
    "declined": N_("这次划转已由%(name)s答复不同意，没有再做什么"),
    "overtaken": N_("事实已经变化，这次划转已终止，没有再做什么"),
}
"""What whoever comes second is told where the transfer ended meanwhile."""

AT = {
    "filling": N_("移交清单在移交单位填写，没有再做什么"),
    "signing": N_("移交清单在承接单位签字，没有再做什么"),
    "confirming": N_("双方已经签字，在商务局确认，没有再做什么"),
}
"""What whoever comes second is told where the transfer is at another step."""


def locked(number: int) -> Transfer:
    """The transfer as it stands, kept from others until the transaction ends; raises NotFound."""
    history.hold()
    query = select(Transfer).where(Transfer.id == number).with_for_update(of=Transfer)
    transfer = db.session.scalar(query.execution_options(populate_existing=True))
    if transfer is None:
        raise NotFound(NOT_FOUND, number=number)
    return transfer


def must_be_of(unit_id: int, actor: User, permission: str, message: str) -> None:
    """Raises NotAllowed unless the person has the permission and is of the unit, or of the one that acts for it."""
    if not allowed(actor, permission):
        raise NotAllowed()
    if unit_id not in successions.acts_for(actor.unit_id):
        raise NotAllowed(message)


def must_be_at(transfer: Transfer, steps: Sequence[str], version: int) -> None:
    """Raises Stale unless the transfer is at one of the steps, as the person read it, and Refused for one of a batch."""
    if transfer.state in DONE:
        raise Stale(DONE[transfer.state], name=transfer.ended_by.name if transfer.ended_by else "")
    if transfer.batch_id is not None:
        raise Refused(IN_BATCH)
    if transfer.state not in steps:
        raise Stale(AT[transfer.state])
    if transfer.version != version:
        raise Stale()


def must_be_due(transfer: Transfer) -> None:
    """Raises Stale unless it is due between these units, since the day and by the rule that it says.

    Keeps the project from others until the transaction ends.
    """
    lock_project(transfer.project_id)
    ground = grounds_of([transfer])[transfer.id]
    if ground != ground_of(transfer):
        raise Stale(OTHER_GROUND if ground else OVERTAKEN)


def lock_project(project_id: int) -> Project:
    """The project, kept from others until the transaction ends; raises NotFound. Called after `history.hold`."""
    query = select(Project).where(Project.id == project_id).with_for_update(of=Project)
    project = db.session.scalar(query.execution_options(populate_existing=True))
    if project is None:
        raise NotFound(N_("没有这个项目"))
    return project


def said(note: str, missing: str) -> str:
    """A note that has to be there, trimmed. Raises Refused where it is empty or too long."""
    text = note.strip()
    if not text:
        raise Refused(missing, field="note")
    if len(text) > LONGEST:
        raise Refused(N_("最多%(most)s个字"), field="note", most=LONGEST)
    return text


def effective_day(transfer: Transfer, shown: date | None) -> date:
    """The day from which the receiving unit holds, by the books as they are now.

    `shown` is the day that whoever confirms was told. Raises Refused for a day on or before the last closed one or before
    the project began, and Stale where the books give another by now.
    """
    day = holdings.effective_day(transfer.since)
    must_be_open(transfer.project_id, day if shown is None else shown)
    if shown is not None and shown != day:
        raise Stale(N_("生效日已变为%(day)s，请核对后再确认"), field="day", day=day.isoformat())
    return day


def must_be_open(project_id: int, day: date) -> None:
    """Raises Refused where a holding that begins on the day would change a closed month, or be older than the project."""
    closed = months.last_closed_day()
    if closed is not None and day <= closed:
        message = N_("%(day)s所在月份已月结，划转最早从%(first)s起生效")
        first = (closed + timedelta(days=1)).isoformat()
        raise Refused(message, field="day", day=day.isoformat(), first=first)
    rows = holdings.rows_of([project_id])[project_id]
    began = next((since for since, *held in rows if held[0] is not None), None)
    if began is None or day < began:
        raise Refused(N_("%(day)s项目还没有开始，不能生效"), field="day", day=day.isoformat())


def add_signature(transfer: Transfer, side: str, digest: str, event: AuditEvent, actor: User) -> None:
    """Somebody signs the list as it stands for a side, in the present round: for the own unit, or one it acts for."""
    db.session.add(
        TransferSignature(
            transfer_id=transfer.id,
            round=transfer.round,
            side=side,
            unit_id=None if side == "bureau" else actor.unit_id,
            user_id=actor.id,
            digest=digest,
            recorded_at=event.at,
            event_id=event.id,
        )
    )
    db.session.flush()


def signatures(transfer: Transfer) -> dict[str, TransferSignature]:
    """Side → its signature of the present round: one statement."""
    query = select(TransferSignature).where(
        TransferSignature.transfer_id == transfer.id, TransferSignature.round == transfer.round
    )
    return {one.side: one for one in db.session.scalars(query)}


def must_not_have_signed(found: Iterable[TransferSignature], actor: User) -> None:
    """Raises Refused where whoever is to confirm signed for a unit, in another post."""
    if any(one.user_id == actor.id for one in found):
        raise Refused(SIGNED_ALREADY)


def closed_since(found: Iterable[TransferSignature]) -> str | None:
    """The last month that was closed after the first of these signatures; none where none was: at most one statement."""
    since = [one.event_id for one in found if one.event_id is not None]
    return months.closed_since(min(since)) if since else None


def must_be_open_since_signed(transfer: Transfer, found: Iterable[TransferSignature]) -> None:
    """Raises Refused where a month that it carries over was closed after it was signed: each unit has to have seen that."""
    month = closed_since(found)
    if month is not None and transfer.since <= Month.parse(month).last:
        raise Refused(CLOSED, month=month)


def must_be_as_signed(
    transfer: Transfer, found: Mapping[str, TransferSignature], sides: Sequence[str]
) -> str:
    """The list's digest; raises Stale unless each side signed this very list, as its signatures of the present round say."""
    digest = handover.digest(transfer)
    if any(side not in found or found[side].digest != digest for side in sides):
        raise Stale(CHANGED_LIST)
    return digest
