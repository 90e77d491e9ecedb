"""A worker: claims jobs one after the other, does them, and says meanwhile that it is alive."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError, OperationalError

from crm import clock
from crm.db import db, transaction
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import Job
from crm.services import jobs
from crm.work import WORK, day, given_up
from crm.work.runs import Cancelled, Ended, GivenBack, Lost, Run

POLL = 1.0
"""Seconds between two questions whether anything is due."""

DAY_POLL = 60.0
"""Seconds between two questions whether a new day has begun."""

BUSY = N_("数据库没有及时应答")
BROKEN = N_("程序出错（%(error)s），详情见服务器日志")


class Worker:
    """Works until it is stopped; a job in hand then finishes its step and is given back."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.lease = timedelta(seconds=app.config["JOB_LEASE"])
        self._stop = threading.Event()
        self._held: tuple[int, int] | None = None

    def stop(self) -> None:
        """Asks it to end after the step in hand."""
        self._stop.set()

    def run(self) -> None:
        """Works until it is stopped. A database that is away for a while is asked again."""
        alive = threading.Thread(target=self._say_alive, name="alive", daemon=True)
        alive.start()
        asked = 0.0
        with self.app.app_context():
            while not self._stop.is_set():
                try:
                    clock.forget()
                    if not asked or time.monotonic() - asked > DAY_POLL:
                        day.queue_today()
                        asked = time.monotonic()
                    busy = self.work_once()
                except DBAPIError:
                    self.app.logger.exception("worker %s: the database did not answer", self.name)
                    busy = False
                finally:
                    # no transaction stays open while nothing is done
                    db.session.remove()
                if not busy:
                    self._stop.wait(POLL)
        alive.join()

    def work_once(self) -> bool:
        """Does the job that is due longest; whether there was one."""
        if not jobs.is_waiting():
            return False
        with transaction():
            job = jobs.claim(self.name, self.lease)
            if job is None:
                # another worker was quicker
                return True
            if jobs.is_worn_out(job):
                jobs.fail(job, jobs.NOT_KEPT_ALIVE)
                given_up(job)
                return True
            run = Run(job, self.lease, self._stop.is_set)
        self._held = (run.job_id, run.attempt)
        try:
            self._do(run)
        finally:
            self._held = None
        return True

    def _do(self, run: Run) -> None:
        log = current_app.logger
        try:
            result = WORK[run.kind].do(run)
        except Lost:
            log.warning("job %s: taken up by another worker", run.job_id)
        except (Cancelled, GivenBack) as ended:
            self._end(run, ended)
        except (Refused, Refusals) as refused:
            self._end(run, refused)
        except Exception as error:
            log.exception("job %s (%s), attempt %s", run.job_id, run.kind, run.attempt)
            self._end(run, error)
        else:
            with transaction():
                job = jobs.held(run.job_id, self.name, run.attempt)
                if job is not None:
                    jobs.finish(job, result)

    def _end(self, run: Run, reason: Exception) -> None:
        with transaction():
            job = jobs.held(run.job_id, self.name, run.attempt)
            if job is None:
                return
            end(job, reason)
            given_up(job)

    def _say_alive(self) -> None:
        """In a thread of its own, so that a long statement does not look like death."""
        with self.app.app_context():
            while True:
                try:
                    with transaction():
                        jobs.see(self.name)
                        held = self._held
                        if held is not None:
                            jobs.report(held[0], self.name, held[1], due_at=clock.real_now() + self.lease)
                except DBAPIError:
                    self.app.logger.warning("worker %s: could not say that it is alive", self.name)
                db.session.remove()
                if self._stop.wait(self.lease.total_seconds() / 4):
                    break
            try:
                with transaction():
                    jobs.leave(self.name)
            except DBAPIError:
                self.app.logger.warning("worker %s: could not say that it left", self.name)
            db.session.remove()


def end(job: Job, reason: Exception) -> None:
    """Ends an attempt, or the job, for a reason; what is refused once would be refused again."""
    if isinstance(reason, GivenBack):
        jobs.give_back(job)
    elif isinstance(reason, Ended):
        jobs.stop(job)
    elif isinstance(reason, Refused):
        jobs.fail(job, reason.message, {name: str(value) for name, value in reason.values.items()})
    elif isinstance(reason, Refusals):
        first = reason.refusals[0]
        jobs.fail(job, first.message, {name: str(value) for name, value in first.values.items()})
    elif isinstance(reason, OperationalError):
        jobs.retry_or_fail(job, BUSY)
    else:
        jobs.retry_or_fail(job, BROKEN, {"error": type(reason).__name__})


def run_pending() -> int:
    """Does everything that is due, here and now, for tests and tools; returns how many jobs were taken up."""
    worker = Worker(current_app._get_current_object())  # type: ignore[attr-defined]
    count = 0
    while worker.work_once():
        count += 1
    return count
