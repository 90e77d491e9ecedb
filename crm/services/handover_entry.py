"""A line of a handover list as somebody writes it: read, checked, every mistake told at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm import money
from crm.db import db
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import HANDOVER_SECTIONS, ITEM_STATES, Attachment, Lead, Transfer, TransferItem
from crm.periods import parse_day

LONGEST = 500
"""Characters of an item, and of an answer."""

NOTHING = "nothing"
"""The state of an item that says that there is nothing of the kind."""


@dataclass(frozen=True)
class Entry:
    """What somebody writes into a line of the list, as it was typed: the amount in 万元, the day as YYYY-MM-DD."""

    section: str
    text: str
    state: str
    amount: str = ""
    due_on: str = ""
    answer: str = ""
    files: Sequence[int] = ()
    """Attachments of the project, of its lead or of the transfer."""


@dataclass(frozen=True)
class Checked:
    """The same once it was read."""

    section: str
    text: str
    state: str
    amount_fen: int | None
    due_on: date | None
    answer: str
    files: tuple[int, ...]


def attachable(transfer: Transfer) -> list[Attachment]:
    """The files that a line may name: the transfer's own, the project's and its lead's, newest first: one statement."""
    lead = select(Lead.id).where(Lead.project_id == transfer.project_id).scalar_subquery()
    of = (
        (Attachment.subject_type == "transfers") & (Attachment.subject_id == transfer.id)
        | (Attachment.subject_type == "projects") & (Attachment.subject_id == transfer.project_id)
        | (Attachment.subject_type == "leads") & (Attachment.subject_id == lead)
    )
    query = select(Attachment).where(of, ~Attachment.removed).options(joinedload(Attachment.versions))
    return list(db.session.scalars(query.order_by(Attachment.id.desc())).unique())


def checked(transfer: Transfer, entry: Entry, item: TransferItem | None) -> Checked:
    """An entry as it would be kept, in the section of `item` where there is one. Raises Refusals with every mistake."""
    wrong: list[Refused] = []
    text, answer, amount, day = (
        part.strip() for part in (entry.text, entry.answer, entry.amount, entry.due_on)
    )
    section = item.section if item else entry.section
    if section not in HANDOVER_SECTIONS:
        wrong.append(Refused(N_("请选择清单的一部分"), field="section"))
    if entry.state not in ITEM_STATES:
        wrong.append(Refused(N_("请选择状态"), field="state"))
    if not text and entry.state != NOTHING:
        wrong.append(Refused(N_("请写明内容；没有的请选“没有”"), field="text"))
    for name, written in (("text", text), ("answer", answer)):
        if len(written) > LONGEST:
            wrong.append(Refused(N_("最多%(most)s个字"), field=name, most=LONGEST))
    fen, due = None, None
    try:
        fen = money.fen_from_wan(amount.replace(",", "")) if amount else None
    except ValueError:
        wrong.append(Refused(N_("金额应是不小于0的数，以万元计，如125.5"), field="amount"))
    try:
        due = parse_day(day) if day else None
    except ValueError:
        wrong.append(Refused(N_("日期应写成2021-06-03的样子"), field="due_on"))
    known = {one.id for one in attachable(transfer)} if entry.files else set()
    if not set(entry.files) <= known:
        wrong.append(Refused(N_("只能选这个项目、其线索或这次划转的附件"), field="files"))
    if wrong:
        raise Refusals(wrong)
    return Checked(section, text, entry.state, fen, due, answer, tuple(sorted(set(entry.files))))
