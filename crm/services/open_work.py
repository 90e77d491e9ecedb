"""What somebody who leaves has in work, and passing it on: nothing is orphaned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import selectinload

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.grants import GRANTED
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, Import, Lead, PostTerm, Reassignment, Transfer, User
from crm.models.people import posts_on
from crm.permissions import could
from crm.services import (
    batch_signing,
    history,
    jobs,
    lead_holders,
    proposals,
    reassignments,
    successions,
    transfer_people,
)
from crm.services.leads import IN_WORK

IMPORTS_IN_WORK = ("staging", "checked")

NOBODY = N_("还有没办完的工作，请指定由谁接手")
ANOTHER = N_("接手的人必须是另一个启用中的账号")
UNFIT = N_("%(name)s的岗位不能接手这些工作，请另选一人")


Passing = Callable[[User, User | None, User | None, Collection[int]], object]


@dataclass(frozen=True)
class Kind:
    """One kind of work: what it is called, how much of it a person has, and how it goes to another."""

    name: str
    permission: str
    """What whoever takes it over must be allowed to do."""
    count: Callable[[User], int | Mapping[int, int]]
    """How much of it; of work that belongs to units, for each unit."""
    pass_on: Passing
    """From the one who leaves to the other, by an actor; not what belongs to these units. Work of a unit with nobody
    named goes to the unit's head, or waits for the head.
    """
    of_units: bool = False


@dataclass(frozen=True)
class Left:
    """What somebody leaves behind of one kind, and the units for which that person goes on with it."""

    kind: Kind
    count: int
    kept: frozenset[int] = frozenset()


def _imports(user: User) -> int:
    query = select(func.count()).where(Import.actor_id == user.id, Import.status.in_(IMPORTS_IN_WORK))
    return db.session.scalar(query) or 0


def _pass_imports_on(user: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    query = update(Import).where(Import.actor_id == user.id, Import.status.in_(IMPORTS_IN_WORK))
    db.session.execute(query.values(actor_id=_named(to).id))


def _pass_proposals_on(user: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    proposals.pass_on(user, _named(to), actor=actor)


def _pass_reassignments_on(user: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    reassignments.pass_on(user, to, actor=actor, kept=kept)


def _pass_batches_on(user: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    batch_signing.pass_on(user, _named(to), actor=actor)


def _jobs(user: User) -> int:
    return len(jobs.of_person(user))


def _pass_jobs_on(user: User, to: User | None, actor: User | None, kept: Collection[int]) -> None:
    jobs.pass_on(user, _named(to))


def _named(to: User | None) -> User:
    if to is None:
        raise Refused(NOBODY, field="to")
    return to


OPEN_WORK: tuple[Kind, ...] = (
    Kind(N_("尚未导入的项目登记表"), "project:import", _imports, _pass_imports_on),
    Kind(N_("尚未确认的修改建议"), "rule:propose", proposals.open_of, _pass_proposals_on),
    Kind(N_("等待答复的流转或合作"), "lead:reassign", reassignments.open_of, _pass_reassignments_on, True),
    Kind(N_("尚未办结的划转批次"), "batch:draw-up", batch_signing.open_of, _pass_batches_on),
    Kind(N_("在办的线索"), "lead:edit", lead_holders.work_of, lead_holders.pass_on, True),
    Kind(
        N_("移交单位承办的划转"),
        "transfer:fill",
        transfer_people.given_by,
        transfer_people.pass_giving_on,
        True,
    ),
    Kind(
        N_("承接单位承办的划转"),
        "transfer:fill",
        transfer_people.received_by,
        transfer_people.pass_receiving_on,
        True,
    ),
    Kind(N_("尚未完成的后台任务"), "job:read", _jobs, _pass_jobs_on),
)
"""Everything that can be in work: whatever is begun by one person and finished later adds its line here."""


def open_work(user: User) -> list[tuple[Kind, int]]:
    """What the person has in work, kinds without any left out: one statement a kind."""
    return [(one.kind, one.count) for one in left_by(user)]


def left_by(user: User, posts: Sequence[PostTerm] = (), day: date | None = None) -> list[Left]:
    """What the person has in work and has none of these posts for on a day, kinds without any left out: see `left_of`."""
    return left_of(in_work(user), posts, successions.in_force(day or clock.today()) if posts else {})


def in_work(user: User) -> list[tuple[Kind, int | Mapping[int, int]]]:
    """Everything the person has in work, as `Kind.count` says: one statement a kind."""
    return [(kind, count) for kind in OPEN_WORK if (count := kind.count(user))]


def left_of(
    work: Iterable[tuple[Kind, int | Mapping[int, int]]],
    posts: Sequence[PostTerm],
    answers: Mapping[int, int],
) -> list[Left]:
    """What of this somebody who holds these posts has no right for: work of a unit needs a post there, or in the one that
    answers for it.
    """
    found = []
    for kind, count in work:
        granted = [term for term in posts if kind.permission in GRANTED[term.role]]
        if isinstance(count, int):
            if not granted:
                found.append(Left(kind, count))
            continue
        units = {term.unit_id for term in granted if term.unit_id is not None}
        kept = frozenset(units | {one for one, last in answers.items() if last in units})
        some = sum(number for unit_id, number in count.items() if unit_id not in kept)
        if some:
            found.append(Left(kind, some, kept))
    return found


def pass_on(
    user: User, left: Sequence[Left], to: User | None, *, actor: User | None, field: str = "to"
) -> None:
    """Has all this go to somebody; to nobody, what belongs to a unit goes to its head.

    Raises Refused where that one may not take it over, or where nobody is named and somebody has to be.
    """
    if to is not None and (to.id == user.id or not to.is_active):
        raise Refused(ANOTHER, field=field)
    for one in left:
        if to is None and not one.kind.of_units:
            raise Refused(NOBODY, field=field)
        if to is not None and not could(to, one.kind.permission):
            raise Refused(UNFIT, field=field, name=to.name)
    try:
        for one in left:
            one.kind.pass_on(user, to, actor, one.kept)
    except Refused as refused:
        refused.field = field
        raise


def release(day: date) -> int:
    """Whoever no longer has a post for what they have in work of a unit by a day leaves it to the unit's head; returns how
    many people did. What can be with nobody else for want of a head stays. A statement where nobody has any.
    """
    history.hold()
    ended = exists().where(PostTerm.user_id == User.id, ~PostTerm.held, PostTerm.valid_from <= day)
    has = (
        exists().where(Lead.held_by_id == User.id, Lead.stage.in_(IN_WORK)),
        exists().where(Reassignment.held_by_id == User.id, Reassignment.state == "open"),
        *(
            exists().where(holder == User.id, Transfer.state.in_(OPEN_TRANSFERS))
            for holder in (Transfer.giver_id, Transfer.receiver_id)
        ),
    )
    query = select(User).where(ended, or_(*has)).options(selectinload(User.terms)).order_by(User.id)
    people = 0
    for user in db.session.scalars(query).all():
        left = [one for one in left_by(user, posts_on(user.terms, day), day) if one.kind.of_units]
        for one in left:
            with suppress(Refused), db.session.begin_nested():
                one.kind.pass_on(user, None, None, one.kept)
        people += bool(left)
    return people
