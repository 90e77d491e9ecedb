"""Jobs claimed, done and ended, against the three bare transactions that the same takes at the least."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from crm import create_app
from crm.db import db, transaction, upgrade
from crm.job_kinds import KINDS, Kind
from crm.models import Job
from crm.services import jobs
from crm.work import WORK, Work
from crm.work.runs import Run
from crm.work.worker import run_pending

JOBS = 2_000
MOST_TIMES = 4.0
CODE = "bench.step"


def run(size: int = JOBS) -> list[dict[str, Any]]:
    """Name, ratio, limit and detail of the measurement, on a fresh SQLite: a job of one step, one worker."""
    KINDS[CODE] = Kind(CODE, CODE)
    WORK[CODE] = Work(step)
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{Path(name) / 'books.db'}"
        app = create_app({"GUISHU_INSTANCE": name, "DATABASE_URL": url, "SECRET_KEY": "bench"})
        upgrade(app)
        with app.app_context():
            with transaction():
                for _ in range(size):
                    jobs.enqueue(CODE, actor=None)
            began = time.perf_counter()
            done = run_pending()
            worked = time.perf_counter() - began
            assert done == size and db.session.query(Job).filter_by(state="done").count() == size
            began = time.perf_counter()
            for number in range(size):
                for _ in range(3):
                    with transaction() as session:
                        session.query(Job).filter_by(id=number + 1).update({"done": Job.done + 1})
            bare = time.perf_counter() - began
            db.session.remove()
            db.engine.dispose()
    detail = f"{size:,} jobs of one step: {size / worked:,.0f} a second; bare {size / bare:,.0f} a second"
    ratio = round(worked / bare, 3)
    return [{"name": "jobs / bare transactions", "ratio": ratio, "limit": MOST_TIMES, "detail": detail}]


def step(run: Run) -> None:
    """Does nothing, in a transaction."""
    with run.step():
        run.done = 1


if __name__ == "__main__":
    for line in run():
        print(line)
