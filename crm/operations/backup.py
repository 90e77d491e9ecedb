"""Everything an installation owns into one archive, while it goes on working."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

from sqlalchemy import make_url

from crm.operations import archive, places, sqlite_books
from crm.operations.archive import Member
from crm.operations.postgresql_books import MEMBER as DUMP
from crm.operations.postgresql_books import Server

TOLD = ("HOST", "PORT", "PROXIES", "SESSION_COOKIE_SECURE", "FONTS")
"""Settings that the manifest remembers, for whoever sets up another machine; none of them is a secret."""


def back_up(settings: Mapping[str, object], file: Path) -> int:
    """Writes an archive of the installation that these settings describe; returns how many members it has.

    The database first and the files after it: what a row names is there before the row is, so it is in the archive.
    Raises Refused where something cannot be read or written; no archive is then left behind.
    """
    url = make_url(str(settings["SQLALCHEMY_DATABASE_URI"]))
    try:
        folder = tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise archive.cannot_write(file, error) from error
    with folder as made:
        copy = Path(made) / "books"
        if url.drivername.startswith("sqlite"):
            about = sqlite_books.snapshot(Path(str(url.database)), copy)
            database = Member(sqlite_books.MEMBER, copy, True)
        else:
            about = Server(settings).snapshot(copy)
            # pg_dump has packed it already.
            database = Member(DUMP, copy, False)
        return archive.write(
            file,
            chain([database], places.members(settings)),
            {
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "database": about["database"],
                "revision": about["revision"],
                "books": about["books"],
                "tables": about["tables"],
                "versions": versions() | {"database": str(about["database_version"])},
                "settings": {name: settings[name] for name in TOLD},
            },
        )


def versions() -> dict[str, str]:
    """What this installation runs on, by name."""
    found = {"python": platform.python_version(), "system": platform.platform(terse=True)}
    for package in ("guishu", "sqlalchemy", "flask", "psycopg", "granian", "reportlab"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found
