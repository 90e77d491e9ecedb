"""Books in an SQLite file: a copy while others write, and one file put in the place of another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from crm.errors import Refused
from crm.messages import N_

MEMBER = "database.sqlite"


def snapshot(source: Path, target: Path) -> dict[str, object]:
    """Copies the books into a new file as they are at one moment, and returns what the copy says of itself.

    Writers go on meanwhile. Raises Refused where the copy is not sound.
    """
    if not source.exists():
        raise Refused(N_("没有数据库文件 %(file)s：没有可以备份的账套"), file=source)
    with closing(_connected(source)) as books, closing(_connected(target)) as copy:
        # All pages in one step: one read transaction, which writers in WAL mode do not wait for.
        books.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        wrong = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
        if wrong != ["ok"]:
            raise Refused(
                N_("数据库 %(file)s 有损坏，未做备份：%(reason)s"), file=source, reason="; ".join(wrong)
            )
        return {"database": "sqlite", **_about(copy)}


def is_empty(file: Path) -> bool:
    """Are there no rows in this file, or is there no file?"""
    if not file.exists() or file.stat().st_size == 0:
        return True
    try:
        with closing(_connected(file)) as books:
            return not any(
                books.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone()
                for table in _tables(books)
                if table != "alembic_version"
            )
    except sqlite3.DatabaseError:
        # Whatever it is, somebody may still want it.
        return False


def run(file: Path, statements: Iterable[str]) -> None:
    """Runs statements on a file that nobody else has."""
    with closing(_connected(file)) as books:
        for statement in statements:
            books.execute(statement)


def close(file: Path) -> None:
    """Leaves no write-ahead log behind, which SQLite would take for one of the file that comes in its place.

    Raises Refused where somebody else has the books open.
    """
    if not file.exists():
        return
    try:
        with closing(_connected(file)) as books:
            # Needs the file for itself, so it also tells whether anybody else has it.
            books.execute("PRAGMA busy_timeout = 2000")
            books.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise Refused(
            N_("数据库 %(file)s 正被其他程序使用：请先停止网站和后台任务，再运行本命令"), file=file
        ) from error
    except sqlite3.DatabaseError:
        # No database: nothing in a log beside it can be of use.
        for suffix in ("-wal", "-shm", "-journal"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)


def _connected(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=15, isolation_level=None)


def _tables(books: sqlite3.Connection) -> list[str]:
    listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    return sorted(row[0] for row in books.execute(listed))


def _about(books: sqlite3.Connection) -> dict[str, object]:
    tables = _tables(books)

    def one(table: str, query: str) -> str | None:
        row = books.execute(query).fetchone() if table in tables else None
        return row[0] if row else None

    return {
        "tables": tables,
        "revision": one("alembic_version", "SELECT version_num FROM alembic_version"),
        "books": one("books", "SELECT kind FROM books"),
        "database_version": sqlite3.sqlite_version,
    }
