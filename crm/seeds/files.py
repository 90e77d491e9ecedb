"""The files that books are kept in: made aside, moved into place when whole, one process at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120
"""Seconds: loading the demonstration takes under a minute on the slowest machine tried."""


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """No other process makes books in this folder meanwhile; a killed one gives way by itself.

    SQLite's own lock serves, for it works the same on every system and ends with its process.
    """
    lock = sqlite3.connect(instance / "making.lock", timeout=PATIENCE, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


def make(file: Path, load: Callable[[], object]) -> bool:
    """Makes an SQLite database with `load` under another name and moves it into place; whether it had to.

    What an interrupted attempt left behind is thrown away.
    """
    with alone(file.parent):
        if file.exists():
            return False
        aside = file.with_name(file.name + ".loading")
        for leftover in file.parent.glob(aside.name + "*"):
            leftover.unlink()
        _fill(aside, load)
        os.replace(aside, file)
    return True


def _fill(file: Path, load: Callable[[], object]) -> None:
    from crm import create_app
    from crm.db import db, upgrade

    app = create_app({"DATABASE_URL": f"sqlite:///{file}"})
    upgrade(app)
    with app.app_context():
        load()
        db.session.remove()
        db.engine.dispose()
    # The last connection to leave a database in WAL mode writes all of it into the one file that is moved.
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
