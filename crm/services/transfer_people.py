"""承办人: who looks after a transfer in the giving and in the receiving unit; passed on when somebody leaves.

For a unit that another succeeds the other acts from the succession's first day on (crm/services/successions.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlalchemy import func, select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, Transfer, User
from crm.services import history, successions

Side = Literal["giving", "receiving"]


def sides(transfer: Transfer, units: Collection[int]) -> list[Side]:
    """The sides that these units are, of both the one whose step it is first."""
    found: list[Side] = []
    if transfer.from_unit_id in units:
        found.append("giving")
    if transfer.to_unit_id in units:
        found.append("receiving")
    return found if transfer.state == "filling" else found[::-1]


def given_by(person: User) -> int:
    """How many open transfers a person looks after for the giving unit."""
    return _count("giving", person)


def received_by(person: User) -> int:
    """How many open transfers a person looks after for the receiving unit."""
    return _count("receiving", person)


def pass_giving_on(person: User, to: User, actor: User | None) -> None:
    """A colleague looks after them for the giving unit. Raises Refused for who is of another unit."""
    _pass_on("giving", person, to, actor)


def pass_receiving_on(person: User, to: User, actor: User | None) -> None:
    """A colleague looks after them for the receiving unit. Raises Refused for who is of another unit."""
    _pass_on("receiving", person, to, actor)


def _count(side: Side, person: User) -> int:
    holder = Transfer.giver_id if side == "giving" else Transfer.receiver_id
    query = select(func.count()).where(holder == person.id, Transfer.state.in_(OPEN_TRANSFERS))
    return db.session.scalar(query) or 0


def _pass_on(side: Side, person: User, to: User, actor: User | None) -> None:
    history.hold()
    holder = Transfer.giver_id if side == "giving" else Transfer.receiver_id
    query = select(Transfer).where(holder == person.id, Transfer.state.in_(OPEN_TRANSFERS))
    query = query.order_by(Transfer.id).with_for_update(of=Transfer)
    units, answers = {post.unit_id for post in to.posts}, successions.in_force(clock.today())
    for transfer in db.session.scalars(query.execution_options(populate_existing=True)):
        unit_id = transfer.from_unit_id if side == "giving" else transfer.to_unit_id
        if answers.get(unit_id, unit_id) not in units:
            message = N_("划转%(number)s只能移交给同一单位的同事")
            raise Refused(message, field="to", number=transfer.id)
        setattr(transfer, "giver_id" if side == "giving" else "receiver_id", to.id)
        tell(transfer, side, person, to, actor)


def tell(transfer: Transfer, side: Side, before: User, to: User | None, actor: User | None) -> None:
    """Has the log tell who looks after a transfer from now on; nobody where it waits for the unit's head."""
    history.record(
        "transfer.passed_on",
        transfer,
        actor=actor,
        number=transfer.project.number,
        side=side,
        before=before.login,
        after=to.login if to else "",
    )
