"""Signs of life, for machines that ask often: each is cheap, writes nothing, and says no more than yes or no."""

from __future__ import annotations

import time
from threading import Lock

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crm.db import db
from crm.operations import machine, tables
from crm.operations.schema import head
from crm.services import jobs

KEPT = 5.0
"""Seconds an answer is given again, so that asking cannot load the database."""

GRACE = 60.0
"""Seconds after the program began in which a worker may still be on its way: it starts after the server and reports
when it is there.
"""


class Signs:
    """What an application last said of itself, and when."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._began = time.monotonic()
        self._until = 0.0
        self._last: dict[str, bool] = {}
        self._head = head()

    def of(self, app: Flask) -> dict[str, bool]:
        """Part → is it well? A part that needs the database is not well where that is not."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._last = self._asked(app)
                self._until = time.monotonic() + KEPT
            return self._last

    def _asked(self, app: Flask) -> dict[str, bool]:
        signs = dict.fromkeys(("database", "schema", "writing", "worker"), False)
        try:
            revision = db.session.execute(
                text("SELECT version_num FROM alembic_version")
            ).scalar_one_or_none()
            signs["database"] = True
            signs["schema"] = revision == self._head
            signs["writing"] = tables.can_write()
            signs["worker"] = jobs.workers_alive() > 0 or self._is_beginning()
        except SQLAlchemyError:
            app.logger.exception("health: the database did not answer")
            db.session.rollback()
        signs["disk"] = machine.disk_free(app) >= machine.DISK_FLOOR
        return signs

    def _is_beginning(self) -> bool:
        return time.monotonic() - self._began < GRACE
