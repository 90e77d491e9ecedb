"""Real workers in processes of their own: killed, stopped, and several at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm.db import db, transaction
from crm.models import AuditEvent, Decision, Import, Job, Outcome, Project, StagedRow
from crm.services import imports, jobs, readings
from crm.uploads import keep
from crm.work.worker import run_pending
from tests.databases import Database
from tests.importing import applied, line, sheet
from tests.work.counting import CODE, work
from tests.work.halting import PART, SIGN

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300
ROWS = 2 * PART + 50
"""Enough for a worker to be killed in its second step, with one more to come."""

MOVED = {
    "招商单位": "现代服务产业办",
    "行业代码": "6450",
    "选址街道": "慈惠街",
    "规上工业": "否",
    "签约日期": "2019-05-06",
    "开工日期": "2019-09-01",
    "建成投产日期": "2021-01-01",
}
"""A project whose attribution a change of the fifth reading moves."""


def environment(app: Flask, database: Database) -> dict[str, str]:
    """What a process needs to open the same books; a lease short enough to wait for."""
    return os.environ | {
        "GUISHU_INSTANCE": app.config["INSTANCE"],
        "DATABASE_URL": database.url,
        "DATABASE_OWNER_URL": database.owner_url,
        "GUISHU_JOB_LEASE": "3",
        "LANGUAGE": "zh",
    }


@contextmanager
def worker(app: Flask, database: Database, *module: str) -> Iterator[subprocess.Popen[bytes]]:
    """`crm worker`, or another module, stopped afterwards where it still runs."""
    command = (sys.executable, "-m", *(module or ("crm.cli", "worker")))
    process = subprocess.Popen(command, cwd=ROOT, env=environment(app, database))
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def halted(app: Flask, database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that stands still in the middle of a job."""
    with worker(app, database, "tests.work.halting") as process:
        wait((Path(app.config["INSTANCE"]) / SIGN).exists)
        assert process.poll() is None
        yield process


def wait(condition: Callable[[], bool]) -> None:
    """Until it holds; fails where it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def peek(number: int, *columns: str) -> Any:
    """Columns of a job as they are now."""
    db.session.rollback()
    found = db.session.query(*(getattr(Job, name) for name in columns)).filter(Job.id == number).one()
    return found if len(columns) > 1 else found[0]


def uploaded(path: Path) -> tuple[int, int]:
    """An import started from a sheet and its check queued; the numbers of both."""
    with open(path, "rb") as stream:
        stored = keep(stream)
    with transaction():
        import_ = imports.start(stored, path.name, actor=None)
        db.session.flush()
        payload = {"import": import_.id, "attempt": import_.attempt}
        job = jobs.enqueue("import.check", payload=payload, actor=None, subject=import_)
        return import_.id, job.id


def staged(number: int) -> tuple[Any, ...]:
    """What an import came to: its counts, its digest and its rows."""
    db.session.rollback()
    import_ = imports.by_id(number)
    counts = (import_.status, import_.new_rows, import_.changed_rows, import_.same_rows, import_.error_rows)
    rows = db.session.query(StagedRow.row_number, StagedRow.number, StagedRow.action, StagedRow.name)
    found = rows.filter(StagedRow.import_id == number).order_by(StagedRow.row_number)
    return counts, import_.rows_sha256, [tuple(row) for row in found]


def decided() -> list[tuple[Any, ...]]:
    """Every decision, without what depends on the order of doing."""
    db.session.rollback()
    query = db.session.query(Project.number, Decision.from_day, Outcome.digest, Decision.indicators_id)
    query = query.join(Decision, Decision.project_id == Project.id)
    query = query.outerjoin(Outcome, Outcome.id == Decision.outcome_id)
    return sorted((tuple(row) for row in query), key=repr)


def test_a_killed_worker_s_import_is_taken_up_and_comes_to_the_same(
    app: Flask, other_app: Flask, database: Database, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.csv", (line(f"P{n:05}") for n in range(ROWS)))
    with other_app.app_context():
        undisturbed, _ = uploaded(path)
        run_pending()
        expected = staged(undisturbed)
        assert expected[0] == ("checked", ROWS, 0, 0, 0)
    with app.app_context():
        number, job = uploaded(path)
        with halted(app, database) as process:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        state, done, attempts = peek(job, "state", "done", "attempts")
        assert (state, done, attempts) == ("running", PART, 1), "nothing of the second step is kept"
        with worker(app, database):
            wait(lambda: peek(job, "state") != "running" or peek(job, "attempts") == 2)
            wait(lambda: peek(job, "state") == "done")
        assert peek(job, "attempts") == 2
        assert staged(number) == expected


def test_a_killed_worker_s_rebuild_goes_on_and_comes_to_the_same(
    app: Flask, other_app: Flask, database: Database, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.csv", (line(f"P{n:05}", **MOVED) for n in range(ROWS)))
    for one in (app, other_app):
        with one.app_context():
            applied(path)
            with transaction():
                day = date(2021, 5, 1)
                readings.set_reading("R5", choice="out-of-plate", basis="会议", valid_from=day, actor=None)
                job = jobs.enqueue("attribution.rebuild", key="attribution.rebuild", actor=None).id
    with other_app.app_context():
        assert run_pending() == 1
        expected = decided()
        assert peek(job, "result") == {"projects": ROWS, "changes": ROWS}
    with app.app_context():
        assert decided() != expected
        with halted(app, database) as process:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        state, done = peek(job, "state", "done")
        assert (state, done) == ("running", PART), "nothing of the second step is kept"
        with worker(app, database):
            wait(lambda: peek(job, "state") == "done")
        assert peek(job, "result", "attempts") == ({"projects": ROWS, "changes": ROWS}, 2)
        assert decided() == expected
        events = db.session.query(AuditEvent).filter_by(action="attribution.rebuilt").count()
        assert events == 2, "what was decided was not decided again, and the rest in one part"


def test_a_stopped_worker_finishes_its_step_and_gives_the_job_back(
    app: Flask, database: Database, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.csv", (line(f"P{n:05}") for n in range(ROWS)))
    with app.app_context():
        number, job = uploaded(path)
        with halted(app, database) as process:
            assert jobs.workers_alive() == 1
            process.terminate()
            assert process.wait(PATIENCE) == 0
        assert peek(job, "state", "attempts") == ("queued", 0)
        db.session.rollback()
        assert jobs.workers_alive() == 0
        assert run_pending() >= 1
        assert db.session.query(Import.status).filter_by(id=number).scalar() == "checked"


@pytest.mark.parametrize("count", [200])
def test_several_processes_skip_none_and_double_none(app: Flask, database: Database, count: int) -> None:
    with app.app_context():
        with transaction():
            for number in range(count):
                jobs.enqueue(CODE, payload={"number": number}, actor=None)
        db.session.rollback()
        db.engine.dispose()
        # Forked from a process that has imported the program once and has no thread and no connection.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([work.__module__])
        processes = [
            context.Process(target=work, args=(database, Path(app.config["INSTANCE"]))) for _ in range(4)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(PATIENCE)
        assert [process.exitcode for process in processes] == [0] * len(processes)
        states = Counter(db.session.query(Job.state, Job.attempts).filter(Job.kind == CODE).all())
        assert states == {("done", 1): count}
        events = db.session.query(AuditEvent.detail).filter_by(action="brief.printed").all()
        assert sorted(detail["number"] for (detail,) in events) == list(range(count))
        assert len({detail["worker"] for (detail,) in events}) > 1, "several had a share"
