"""移交清单: what the giving unit hands over with a project, section by section, until both units have signed it.

A section may be empty only where an item says that there is nothing of the kind. The list is changed by the giving unit
while the transfer is being filled in, and by nobody else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import (
    HANDOVER_SECTIONS,
    Attachment,
    Transfer,
    TransferFile,
    TransferItem,
    User,
)
from crm.permissions import allowed
from crm.services import handover_books, history, successions
from crm.services.handover_entry import NOTHING, Entry, attachable, checked

MOST = 200
"""Items of one list."""

SECTION_NAMES = {
    "documents": N_("资料"),
    "contacts": N_("联系人"),
    "problems": N_("遗留问题"),
    "promises": N_("已作承诺"),
    "policy_owed": N_("应兑现政策"),
    "money": N_("资金情况"),
    "tasks": N_("待办事项"),
}
"""What each section of the list is called."""

UNSAID = N_("“%(section)s”还没有内容：请填写，或选“没有”")
BOTH = N_("“%(section)s”既有内容又写“没有”：请删去其一")
UNANSWERED = N_("“%(section)s”第%(place)s项有承接单位的意见，请先答复")
FILLING_ONLY = N_("清单已送出，不能再改；需要修改时请承接单位退回")
GIVING_ONLY = N_("移交清单由移交单位填写")


def items(transfer: Transfer) -> list[TransferItem]:
    """The lines of a list in order, with their files; those that were taken out are left out: two statements."""
    query = select(TransferItem).where(TransferItem.transfer_id == transfer.id, ~TransferItem.removed)
    found = db.session.scalars(query.options(selectinload(TransferItem.files)))
    return sorted(
        found, key=lambda item: (HANDOVER_SECTIONS.index(item.section), item.position, item.id or 0)
    )


def fill_from_books(transfer: Transfer) -> int:
    """Begins a transfer's list with what the books hold; a section of which they hold nothing gets a line to be filled in.

    Returns how many lines there are.
    """
    made = handover_books.lines(transfer, attachable(transfer))
    db.session.add_all(made)
    db.session.flush()
    return len(made)


def set_item(number: int, entry: Entry, *, version: int, actor: User) -> TransferItem:
    """Changes a line as the giving unit says, its section excepted.

    Raises NotFound, NotAllowed, Stale where it was not read as it stands, Refused where the list was sent already, and
    Refusals with every mistake.
    """
    item, transfer = _locked(number, actor)
    if item.version != version:
        raise Stale()
    found = checked(transfer, entry, item)
    if item.text != found.text:
        # from now on it says what somebody wrote
        item.source = ""
    item.text, item.state = found.text, found.state
    item.amount_fen, item.due_on, item.answer = found.amount_fen, found.due_on, found.answer
    _put_files(item, found.files)
    # so that whoever read it before its files changed is told
    item.version = item.version + 1
    _record("transfer.item_set", transfer, item, actor)
    return item


def add_item(number: int, entry: Entry, *, actor: User) -> TransferItem:
    """Adds a line to a transfer's list; the line of its section that was still to be filled in gives way.

    Raises NotFound, NotAllowed, Refused where the list was sent or is full, and Refusals with every mistake.
    """
    transfer = _locked_transfer(number, actor)
    there = items(transfer)
    if len(there) >= MOST:
        raise Refused(N_("一份清单最多%(most)s项"), field="text", most=MOST)
    found = checked(transfer, entry, None)
    of_section = [item for item in there if item.section == found.section]
    if any((item.text, item.state) == (found.text, found.state) for item in of_section):
        raise Refused(N_("这一项清单里已经有了，没有重复添加"), field="text")
    for item in of_section:
        if not item.text and item.state != NOTHING and not item.remark:
            item.removed = True
    last = select(func.max(TransferItem.position)).where(
        TransferItem.transfer_id == transfer.id, TransferItem.section == found.section
    )
    item = TransferItem(
        transfer_id=transfer.id,
        section=found.section,
        position=(db.session.scalar(last) or 0) + 1,
        text=found.text,
        state=found.state,
        amount_fen=found.amount_fen,
        due_on=found.due_on,
    )
    db.session.add(item)
    db.session.flush()
    _put_files(item, found.files)
    _record("transfer.item_set", transfer, item, actor)
    return item


def remove_item(number: int, *, version: int, actor: User) -> TransferItem:
    """Takes a line out of the list. Raises NotFound, NotAllowed, Stale, and Refused where the list was sent already."""
    item, transfer = _locked(number, actor)
    if item.version != version:
        raise Stale()
    item.removed = True
    _record("transfer.item_removed", transfer, item, actor)
    return item


def lacking(transfer: Transfer) -> list[Refused]:
    """Everything that stands against sending the list, each with the section or the item (`item-12`) it concerns."""
    return lacking_of(items(transfer))


def lacking_of(there: Sequence[TransferItem]) -> list[Refused]:
    """The same of a list that was read already."""
    found: list[Refused] = []
    for section, name in SECTION_NAMES.items():
        lines = [item for item in there if item.section == section]
        unsaid = [item for item in lines if not item.text and item.state != NOTHING]
        nothing = [item for item in lines if item.state == NOTHING]
        if not lines or unsaid:
            found.append(Refused(UNSAID, field=f"section-{section}", section=name))
        elif nothing and len(lines) > 1:
            found.append(Refused(BOTH, field=f"section-{section}", section=name))
        for place, item in enumerate(lines, 1):
            if item.remark and not item.answer:
                found.append(Refused(UNANSWERED, field=f"item-{item.id}", section=name, place=place))
    return found


def digest(transfer: Transfer) -> str:
    """The SHA-256 of the list as it stands, in hexadecimal: of what is transferred, why, and every line with its files."""
    there = items(transfer)
    keys = [file.attachment_id for item in there for file in item.files]
    query = select(Attachment).where(Attachment.id.in_(keys)).options(selectinload(Attachment.versions))
    files = {one.id: one.newest.sha256 for one in db.session.scalars(query)} if keys else {}
    content: dict[str, Any] = {
        "project": transfer.project_id,
        "from": transfer.from_unit_id,
        "to": transfer.to_unit_id,
        "duties": list(transfer.duties),
        "since": transfer.since.isoformat(),
        "rule": transfer.rule,
        "items": [
            {
                "section": item.section,
                "text": item.text,
                "state": item.state,
                "source": item.source,
                "amount_fen": item.amount_fen,
                "due_on": item.due_on.isoformat() if item.due_on else None,
                "remark": item.remark,
                "answer": item.answer,
                "files": [[file.attachment_id, files[file.attachment_id]] for file in item.files],
            }
            for item in there
        ],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(number: int, actor: User) -> tuple[TransferItem, Transfer]:
    history.hold()
    of = db.session.scalar(select(TransferItem.transfer_id).where(TransferItem.id == number))
    if of is None:
        raise NotFound(N_("清单里没有这一项"))
    transfer = _locked_transfer(of, actor)
    query = select(TransferItem).where(TransferItem.id == number).with_for_update()
    item = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if item.removed:
        raise Stale(N_("这一项已经删去，没有再做什么"))
    return item, transfer


def _locked_transfer(number: int, actor: User) -> Transfer:
    """The transfer, for somebody who may fill in its list now."""
    history.hold()
    query = select(Transfer).where(Transfer.id == number).with_for_update()
    transfer = db.session.scalar(query.execution_options(populate_existing=True))
    if transfer is None:
        raise NotFound(N_("没有编号为%(number)s的划转"), number=number)
    if not allowed(actor, "transfer:fill") or transfer.from_unit_id not in successions.acts_for(
        actor.unit_id
    ):
        raise NotAllowed(GIVING_ONLY)
    if transfer.state != "filling" or transfer.batch_id is not None:
        raise Refused(FILLING_ONLY)
    return transfer


def _put_files(item: TransferItem, wanted: Sequence[int]) -> None:
    there = {file.attachment_id: file for file in item.files}
    for key in there.keys() - set(wanted):
        item.files.remove(there[key])
        db.session.delete(there[key])
    for key in sorted(set(wanted) - there.keys()):
        item.files.append(TransferFile(item_id=item.id, attachment_id=key))


def _record(action: str, transfer: Transfer, item: TransferItem, actor: User) -> None:
    # whoever signs signs the list that was read: a changed list is another version of the transfer
    transfer.version = transfer.version + 1
    db.session.flush()
    history.record(action, transfer, actor=actor, section=item.section, item=item.id, text=item.text)
