"""`crm worker` in small parts that stands still at the end of its second one, the transaction open: there it is killed,
or told to stop. A batch of transfers is one part: there it stands still when it has written some of the holdings.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crm.db import db
from crm.models import AuditEvent, Holding
from crm.services import holdings, jobs, rebuilding, staging
from crm.services.holdings import Move
from crm.work.runs import Run

PART = 150
"""Rows a step."""

SIGN = "standing-still"
"""The file in the instance folder that says so, and how many holdings a batch has written."""

step, pass_on = Run.step, holdings.pass_on


def say_so(written: int = 0) -> None:
    """Whoever finds the file finds it whole."""
    sign = Path(os.environ["GUISHU_INSTANCE"]) / SIGN
    sign.with_suffix(".new").write_text(str(written))
    sign.with_suffix(".new").rename(sign)


def passing_on(moves: Iterable[Move], event: AuditEvent) -> None:
    """Some holdings of a batch; with the first of them it goes on no further."""
    pass_on(moves, event)
    say_so(db.session.query(Holding).filter(Holding.transfer_id.is_not(None)).count())
    time.sleep(3_600)


@contextmanager
def halting(run: Run) -> Iterator[Any]:
    """A step; the one after the first that got somewhere goes on no further until the worker is to stop."""
    is_second = run.done > 0
    while is_second and not run._stopping() and not jobs.workers_alive():
        # said in another thread, which could not while this one holds the write lock
        db.session.rollback()
        time.sleep(0.02)
    db.session.rollback()
    with step(run) as session:
        yield session
        if is_second:
            say_so()
        while is_second and not run._stopping():
            time.sleep(0.02)


if __name__ == "__main__":
    rebuilding.AT_ONCE = staging.CHUNK = PART
    Run.step = halting  # type: ignore[assignment, method-assign]
    holdings.pass_on = passing_on
    from crm.cli import main

    main(["worker"])
