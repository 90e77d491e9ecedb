"""Jobs as lists: everybody's own, and all of them for whoever looks after the installation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import joinedload

from crm.db import Base, db
from crm.errors import NotFound
from crm.messages import N_
from crm.models import Job, User
from crm.permissions import allowed
from crm.services.paging import PAGE_SIZE, Page, Place, by_key, whole


@dataclass(frozen=True)
class Filters:
    """What narrows the list; None narrows nothing."""

    state: str | None = None
    kind: str | None = None


def jobs_visible_to(user: User) -> ColumnElement[bool]:
    """The condition on Job that holds for the jobs the person may see, cancel and try again."""
    return true() if allowed(user, "job:manage") else Job.actor_id == user.id


def visible_by_id(job_id: int, user: User) -> Job:
    """The job with this number; raises NotFound where there is none, or it is none of theirs."""
    found = db.session.scalar(select(Job).where(Job.id == job_id, jobs_visible_to(user)))
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的任务"), number=job_id)
    return found


def listing(
    user: User,
    filters: Filters,
    place: Place,
    *,
    size: int = PAGE_SIZE,
) -> Page[Job]:
    """A page of jobs, the newest first: one statement."""
    query = select(Job).options(joinedload(Job.actor)).where(jobs_visible_to(user))
    if filters.state is not None:
        query = query.where(Job.state == filters.state)
    if filters.kind is not None:
        query = query.where(Job.kind == filters.kind)
    return by_key(query, Job.id, place, whole, size=size)


def open_of(subject: Base) -> Job | None:
    """The newest open job about a row; none where there is none."""
    query = select(Job).where(
        Job.subject_type == subject.__tablename__,
        Job.subject_id == getattr(subject, "id", None),
        Job.finished_at.is_(None),
    )
    return db.session.scalar(query.order_by(Job.id.desc()).limit(1))


def with_open_jobs(table: str, ids: Collection[int]) -> set[int]:
    """Those rows of a table that an open job is about: one statement."""
    if not ids:
        return set()
    query = select(Job.subject_id).where(
        Job.subject_type == table, Job.subject_id.in_(ids), Job.finished_at.is_(None)
    )
    return {found for found in db.session.scalars(query) if found is not None}


def ahead_of(job: Job) -> int:
    """How many open jobs come before a queued one."""
    query = select(func.count()).where(Job.finished_at.is_(None), Job.due_at < job.due_at)
    running = select(func.count()).where(
        Job.finished_at.is_(None), Job.state == "running", Job.due_at >= job.due_at
    )
    return int(db.session.scalar(select(query.scalar_subquery() + running.scalar_subquery())) or 0)
