"""What of transfers waits for whom, and what is late; and what the system does of itself each day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.grants import UNITS
from crm.models import Transfer, User
from crm.permissions import allowed
from crm.services import history, successions, transfer_proposing, transfers
from crm.services.transfer_overtaking import ALONE

NEEDED = {"filling": "transfer:fill", "signing": "transfer:sign", "confirming": "transfer:confirm"}
"""State of a transfer → what the next step needs: a unit's head fills and signs, its staff fill."""


@dataclass(frozen=True)
class Waiting:
    """How many transfers wait for a person at each step, and how many of the unit's, or for the bureau of all, are late."""

    to_fill: int = 0
    to_sign: int = 0
    to_confirm: int = 0
    overdue: int = 0

    @property
    def any(self) -> bool:
        """Is there anything to say?"""
        return any((self.to_fill, self.to_sign, self.to_confirm, self.overdue))


def overdue() -> ColumnElement[bool]:
    """The condition on Transfer that holds for those whose present step is late."""
    return and_(ALONE, Transfer.due_on < clock.today())


def waits_for(user: User, units: Collection[int]) -> dict[str, ColumnElement[bool]]:
    """State → the condition on a transfer of no batch that holds where it is in that state, and the next step is for the
    person, or for one of the units for which the person's acts. Nobody confirms what they proposed.
    """
    whose: dict[str, ColumnElement[bool]] = {}
    if user.role in UNITS:
        whose = {"filling": Transfer.from_unit_id.in_(units), "signing": Transfer.to_unit_id.in_(units)}
    elif allowed(user, NEEDED["confirming"]):
        others = or_(Transfer.proposed_by_id.is_(None), Transfer.proposed_by_id != user.id)
        whose = {"confirming": others}
    return {state: and_(Transfer.state == state, condition) for state, condition in whose.items()}


def waiting_for(user: User) -> Waiting:
    """What waits for a person: at most two statements, for who is of no unit one."""
    if not allowed(user, "transfer:read"):
        return Waiting()
    late, units = overdue(), frozenset[int]()
    if user.role in UNITS:
        units = successions.acts_for(user.unit_id)
        late = and_(late, or_(Transfer.from_unit_id.in_(units), Transfer.to_unit_id.in_(units)))
    waits = waits_for(user, units)
    own = (
        waits.get(state, false()) if allowed(user, needed) else false() for state, needed in NEEDED.items()
    )
    conditions: Any = (*own, late)
    query = select(*(func.coalesce(func.sum(case((one, 1), else_=0)), 0) for one in conditions))
    return Waiting(*db.session.execute(query.where(ALONE)).one())


def propose_overdue(*, after: int, most: int) -> int | None:
    """The system proposes what the next projects, by id, are due and nobody proposed in time.

    Returns the last id looked at, none where there are no more. What cannot be proposed is left to the bureau.
    """
    history.hold()
    found = transfer_proposing.overdue_projects(clock.today(), after=after, most=most)
    for project_id in found:
        try:
            with db.session.begin_nested():
                transfers.propose(project_id, reason="", actor=None)
        except Refused:
            # a unit that ceased, or a standing that is not rolled yet: tomorrow it is looked at again
            continue
    return found[-1] if len(found) == most else None
