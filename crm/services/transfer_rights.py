"""Which steps of a transfer a person may take as it stands: what its page offers; the verbs judge again for themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select

from crm.db import db
from crm.grants import UNITS
from crm.models import Transfer, User
from crm.permissions import allowed, transfers_read_by, units_read_for
from crm.services import transfer_people

STEPS = ("fill", "send", "sign", "back", "confirm", "decline", "withdraw", "take_up")
"""Everything that can be done about an open transfer."""


def steps(transfer: Transfer, user: User, units: Collection[int]) -> frozenset[str]:
    """Those that the person may take now; none where it has ended or a batch settles it. `units` are those for which the
    person's acts: `successions.acts_for`. Asks the database nothing.
    """
    if not transfer.is_open or transfer.batch_id is not None:
        return frozenset()
    found: set[str] = set()
    fills, signs = allowed(user, "transfer:fill"), allowed(user, "transfer:sign")
    sides = transfer_people.sides(transfer, units)
    if transfer.state == "filling" and "giving" in sides:
        found |= {"fill"} if fills else set()
        found |= {"send", "decline"} if signs else set()
    if transfer.state == "signing" and "receiving" in sides:
        found |= {"back"} if fills else set()
        found |= {"sign", "decline"} if signs else set()
    if transfer.state == "confirming" and allowed(user, "transfer:confirm"):
        found |= {"back"} if transfer.proposed_by_id == user.id else {"back", "confirm"}
    if withdraws_own(transfer, user, units) or allowed(user, "transfer:confirm"):
        found.add("withdraw")
    looked_after_by = {"giving": transfer.giver_id, "receiving": transfer.receiver_id}
    if fills and sides and looked_after_by[sides[0]] != user.id:
        found.add("take_up")
    return frozenset(found)


def withdraws_own(transfer: Transfer, user: User, units: Collection[int]) -> bool:
    """Did the person propose it, and act for one of its two units still? `units` as for `steps`."""
    if transfer.proposed_by_id != user.id or not allowed(user, "transfer:propose"):
        return False
    return bool(transfer_people.sides(transfer, units))


def is_party(transfer: Transfer, user: User) -> bool:
    """Is the person of one of its units, of one that acts for those, of the bureau, or a leader? Others see from whom to
    whom, and how far it is: at most one statement.
    """
    if user.role not in UNITS:
        return allowed(user, "transfer:read")
    return not units_read_for(user).isdisjoint((transfer.from_unit_id, transfer.to_unit_id))


def hearing(user: User | None) -> Callable[[Any], bool]:
    """Of a transfer of a batch, or a row with its units: may the person read what was said about it? Those of other units
    may not: at most one statement.
    """
    if user is None or user.role not in UNITS:
        return lambda row: True
    units = units_read_for(user)
    return lambda row: not units.isdisjoint((row.from_unit_id, row.to_unit_id))


def reads_list(transfer: Transfer, user: User) -> bool:
    """May the person read the handover list? As `permissions.transfers_read_by`: two statements."""
    query = select(Transfer.id).where(Transfer.id == transfer.id, transfers_read_by(user))
    return db.session.scalar(query) is not None
