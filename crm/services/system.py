"""What this installation stands on: its database and the revision of its tables."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from crm.db import db


@dataclass(frozen=True)
class Database:
    """The database's kind, its version, and the revision of its tables (none: not migrated)."""

    kind: str
    version: str
    revision: str | None


def database() -> Database:
    """The database of these books: two statements."""
    dialect = db.session.get_bind().dialect
    asked = "SELECT sqlite_version()" if dialect.name == "sqlite" else "SHOW server_version"
    version = str(db.session.execute(text(asked)).scalar_one())
    revision = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return Database("SQLite" if dialect.name == "sqlite" else "PostgreSQL", version, revision)
