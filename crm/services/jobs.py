"""Jobs: work that outlasts a request, queued in the transaction of whoever asks for it, done by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import Base, db
from crm.errors import NotFound, Refused
from crm.job_kinds import KINDS
from crm.messages import N_
from crm.models import Job, User, Worker
from crm.services import history

ALIVE = timedelta(seconds=60)
"""A worker that has said nothing for so long has died."""

KEPT = timedelta(days=90)
"""How long a finished job is kept to be looked at."""

FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)

NOT_KEPT_ALIVE = N_("后台进程在处理中停止了")


def by_id(job_id: int) -> Job:
    """The job with this number; raises NotFound."""
    found = db.session.get(Job, job_id)
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的任务"), number=job_id)
    return found


def open_with_key(key: str) -> Job | None:
    """The job of this key that is queued or running; none where there is none."""
    return db.session.scalar(select(Job).where(Job.key == key, Job.finished_at.is_(None)))


def was_queued(key: str) -> bool:
    """Was there ever a job of this key, as far as finished ones are kept?"""
    return db.session.scalar(select(Job.id).where(Job.key == key).limit(1)) is not None


def of_person(person: User) -> list[Job]:
    """The open jobs that a person asked for, oldest first: what has to pass to somebody when they leave."""
    query = select(Job).where(Job.actor_id == person.id, Job.finished_at.is_(None))
    return list(db.session.scalars(query.order_by(Job.id)))


def is_waiting() -> bool:
    """Is there a job that could be claimed now? One read of an index."""
    return db.session.scalar(_due().limit(1)) is not None


def enqueue(
    kind: str,
    *,
    payload: Mapping[str, Any] | None = None,
    key: str | None = None,
    actor: User | None,
    subject: Base | None = None,
    not_before: datetime | None = None,
) -> Job:
    """Queues a job in the caller's transaction: it is there once that is kept, and not at all where it is not.

    Where a job with this key is queued already, that one is returned; where one is running, it begins anew after
    its end. Raises ValueError for a kind that is not in the list.
    """
    if kind not in KINDS:
        raise ValueError(f"no such kind of job: {kind}")
    if subject is not None:
        db.session.flush()
    job = Job(
        kind=kind,
        key=key,
        payload=dict(payload or {}),
        most_attempts=KINDS[kind].most_attempts,
        actor_id=actor.id if actor else None,
        subject_type=subject.__tablename__ if subject is not None else None,
        subject_id=getattr(subject, "id", None),
        due_at=not_before or clock.real_now(),
    )
    if key is None:
        db.session.add(job)
        db.session.flush()
        return job
    while True:
        present = db.session.scalar(
            select(Job)
            .where(Job.key == key, Job.finished_at.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if present is not None:
            if present.state == "running":
                present.again, present.payload = True, job.payload
            db.session.flush()
            return present
        try:
            with db.session.begin_nested():
                db.session.add(job)
        except IntegrityError:
            # on PostgreSQL somebody else queued it between the question and ours
            continue
        return job


def claim(worker: str, lease: timedelta) -> Job | None:
    """Takes the job that has been due longest for a worker, until the lease ends; none where nothing is due.

    A job whose lease ran out is taken up again; whoever worked on it before can write nothing any more.
    """
    job = db.session.scalar(
        _due().limit(1).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )
    if job is None:
        return None
    if job.state == "running":
        job.error, job.error_values = NOT_KEPT_ALIVE, {}
    job.state = "running"
    job.worker = worker
    job.attempts += 1
    job.started_at = clock.real_now()
    job.due_at = job.started_at + lease
    db.session.flush()
    return job


def is_worn_out(job: Job) -> bool:
    """Has a job that was just claimed used up its attempts, the last of them ended by a worker that died?"""
    return job.attempts > job.most_attempts


def held(job_id: int, worker: str, attempt: int) -> Job | None:
    """The job, if it still belongs to this attempt of this worker, locked until the transaction ends."""
    query = select(Job).where(
        Job.id == job_id, Job.worker == worker, Job.attempts == attempt, Job.state == "running"
    )
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def report(job_id: int, worker: str, attempt: int, **values: Any) -> bool:
    """Writes how far an attempt is; whether the job still belongs to it."""
    mine = update(Job).where(
        Job.id == job_id, Job.worker == worker, Job.attempts == attempt, Job.state == "running"
    )
    done: Any = db.session.execute(mine.values(values), execution_options={"synchronize_session": False})
    return bool(done.rowcount == 1)


def finish(job: Job, result: Mapping[str, Any] | None = None) -> None:
    """Ends a job that did what it should; one that was asked for again meanwhile is queued anew."""
    if job.again:
        _queue_anew(job)
        return
    _end(job, "done")
    job.result = dict(result or {})
    job.error, job.error_values = None, {}
    if job.total is not None:
        job.done = job.total


def retry_or_fail(job: Job, message: str, values: Mapping[str, Any] | None = None) -> bool:
    """Notes why an attempt failed and queues the next one, later each time; whether it was the last."""
    if job.attempts >= job.most_attempts:
        fail(job, message, values)
        return True
    job.state = "queued"
    job.worker = None
    job.error, job.error_values = message, dict(values or {})
    job.due_at = clock.real_now() + min(FIRST_DELAY * 4 ** (job.attempts - 1), LONGEST_DELAY)
    return False


def fail(job: Job, message: str, values: Mapping[str, Any] | None = None) -> None:
    """Ends a job for which another attempt would not help."""
    _end(job, "failed")
    job.error, job.error_values = message, dict(values or {})


def give_back(job: Job) -> None:
    """Queues a job again whose worker is being stopped: it goes on where it was, and the attempt does not count."""
    job.state = "queued"
    job.worker = None
    job.attempts -= 1
    job.due_at = clock.real_now()


def stop(job: Job) -> None:
    """Ends a job that was cancelled; one that was asked for again meanwhile is queued anew."""
    if job.again:
        _queue_anew(job)
    else:
        _end(job, "cancelled")


def cancel(job: Job, *, actor: User | None) -> None:
    """Cancels a job: a queued one at once, a running one at its next step. Raises Refused where it is over."""
    db.session.refresh(job, with_for_update=True)
    if job.finished_at is not None:
        raise Refused(N_("任务已经结束，不能取消"))
    if job.cancel_requested:
        return
    job.cancel_requested = True
    job.again = False
    if job.state == "queued":
        _end(job, "cancelled")
    history.record("job.cancelled", job, actor=actor, kind=job.kind)


def try_again(job: Job, *, actor: User | None) -> Job:
    """Queues a failed or cancelled job anew, from its beginning. Raises Refused where it is neither."""
    db.session.refresh(job, with_for_update=True)
    if job.state not in ("failed", "cancelled"):
        raise Refused(N_("只有失败或已取消的任务可以重试"))
    if job.key is not None:
        newer = open_with_key(job.key)
        if newer is not None:
            raise Refused(N_("同样的任务已经在排队或运行：编号%(number)s"), number=newer.id)
    _queue_anew(job)
    job.position, job.done, job.attempts = {}, 0, 0
    history.record("job.queued_again", job, actor=actor, kind=job.kind)
    return job


def pass_on(person: User, to: User) -> int:
    """Has the open jobs of a person who leaves belong to another; returns how many."""
    mine = of_person(person)
    for job in mine:
        job.actor_id = to.id
    db.session.flush()
    return len(mine)


def see(worker: str) -> None:
    """Notes that a worker is alive; forgets those that died long ago."""
    now = clock.real_now()
    found = db.session.get(Worker, worker)
    if found is None:
        db.session.add(Worker(name=worker))
        db.session.execute(delete(Worker).where(Worker.seen_at < now - timedelta(days=1)))
    else:
        found.seen_at = now


def leave(worker: str) -> None:
    """Notes that a worker was stopped."""
    db.session.execute(delete(Worker).where(Worker.name == worker))


def workers_alive() -> int:
    """How many workers have said lately that they are alive."""
    since = clock.real_now() - ALIVE
    return len(db.session.scalars(select(Worker.name).where(Worker.seen_at > since)).all())


def clear(limit: int) -> int:
    """Deletes some of the jobs that ended long ago; returns how many."""
    old = select(Job.id).where(Job.finished_at < clock.real_now() - KEPT).limit(limit)
    ids = list(db.session.scalars(old))
    if ids:
        db.session.execute(delete(Job).where(Job.id.in_(ids)))
    return len(ids)


def _due() -> Any:
    open_and_due = (Job.finished_at.is_(None), Job.due_at <= clock.real_now())
    return select(Job).where(*open_and_due).order_by(Job.due_at, Job.id)


def _end(job: Job, state: str) -> None:
    job.state = state
    job.finished_at = clock.real_now()
    job.worker = None


def _queue_anew(job: Job) -> None:
    job.state = "queued"
    job.again = job.cancel_requested = False
    job.worker = job.finished_at = job.total = job.message = job.error = None
    job.position, job.message_values, job.error_values, job.result = {}, {}, {}, {}
    job.done = job.attempts = 0
    job.due_at = clock.real_now()
