"""What becomes of a job: done once, tried again, failed, cancelled, given back, taken up by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from crm import clock
from crm.db import count_statements, db, transaction
from crm.errors import Refused
from crm.job_kinds import KINDS
from crm.models import AuditEvent, Job
from crm.services import jobs
from crm.work import WORK, day
from crm.work.runs import Run
from crm.work.worker import Worker, run_pending
from tests import build

Kind = Callable[..., str]


def queued(kind: str, **more: Any) -> int:
    """Queues a job in a transaction of its own; returns its number."""
    with transaction():
        return jobs.enqueue(kind, actor=None, **more).id


def now_due(number: int) -> None:
    """Has a job wait no longer."""
    with transaction():
        jobs.by_id(number).due_at = clock.real_now()


def test_every_kind_has_a_function() -> None:
    assert set(KINDS) == set(WORK)


def test_it_is_queued_with_what_asked_for_it_or_not_at_all(app: Flask, kind: Kind) -> None:
    code = kind(lambda run: {"seen": run.payload["n"]})
    with app.app_context():
        with transaction(keep=False):
            jobs.enqueue(code, payload={"n": 1}, actor=None)
        assert run_pending() == 0
        number = queued(code, payload={"n": 2})
        assert run_pending() == 1
        job = jobs.by_id(number)
        assert (job.state, job.attempts, job.result, job.worker) == ("done", 1, {"seen": 2}, None)
        with pytest.raises(ValueError, match="no such kind"), transaction():
            jobs.enqueue("test.unknown", actor=None)


def test_one_key_is_open_once_and_begins_anew_when_asked_for_while_running(app: Flask, kind: Kind) -> None:
    seen: list[int] = []

    def do(run: Run) -> None:
        if not seen:
            assert queued(run.kind, key="a", payload={"n": 2}) == run.job_id
        with run.step():
            seen.append(run.payload["n"])
            run.done, run.position = 7, {"after": 7}

    code = kind(do)
    with app.app_context():
        first = queued(code, key="a", payload={"n": 0})
        assert queued(code, key="a", payload={"n": 1}) == first, "one that waits stands for both"
        assert run_pending() == 2
        assert seen == [0, 2]
        assert jobs.by_id(first).state == "done"
        assert queued(code, key="a", payload={"n": 3}) != first


def test_what_always_fails_is_tried_later_each_time_and_ends_with_its_reason(app: Flask, kind: Kind) -> None:
    def do(run: Run) -> None:
        with run.step():
            run.done = 5
        raise LookupError("with a secret in it")

    with app.app_context():
        number = queued(kind(do))
        waits = []
        for attempt in (1, 2, 3):
            before = clock.real_now()
            assert run_pending() == 1
            job = jobs.by_id(number)
            assert job.attempts == attempt
            if attempt < 3:
                assert job.state == "queued"
                waits.append(job.due_at - before)
                assert run_pending() == 0, "not before its time"
                now_due(number)
        assert timedelta(seconds=9) < waits[0] < waits[1] / 3
        assert job.state == "failed" and job.finished_at is not None
        assert job.error is not None
        assert job.error % job.error_values == "程序出错（LookupError），详情见服务器日志"
        with transaction():
            jobs.try_again(jobs.by_id(number), actor=None)
        assert jobs.by_id(number).error is None
        assert run_pending() == 1


def test_what_is_refused_is_not_tried_again(app: Flask, kind: Kind) -> None:
    def do(run: Run) -> None:
        raise Refused("没有名为“%(name)s”的街道", name="某街")

    with app.app_context():
        number = queued(kind(do))
        run_pending()
        job = jobs.by_id(number)
        assert (job.state, job.attempts, job.error_values) == ("failed", 1, {"name": "某街"})


def test_cancelled_while_queued_and_between_two_steps(app: Flask, kind: Kind) -> None:
    steps = []

    def do(run: Run) -> None:
        for number in range(5):
            with run.step():
                steps.append(number)
                run.done = number + 1
            if number == 2:
                with transaction():
                    jobs.cancel(jobs.by_id(run.job_id), actor=None)

    code = kind(do)
    with app.app_context():
        number = queued(code)
        with transaction():
            jobs.cancel(jobs.by_id(number), actor=None)
        assert jobs.by_id(number).state == "cancelled"
        assert run_pending() == 0
        with pytest.raises(Refused, match="已经结束"), transaction():
            jobs.cancel(jobs.by_id(number), actor=None)
        number = queued(code)
        run_pending()
        job = jobs.by_id(number)
        assert (job.state, job.done, steps) == ("cancelled", 3, [0, 1, 2])
        assert db.session.query(AuditEvent).filter_by(action="job.cancelled").count() == 2


def test_a_stopped_worker_gives_its_job_back_and_the_next_goes_on(app: Flask, kind: Kind) -> None:
    steps: list[tuple[str, int]] = []
    workers: list[Worker] = []

    def do(run: Run) -> None:
        for number in range(int(run.position.get("next", 0)), 4):
            with run.step():
                steps.append((run.worker, number))
                run.position = {"next": number + 1}
            if len(steps) == 2:
                workers[0].stop()

    code = kind(do)
    with app.app_context():
        number = queued(code)
        workers += [Worker(app), Worker(app)]
        workers[0].work_once()
        job = jobs.by_id(number)
        assert (job.state, job.attempts, job.position) == ("queued", 0, {"next": 2})
        workers[1].work_once()
        assert [n for _, n in steps] == [0, 1, 2, 3]
        assert {name for name, _ in steps[2:]} == {workers[1].name}
        assert (jobs.by_id(number).state, jobs.by_id(number).attempts) == ("done", 1)


def test_whose_lease_ran_out_keeps_nothing_any_more(app: Flask, kind: Kind) -> None:
    kept: list[str] = []

    def do(run: Run) -> None:
        if kept:
            with run.step():
                kept.append("second")
            return
        kept.append("first")
        now_due(run.job_id)
        assert Worker(app).work_once()
        assert jobs.by_id(run.job_id).state == "done"
        with run.step():
            kept.append("never")

    with app.app_context():
        number = queued(kind(do))
        Worker(app).work_once()
        assert kept == ["first", "second"]
        assert (jobs.by_id(number).state, jobs.by_id(number).attempts) == ("done", 2)


def test_what_kills_its_worker_again_and_again_is_given_up(app: Flask, kind: Kind) -> None:
    code = kind(lambda run: None, most_attempts=2)
    with app.app_context():
        number = queued(code)
        for _ in range(2):
            with transaction():
                assert jobs.claim("died", timedelta(seconds=60)) is not None
            now_due(number)
        Worker(app).work_once()
        job = jobs.by_id(number)
        assert (job.state, job.error) == ("failed", jobs.NOT_KEPT_ALIVE)


def test_nothing_to_do_costs_one_read(app: Flask) -> None:
    with app.app_context():
        with count_statements() as seen:
            assert Worker(app).work_once() is False
        assert seen.count == 1 and seen.statements[0].startswith("SELECT")
        if db.engine.dialect.name == "sqlite":
            plan = "EXPLAIN QUERY PLAN " + seen.statements[0]
            with db.engine.connect() as connection:
                found = connection.exec_driver_sql(plan, (clock.real_now().isoformat(), 1, 0)).fetchall()
            assert "ix_jobs_open" in str(found)


def test_a_new_day_is_begun_once_and_old_jobs_go(app: Flask, kind: Kind) -> None:
    with app.app_context():
        old = queued(kind(lambda run: None))
        run_pending()
        with transaction():
            jobs.by_id(old).finished_at = clock.real_now() - timedelta(days=91)
        assert day.queue_today() is True
        assert day.queue_today() is False
        run_pending()
        assert day.queue_today() is False, "nor when it is done"
        found = db.session.query(Job).one()
        assert (found.kind, found.state, found.done) == ("day.begin", "done", len(day.DAILY))
        if db.engine.dialect.name == "sqlite":
            known = db.session.execute(
                text("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'alembic_version'")
            )
            assert known.scalar_one() == 1, "SQLite looked how large its tables are"


def test_who_works_is_known_and_what_a_person_left_open(app: Flask, kind: Kind) -> None:
    code = kind(lambda run: None)
    with app.app_context():
        assert jobs.workers_alive() == 0
        with transaction():
            jobs.see("a")
            jobs.see("b")
            person = build.user("reviewer")
            number = jobs.enqueue(code, actor=person).id
        assert jobs.workers_alive() == 2
        with transaction():
            jobs.see("a")
            jobs.leave("b")
        assert jobs.workers_alive() == 1
        assert [job.id for job in jobs.of_person(person)] == [number]
        with transaction():
            other = build.user("bureau_head")
            assert jobs.pass_on(person, other) == 1
        assert jobs.of_person(person) == []
        person = other
        assert [job.id for job in jobs.of_person(person)] == [number]
        run_pending()
        assert jobs.of_person(person) == []
