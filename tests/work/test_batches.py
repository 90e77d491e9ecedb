"""A real worker that is killed while a batch of transfers takes effect: all of it does afterwards, and none before."""

from __future__ import annotations

import signal

from flask import Flask

from crm import clock
from crm.db import db, transaction
from crm.models import CarryOver, Holding, Transfer, TransferBatch, TransferSignature
from crm.work.worker import run_pending
from tests.databases import Database
from tests.services.batching import TODAY, confirmed, database
from tests.work.test_processes import PATIENCE, halted, peek, wait, worker

__all__ = ["database"]


def seen() -> tuple[str, int, int, int]:
    """The batch's state, its transfers that took effect, the holdings they moved, the bureau's signatures."""
    db.session.rollback()
    return (
        db.session.query(TransferBatch.state).scalar(),
        db.session.query(Transfer).filter_by(state="confirmed").count(),
        db.session.query(Holding).filter(Holding.transfer_id.is_not(None)).count(),
        db.session.query(TransferSignature).filter_by(side="bureau").count(),
    )


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it_all(
    app: Flask, database: Database
) -> None:
    with app.app_context():
        with clock.at(TODAY), transaction():
            job = confirmed().job_id or 0
        with halted(app, database) as process:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        assert peek(job, "state") == "running" and seen() == ("confirming", 0, 0, 0)
        assert db.session.query(CarryOver).count() == 0
        with worker(app, database):
            wait(lambda: peek(job, "state") == "done")
        assert peek(job, "attempts", "result") == (2, {"transfers": 4})
        assert seen() == ("confirmed", 4, 4, 1)


def test_a_job_that_was_done_and_not_noted_does_nothing_twice(app: Flask, database: Database) -> None:
    with app.app_context():
        with clock.at(TODAY), transaction():
            job = confirmed().job_id or 0
        with clock.at(TODAY):
            assert run_pending() == 1
            once = seen()
            with transaction() as session:
                # as a worker leaves it that died between its last step and the note that it was done
                session.execute(
                    db.text(
                        "UPDATE jobs SET state = 'queued', finished_at = NULL, due_at = started_at WHERE id = :id"
                    ),
                    {"id": job},
                )
            assert run_pending() == 1
        assert seen() == once == ("confirmed", 4, 4, 1)
        assert peek(job, "state", "result") == ("done", {"transfers": 4})
