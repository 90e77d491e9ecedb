"""A process that works on jobs which leave one event each, until nothing is due; for the test of many at once."""

from __future__ import annotations

from pathlib import Path

from crm import create_app
from crm.job_kinds import KINDS, Kind
from crm.services import history
from crm.work import WORK, Work
from crm.work.runs import Run
from crm.work.worker import run_pending
from tests.databases import Database

CODE = "test.count"


def count(run: Run) -> None:
    """Leaves an event with the job's number."""
    with run.step():
        history.record("brief.printed", actor=None, number=run.payload["number"], worker=run.worker)


KINDS[CODE] = Kind(CODE, "测试")
WORK[CODE] = Work(count)


def work(database: Database, instance: Path) -> None:
    """Works in a process of its own, which starts here."""
    app = create_app(database.settings(instance) | {"JOB_LEASE": 60})
    with app.app_context():
        run_pending()
