"""What somebody who leaves has in work, and passing it on: nothing is orphaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, update

from crm.db import db
from crm.messages import N_
from crm.models import Import, User
from crm.services import batch_signing, jobs, lead_holders, proposals, reassignments, transfer_people

IMPORTS_IN_WORK = ("staging", "checked")


@dataclass(frozen=True)
class Kind:
    """One kind of work: what it is called, how much of it a person has, and how it goes to another."""

    name: str
    permission: str
    """What whoever takes it over must be allowed to do."""
    count: Callable[[User], int]
    pass_on: Callable[[User, User, User | None], None]
    """From the one who leaves to the other, by an actor."""


def _imports(user: User) -> int:
    query = select(func.count()).where(Import.actor_id == user.id, Import.status.in_(IMPORTS_IN_WORK))
    return db.session.scalar(query) or 0


def _pass_imports_on(user: User, to: User, actor: User | None) -> None:
    query = update(Import).where(Import.actor_id == user.id, Import.status.in_(IMPORTS_IN_WORK))
    db.session.execute(query.values(actor_id=to.id))


def _pass_proposals_on(user: User, to: User, actor: User | None) -> None:
    proposals.pass_on(user, to, actor=actor)


def _pass_reassignments_on(user: User, to: User, actor: User | None) -> None:
    reassignments.pass_on(user, to, actor=actor)


def _pass_batches_on(user: User, to: User, actor: User | None) -> None:
    batch_signing.pass_on(user, to, actor=actor)


def _jobs(user: User) -> int:
    return len(jobs.of_person(user))


def _pass_jobs_on(user: User, to: User, actor: User | None) -> None:
    jobs.pass_on(user, to)


OPEN_WORK: tuple[Kind, ...] = (
    Kind(N_("尚未导入的项目登记表"), "project:import", _imports, _pass_imports_on),
    Kind(N_("尚未确认的修改建议"), "rule:propose", proposals.open_of, _pass_proposals_on),
    Kind(N_("等待答复的流转或合作"), "lead:reassign", reassignments.open_of, _pass_reassignments_on),
    Kind(N_("尚未办结的划转批次"), "batch:draw-up", batch_signing.open_of, _pass_batches_on),
    Kind(N_("在办的线索"), "lead:edit", lead_holders.work_of, lead_holders.pass_on),
    Kind(N_("移交单位承办的划转"), "transfer:fill", transfer_people.given_by, transfer_people.pass_giving_on),
    Kind(
        N_("承接单位承办的划转"),
        "transfer:fill",
        transfer_people.received_by,
        transfer_people.pass_receiving_on,
    ),
    Kind(N_("尚未完成的后台任务"), "job:read", _jobs, _pass_jobs_on),
)
"""Everything that can be in work: whatever is begun by one person and finished later adds its line here."""


def open_work(user: User) -> list[tuple[Kind, int]]:
    """What the person has in work, kinds without any left out: one statement a kind."""
    counted = [(kind, kind.count(user)) for kind in OPEN_WORK]
    return [(kind, count) for kind, count in counted if count]
