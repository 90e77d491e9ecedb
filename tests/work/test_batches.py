"""Real workers that are killed while a batch of five thousand transfers takes effect: all of it does afterwards, none before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func

from crm.db import db, transaction
from crm.models import CarryOver, Holding, Project, Transfer, TransferBatch, TransferSignature
from crm.services import units
from crm.work import day
from crm.work.worker import run_pending
from tests import databases
from tests.conftest import BOTH
from tests.databases import Database
from tests.services.batching import MANY, YI, enter_many
from tests.work.halting import SIGN
from tests.work.test_processes import PATIENCE, halted, peek, wait, worker


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Books in which a batch of five thousand is confirmed and waits for a worker."""
    with databases.copied(request, "batching_many", enter_many, tmp_path) as made:
        yield made


def seen() -> tuple[str, int, int, int, int, int]:
    """The batch's state; how many of its transfers took effect, of projects its receiving unit holds, of holdings it wrote, of
    lines carried over and of the bureau's signatures.
    """
    db.session.rollback()
    cihui = units.unit_by_code("cihui").id
    held = db.session.query(Project).filter_by(held_indicators_id=cihui, held_enterprise_service_id=cihui)
    written = db.session.query(Holding).filter(Holding.transfer_id.is_not(None))
    return (
        db.session.query(TransferBatch.state).scalar(),
        db.session.query(Transfer).filter_by(state="confirmed").count(),
        held.count(),
        written.count(),
        db.session.query(CarryOver).count(),
        db.session.query(TransferSignature).filter_by(side="bureau").count(),
    )


def nothing_else() -> None:
    """The day's work is done already."""
    day.queue_today()
    with transaction() as session:
        session.execute(
            db.text("UPDATE jobs SET state = 'done', finished_at = due_at WHERE kind = 'day.begin'")
        )


DONE = ("confirmed", MANY, MANY, MANY, MANY, 1)


def test_a_worker_killed_in_the_middle_leaves_nothing_and_of_two_others_one_does_it_all(
    app: Flask, database: Database
) -> None:
    with app.app_context():
        job = db.session.query(TransferBatch.job_id).scalar()
        nothing_else()
        with halted(app, database) as process:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        written = int((Path(app.config["INSTANCE"]) / SIGN).read_text())
        assert 0 < written < MANY, "it died when some of the holdings were written and others were not"
        assert peek(job, "state") == "running" and seen() == ("confirming", 0, 0, 0, 0, 0)
        with worker(app, database), worker(app, database):
            wait(lambda: peek(job, "state") == "done")
        assert peek(job, "attempts", "result") == (2, {"transfers": MANY})
        assert seen() == DONE
        assert db.session.query(func.sum(CarryOver.to_fen)).scalar() == (MANY + 4) * YI
        with transaction() as session:
            # as a worker leaves it that died between its last step and the note that it was done
            again = "UPDATE jobs SET state = 'queued', finished_at = NULL, due_at = started_at WHERE id = :id"
            session.execute(db.text(again), {"id": job})
        assert run_pending() == 1
        assert peek(job, "state", "result") == ("done", {"transfers": MANY}) and seen() == DONE
