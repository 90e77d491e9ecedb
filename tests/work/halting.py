"""`crm worker` in small parts that stands still at the end of its second one, the transaction open: there it is killed,
or told to stop.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crm.db import db
from crm.services import jobs, rebuilding, staging
from crm.work.runs import Run

PART = 150
"""Rows a step."""

SIGN = "standing-still"
"""The file in the instance folder that says so."""

step = Run.step


@contextmanager
def halting(run: Run) -> Iterator[Any]:
    """A step; the one after the first that got somewhere goes on no further until the worker is to stop."""
    # a batch of transfers counts nothing as done before all of it is
    is_second = run.done > 0 or (run.kind == "batch.confirm" and run.total is not None)
    while is_second and not run._stopping() and not jobs.workers_alive():
        # said in another thread, which could not while this one holds the write lock
        db.session.rollback()
        time.sleep(0.02)
    db.session.rollback()
    with step(run) as session:
        yield session
        if is_second:
            (Path(os.environ["GUISHU_INSTANCE"]) / SIGN).touch()
        while is_second and not run._stopping():
            time.sleep(0.02)


if __name__ == "__main__":
    rebuilding.AT_ONCE = staging.CHUNK = PART
    Run.step = halting  # type: ignore[assignment, method-assign]
    from crm.cli import main

    main(["worker"])
