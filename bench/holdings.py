"""What is held beside what is entitled: the list of an earlier day, the differences, and a batch of transfers."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from bench import say
from bench.books import fill
from bench.pages import asking, signed_in, sqlite
from crm import clock
from crm.db import db, transaction
from crm.models import FactColumns, Project, ProjectFacts, TransferBatch, Unit, User
from crm.rules.facts import NOTICE_DAY
from crm.services import batch_effect, batch_signers, batch_signing, batches, people, standpoint

TIMES = 11
AS_OF = {"list of what is due": 2.5, "units": 3.0}
"""Where an earlier day may take more than half as long again: what is due or adds up today stands beside each project."""
PER_SECOND = 1_000
"""Transfers of a batch to be put into effect in a second."""


def run(size: int) -> list[dict[str, Any]]:
    """The as-of list against the present one, the differences against reading the facts, and the speed of a batch."""
    logging.disable(logging.INFO)
    try:
        with tempfile.TemporaryDirectory() as folder, sqlite(Path(folder)) as app:
            say(f"filling the books with {size:,} projects")
            fill(app, size)
            say("asking for lists, adding up what is due, putting a batch into effect")
            return [*listed(app, size), differing(app, size), in_bulk(app)]
    finally:
        logging.disable(logging.NOTSET)


def listed(app: Flask, size: int) -> list[dict[str, Any]]:
    """Pages as of a year ago against the same of today, in turns: the list, whole and of the unit that holds least."""
    client = signed_in(app)
    with app.app_context():
        earlier = clock.today() - timedelta(days=365)
        unit = least()
    pages = {
        "list": "/projects?",
        "list of a holder": f"/projects?held={unit}&",
        "list of a unit entitled": f"/projects?unit={unit}&",
        "list of what is due": "/projects?due=yes&",
        "units": "/units?",
    }
    acts = [
        asking(client, address) for path in pages.values() for address in (f"{path}on={earlier}", path[:-1])
    ]
    taken = medians(*acts)
    return [
        {
            "name": f"{name} as of a day against the present one, {size:,}",
            "ratio": past / now,
            "limit": AS_OF.get(name, 1.5),
            "detail": f"{past * 1000:.1f} ms against {now * 1000:.1f} ms",
        }
        for name, past, now in zip(pages, taken[::2], taken[1::2], strict=True)
    ]


def least() -> str:
    """The code of the unit that holds the fewest projects, but some."""
    query = select(Unit.code).join(Project, Project.held_indicators_id == Unit.id)
    return str(db.session.scalar(query.group_by(Unit.code).order_by(func.count()).limit(1)))


def differing(app: Flask, size: int) -> dict[str, Any]:
    """Counting what is due on an earlier day over all projects, against reading the facts of all of them."""
    with app.app_context():
        user = db.session.query(User).filter_by(login="reviewer").one()
        seen = standpoint.at(date(2020, 12, 31))
        due = seen.select(user, func.count()).where(seen.due)
        facts = select(*(getattr(ProjectFacts, name) for name in FactColumns.__annotations__))

        def timed(act: Callable[[], Any]) -> Callable[[], float]:
            def once() -> float:
                began = time.perf_counter()
                assert act()
                return time.perf_counter() - began

            return once

        over, under = medians(
            timed(lambda: db.session.scalar(due)), timed(lambda: db.session.execute(facts).all())
        )
    detail = f"{over * 1000:.0f} ms against {under * 1000:.0f} ms"
    return {"name": f"what is due against reading the facts, {size:,}", "ratio": over / under, "limit": 2, "detail": detail}  # fmt: skip


def in_bulk(app: Flask) -> dict[str, Any]:
    """The stock of the notice as one batch, drawn up and signed; what is timed is putting it into effect."""
    with app.app_context():
        with transaction():
            reviewer = db.session.query(User).filter_by(login="reviewer").one()
            made = batches.draw_up("stock", NOTICE_DAY, title="bench", basis="bench", actor=reviewer)
            number = made.id
            signers = [
                people.add_user(
                    f"bench-{unit_id}", name="bench", role="unit_head", unit=db.session.get_one(Unit, unit_id),
                    password="correct horse battery", valid_from=NOTICE_DAY, actor=None,
                )
                for unit_id in batch_signers.signers(made)
            ]  # fmt: skip
            made = batches.send(number, version=made.version, actor=reviewer)
            for signer in signers:
                made = batch_signing.sign(number, version=made.version, actor=signer)
        with transaction():
            began = time.perf_counter()
            round_ = db.session.get_one(TransferBatch, number).round
            moved = batch_effect.put_into_effect(number, round_, actor=reviewer)
        taken = time.perf_counter() - began
    detail = f"{moved:,} transfers in {taken:.1f} s"
    return {"name": f"a batch against {PER_SECOND:,} transfers a second", "ratio": moved / taken / PER_SECOND, "limit": 1, "at_least": True, "detail": detail}  # fmt: skip


def medians(*acts: Callable[[], float]) -> list[float]:
    """Median seconds of each, in turns, so that noise is everybody's; the first turn warms up."""
    taken = [[act() for act in acts] for _ in range(TIMES + 1)][1:]
    return [statistics.median(column) for column in zip(*taken, strict=True)]
