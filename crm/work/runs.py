"""One attempt at a job: its steps, each a short transaction that also keeps how far the job is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from crm import clock
from crm.db import db, transaction
from crm.models import Job, User
from crm.services import jobs


class Ended(Exception):
    """The attempt stops here, without an error."""


class Lost(Ended):
    """The lease ran out and another worker has the job: nothing of this step is kept."""


class Cancelled(Ended):
    """Somebody cancelled the job, or what it was for is no more."""


class GivenBack(Ended):
    """The worker is being stopped: another attempt goes on from the last step."""


class Run:
    """What a function that does a job is given. It sets `done`, `total`, `position` and `say()`s what it is at;
    each step keeps them in its own transaction.
    """

    def __init__(self, job: Job, lease: timedelta, stopping: Callable[[], bool]) -> None:
        assert job.worker is not None
        self.job_id, self.kind, self.worker, self.attempt = job.id, job.kind, job.worker, job.attempts
        self.payload: dict[str, Any] = dict(job.payload)
        self.position: dict[str, Any] = dict(job.position)
        self.done, self.total = job.done, job.total
        self.actor_id = job.actor_id
        self._message: tuple[str | None, dict[str, Any]] = (None, {})
        self._lease, self._stopping = lease, stopping

    def actor(self) -> User | None:
        """Whoever asked for the job."""
        return db.session.get(User, self.actor_id) if self.actor_id else None

    def say(self, message: str, **values: Any) -> None:
        """What the job is doing, as a message id and its values."""
        self._message = (message, values)

    @contextmanager
    def step(self) -> Iterator[Any]:
        """A transaction of the job; yields the session. Raises Lost, Cancelled or GivenBack instead of beginning,
        and Lost at its end, where nothing of it is kept.
        """
        if self._stopping():
            raise GivenBack
        with transaction() as session:
            job = session.get(Job, self.job_id, populate_existing=True)
            if job is None or (job.state, job.worker, job.attempts) != ("running", self.worker, self.attempt):
                raise Lost
            if job.cancel_requested:
                raise Cancelled
            yield session
            message, values = self._message
            kept = jobs.report(
                self.job_id,
                self.worker,
                self.attempt,
                due_at=clock.real_now() + self._lease,
                done=self.done,
                total=self.total,
                position=self.position,
                message=message,
                message_values=values,
            )
            if not kept:
                raise Lost
