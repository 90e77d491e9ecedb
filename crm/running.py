"""Who is at the books: servers and commands together, or whoever restores or upgrades them, alone.

The lock is one that SQLite takes on a file of the instance folder: it works the same on every system, whatever
database the books are in, and ends with its process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crm.errors import Refused
from crm.messages import N_

LOCK = "running.lock"
PATIENCE = 2
"""Seconds: somebody who only asks whether he may be alone is gone by then."""

_joined: list[sqlite3.Connection] = []


def join(instance: str | Path) -> None:
    """Is at the books until the process ends. Raises Refused where they are being restored or upgraded."""
    _joined.append(_shared(Path(instance)))


@contextmanager
def together(instance: str | Path) -> Iterator[None]:
    """Is at the books inside the block. Raises Refused where they are being restored or upgraded."""
    with closing(_shared(Path(instance))):
        yield


@contextmanager
def alone(instance: str | Path) -> Iterator[None]:
    """Nobody else is at the books inside the block. Raises Refused where somebody is."""
    with closing(_opened(Path(instance), 0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Refused(
                N_("程序还在运行（%(folder)s 正在使用）：请先停止网站和后台任务，再运行本命令"),
                folder=instance,
            ) from error
        yield


def is_served(instance: str | Path) -> bool:
    """Is anybody at the books, on this machine?"""
    try:
        with alone(instance):
            return False
    except Refused:
        return True


def _shared(instance: Path) -> sqlite3.Connection:
    lock = _opened(instance, PATIENCE)
    try:
        lock.execute("BEGIN")
        lock.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        lock.close()
        raise Refused(N_("%(folder)s 正在升级或恢复：请等它结束后再启动"), folder=instance) from error
    return lock


def _opened(instance: Path, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(instance / LOCK, timeout=patience, isolation_level=None, check_same_thread=False)
