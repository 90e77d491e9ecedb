"""The revisions make what the models say, on both databases, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import CheckConstraint, Table, inspect, text

from crm import create_app
from crm.db import Base, check_schema, db, downgrade, migration_scripts, transaction, upgrade
from crm.errors import Refused
from tests.databases import Database


@pytest.fixture
def bare(empty_database: Database, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(empty_database.settings(tmp_path / "instance"))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(migration_scripts()).get_heads()) == 1


def test_up_down_and_up_again(bare: Flask) -> None:
    upgrade(bare)
    downgrade(bare, "base")
    with bare.app_context():
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        assert db.session.execute(text(leftovers())).scalar_one() == 0
    upgrade(bare)
    check_schema(bare)


def leftovers() -> str:
    """Counts the triggers and functions that are ours."""
    if db.engine.dialect.name == "sqlite":
        return "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
    return "SELECT count(*) FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"


def test_migrations_make_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "target_metadata": Base.metadata, "include_name": of_models},
        )
        assert compare_metadata(context, Base.metadata) == []
        inspector = inspect(connection)
        for table in Base.metadata.sorted_tables:
            found = {check["name"] for check in inspector.get_check_constraints(table.name)}
            assert found == checks(table), table.name


def of_models(name: str | None, kind: str, _parents: object) -> bool:
    """The search indexes are the database's own, with tables of their own below them."""
    return not (kind == "table" and (name or "").startswith(("project_index", "lead_index")))


def checks(table: Table) -> set[str | None]:
    """The names of the CHECKs a model has; alembic does not compare them."""
    return {
        f"ck_{table.name}_{str(check.name).removeprefix(f'ck_{table.name}_')}"
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }


def test_no_tables_is_one_clear_line_unless_about_to_migrate(bare: Flask) -> None:
    with pytest.raises(Refused, match="尚未建立") as refused:
        check_schema(bare)
    assert "\n" not in str(refused.value)
    check_schema(bare, migrating=True)


def test_newer_tables_are_refused_even_by_a_migration(bare: Flask) -> None:
    upgrade(bare)
    owner = create_app(
        {"GUISHU_INSTANCE": bare.config["INSTANCE"], "DATABASE_URL": bare.config["DATABASE_OWNER_URL"]}
    )
    with owner.app_context():
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        db.engine.dispose()
    for migrating in (False, True):
        with pytest.raises(Refused, match="9999.*比程序新"):
            check_schema(bare, migrating=migrating)
