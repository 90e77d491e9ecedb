"""Runs revisions: as the owner of the tables, all in one transaction, then gives the program's role its
rights.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from crm import guards, models
from crm.config import engine_options
from crm.db import Base, Instant, meaning_to_write


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Writes our column types as SQLAlchemy's, so that a revision does not change when the code does."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrates the database that the settings name."""
    owner_url: str = current_app.config["DATABASE_OWNER_URL"]
    options = engine_options(owner_url)
    engine = create_engine(owner_url, poolclass=NullPool, connect_args=options.get("connect_args", {}))
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection, meaning_to_write():
        if sqlite:
            # Rebuilding a table (batch mode) drops it: references to it must not stop that, nor be lost
            # by it.
            connection.connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            transactional_ddl=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"the migration left references to nothing: {broken[:5]}")
            else:
                program = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).username
                if program and program != engine.url.username:
                    guards.grant(connection, program, models.insert_only_tables())
    engine.dispose()


run()
