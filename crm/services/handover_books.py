"""The first lines of a handover list: what the books hold of a project and of the lead it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select

from crm.db import db
from crm.messages import N_
from crm.models import (
    HANDOVER_SECTIONS,
    Attachment,
    Contact,
    Lead,
    ProjectReport,
    Transfer,
    TransferFile,
    TransferItem,
)

TOTAL_INVESTMENT = N_("总投资")
"""The text of the line that gives it: a message, worded where it is shown, for its source begins with `fact:`."""

LONGEST = 200
"""Characters of a report that the list repeats; all of it stands with the project."""


def lines(transfer: Transfer, files: Sequence[Attachment]) -> list[TransferItem]:
    """What the books hold, and a line to be filled in for each section of which they hold nothing: three statements.

    Of a contact name and position alone, never the telephone.
    """
    lead = db.session.scalar(select(Lead).where(Lead.project_id == transfer.project_id))
    made: list[TransferItem] = []

    def add(section: str, text: str, state: str, source: str = "") -> TransferItem:
        position = sum(item.section == section for item in made) + 1
        item = TransferItem(
            transfer_id=transfer.id, section=section, position=position, text=text, state=state, source=source
        )
        made.append(item)
        return item

    for file in reversed(files):
        item = add("documents", file.title, "ready", f"attachment:{file.id}")
        item.files.append(TransferFile(attachment_id=file.id))
    for report in _reports(transfer):
        add("documents", _shortened(report.text), "ready", f"report:{report.id}")
    for contact in _contacts(transfer, lead):
        position = " ".join(contact.position.split())
        add(
            "contacts",
            f"{contact.name}（{position}）" if position else contact.name,
            "ready",
            f"contact:{contact.id}",
        )
    if transfer.project.total_investment_fen is not None:
        item = add("money", TOTAL_INVESTMENT, "ready", "fact:total_investment_fen")
        item.amount_fen = transfer.project.total_investment_fen
    if lead is not None and lead.next_step:
        item = add("tasks", lead.next_step, "open", f"lead:{lead.id}")
        item.due_on = lead.next_step_on
    for section in HANDOVER_SECTIONS:
        if not any(item.section == section for item in made):
            add(section, "", "missing")
    return made


def _reports(transfer: Transfer) -> Iterator[ProjectReport]:
    query = select(ProjectReport).where(ProjectReport.project_id == transfer.project_id)
    yield from db.session.scalars(query.order_by(ProjectReport.position))


def _contacts(transfer: Transfer, lead: Lead | None) -> Iterator[Contact]:
    project = transfer.project
    of = []
    if lead is not None:
        of.append(Contact.lead_id == lead.id)
    if project.enterprise_id is not None:
        of.append(Contact.enterprise_id == project.enterprise_id)
    if of:
        query = select(Contact).where(or_(*of), ~Contact.removed)
        yield from db.session.scalars(query.order_by(Contact.id))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
