"""Who leaves a unit takes no transfer along: an open one passes to a colleague, or to nobody and waits for the unit's head."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, Transfer, Unit, User
from crm.permissions import could
from crm.services import history, posts, successions, transfer_people

HOLDERS: dict[transfer_people.Side, tuple[str, str]] = {
    "giving": ("giver_id", "from_unit_id"),
    "receiving": ("receiver_id", "to_unit_id"),
}
"""Side → who looks after a transfer for it, and its unit."""


def release(
    day: date, *, person: User | None = None, to: User | None = None, actor: User | None = None
) -> list[Transfer]:
    """Has no open transfer look to somebody who holds no post on a day in its unit, or in the one that succeeds it.

    Returns those that somebody had; `person` asks for one person's alone. They pass to `to`. Raises Refused where that
    one is not of the unit, or may not fill in a list. One statement where nobody has any, and one for each unit.
    """
    history.hold()
    named = [getattr(Transfer, holder) for holder, _unit in HOLDERS.values()]
    of = [column == person.id if person else column.is_not(None) for column in named]
    query = select(Transfer).where(Transfer.state.in_(OPEN_TRANSFERS), or_(*of)).order_by(Transfer.id)
    query = query.with_for_update(of=Transfer).execution_options(populate_existing=True)
    found = list(db.session.scalars(query))
    answers = successions.in_force(day) if found else {}
    members: dict[int, set[int]] = {}
    left = []
    for transfer in found:
        for side, (holder, unit) in HOLDERS.items():
            unit_id, has = getattr(transfer, unit), getattr(transfer, holder)
            if has is None or (person and has != person.id):
                continue
            if unit_id not in members:
                both = {unit_id, answers.get(unit_id, unit_id)}
                members[unit_id] = set().union(
                    *(posts.holders(db.session.get_one(Unit, one), day) for one in both)
                )
            if has in members[unit_id]:
                continue
            if to and not (to.id in members[unit_id] and could(to, "transfer:fill")):
                raise Refused(N_("划转%(number)s只能移交给同一单位的同事"), field="heir", number=transfer.id)
            setattr(transfer, holder, to.id if to else None)
            transfer_people.tell(transfer, side, db.session.get_one(User, has), to, actor)
            left.append(transfer)
    return left
