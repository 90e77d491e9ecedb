"""Which steps of a transfer a person may take as it stands: what its page offers; the verbs judge again for themselves."""

from __future__ import annotations

from sqlalchemy import select

from crm.db import db
from crm.grants import UNITS
from crm.models import Transfer, User
from crm.permissions import allowed, transfers_read_by

STEPS = ("fill", "send", "sign", "back", "confirm", "decline", "withdraw", "take_up")
"""Everything that can be done about an open transfer."""


def steps(transfer: Transfer, user: User) -> frozenset[str]:
    """Those that the person may take now; none where it has ended or a batch settles it. Asks the database nothing."""
    if not transfer.is_open or transfer.batch_id is not None:
        return frozenset()
    found: set[str] = set()
    fills, signs = allowed(user, "transfer:fill"), allowed(user, "transfer:sign")
    gives = user.unit_id == transfer.from_unit_id
    gets = user.unit_id == transfer.to_unit_id
    if transfer.state == "filling" and gives:
        found |= {"fill"} if fills else set()
        found |= {"send", "decline"} if signs else set()
    if transfer.state == "signing" and gets:
        found |= {"back"} if fills else set()
        found |= {"sign", "decline"} if signs else set()
    if transfer.state == "confirming" and allowed(user, "transfer:confirm"):
        found |= {"back"} if transfer.proposed_by_id == user.id else {"back", "confirm"}
    own = transfer.proposed_by_id == user.id and allowed(user, "transfer:propose")
    if own or allowed(user, "transfer:confirm"):
        found.add("withdraw")
    if fills and ((gives and transfer.giver_id != user.id) or (gets and transfer.receiver_id != user.id)):
        found.add("take_up")
    return frozenset(found)


def is_party(transfer: Transfer, user: User) -> bool:
    """Is the person of one of its units, of the bureau, or a leader? Others see from whom to whom, and how far it is."""
    if user.role not in UNITS:
        return allowed(user, "transfer:read")
    return user.unit_id in (transfer.from_unit_id, transfer.to_unit_id)


def reads_list(transfer: Transfer, user: User) -> bool:
    """May the person read the handover list? As `permissions.transfers_read_by`: one statement."""
    query = select(Transfer.id).where(Transfer.id == transfer.id, transfers_read_by(user))
    return db.session.scalar(query) is not None
