"""承办人: who looks after a transfer in the giving and in the receiving unit; passed on when somebody leaves.

For a unit that another succeeds the other acts from the succession's first day on (crm/services/successions.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import func, select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, Transfer, User
from crm.services import history, successions

Side = Literal["giving", "receiving"]


_COLUMNS: dict[Side, tuple[Any, Any]] = {
    "giving": (Transfer.giver_id, Transfer.from_unit_id),
    "receiving": (Transfer.receiver_id, Transfer.to_unit_id),
}
"""Side → who looks after a transfer for it, and its unit."""


def sides(transfer: Transfer, units: Collection[int]) -> list[Side]:
    """The sides that these units are, of both the one whose step it is first."""
    found: list[Side] = []
    if transfer.from_unit_id in units:
        found.append("giving")
    if transfer.to_unit_id in units:
        found.append("receiving")
    return found if transfer.state == "filling" else found[::-1]


def given_by(person: User) -> dict[int, int]:
    """Giving unit → how many of its open transfers a person looks after: one statement."""
    return _count("giving", person)


def received_by(person: User) -> dict[int, int]:
    """Receiving unit → how many of its open transfers a person looks after: one statement."""
    return _count("receiving", person)


def pass_giving_on(person: User, to: User | None, actor: User | None, kept: Collection[int] = ()) -> None:
    """A colleague looks after them for the giving unit, but for these units; with nobody named they wait for its head.

    Raises Refused for who is of another unit.
    """
    _pass_on("giving", person, to, actor, kept)


def pass_receiving_on(person: User, to: User | None, actor: User | None, kept: Collection[int] = ()) -> None:
    """The same for the receiving unit."""
    _pass_on("receiving", person, to, actor, kept)


def _count(side: Side, person: User) -> dict[int, int]:
    holder, unit = _COLUMNS[side]
    query = select(unit, func.count()).where(holder == person.id, Transfer.state.in_(OPEN_TRANSFERS))
    return dict(db.session.execute(query.group_by(unit)).all())


def _pass_on(side: Side, person: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    history.hold()
    holder, unit = _COLUMNS[side]
    query = select(Transfer).where(holder == person.id, Transfer.state.in_(OPEN_TRANSFERS), unit.not_in(kept))
    query = query.order_by(Transfer.id).with_for_update(of=Transfer)
    units = {post.unit_id for post in to.posts} if to else set()
    answers = successions.in_force(clock.today())
    for transfer in db.session.scalars(query.execution_options(populate_existing=True)).all():
        unit_id = getattr(transfer, unit.key)
        if to is not None and answers.get(unit_id, unit_id) not in units:
            message = N_("划转%(number)s只能移交给同一单位的同事")
            raise Refused(message, field="to", number=transfer.id)
        setattr(transfer, holder.key, to.id if to else None)
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
