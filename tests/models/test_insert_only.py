"""History cannot be changed: the database itself refuses, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, Date, Integer, Table, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from crm.config import engine_options
from crm.db import Base, Instant, meaning_to_write
from crm.models import insert_only_tables
from tests.databases import Database

EXPECTED = {
    "accesses",
    "adjudicator_terms",
    "area_terms",
    "attachment_versions",
    "audit_events",
    "carry_overs",
    "credit_shares",
    "credit_splits",
    "decisions",
    "holdings",
    "lead_progress",
    "month_closes",
    "outcomes",
    "plate_terms",
    "post_terms",
    "project_facts",
    "reading_terms",
    "setting_terms",
    "street_terms",
    "targets",
    "transfer_signatures",
    "unit_successions",
    "unit_terms",
}

SPECIAL: dict[str, dict[str, object]] = {
    "books": {"kind": "real"},
    "imports": {"status": "staging"},
    "accesses": {"status": 200},
    "proposals": {"state": "open"},
    "plate_terms": {"street_id": 1},
    "leads": {"stage": "registered", "source": "visit", "lost_reason": None},
    "lead_progress": {"kind": "call"},
    "transfer_batches": {"kind": "stock", "state": "drafting", "unit_id": None, "successor_id": None},
    "transfers": {
        "state": "filling",
        "effective_day": None,
        "from_unit_id": 1,
        "to_unit_id": 2,
        "indicators": True,
    },
    "transfer_signatures": {"side": "bureau", "unit_id": None, "batch_id": None, "transfer_id": 1},
    "carry_overs": {
        "duty": "indicators",
        "month": "2021-06",
        "first_month": "2021-05",
        "last_month": "2021-05",
        "from_unit_id": 1,
        "to_unit_id": 2,
        "from_fen": -1,
        "to_fen": 1,
    },
    "credit_splits": {"lead_id": 1, "whole": 10_000},
    "credit_shares": {
        "previous": None,
        "role": "receiver",
        "share": 10_000,
        "sum_before": 0,
        "sum_after": 10_000,
    },
}
"""What a table's own rules ask of its row."""


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """A connection of the tables' owner, with one row in every table that is history."""
    engine = create_engine(database.owner_url, **engine_options(database.owner_url))
    with engine.connect() as connection:
        with meaning_to_write():
            for table in needed():
                # some have their one row from the migration
                if not connection.scalar(select(func.count()).select_from(table)):
                    add_row(connection, table)
            connection.commit()
        yield connection
    engine.dispose()


def needed() -> list[Table]:
    """The tables that are history, and those that they refer to, which come first."""
    wanted = {Base.metadata.tables[name] for name in EXPECTED}
    while more := {key.column.table for table in wanted for key in table.foreign_keys} - wanted:
        wanted |= more
    return [table for table in Base.metadata.sorted_tables if table in wanted]


def add_row(connection: Connection, table: Table) -> None:
    given: dict[str, object] = {
        "code": "R1",
        "month": "2021-05",
        "last_day": date(2021, 5, 31),
        "level": 1,
        "action": "new",
    }
    closed: dict[str, object] = {
        "kind": "office",
        "role": "staff",
        "status": None,
        "attribution_status": None,
        "state": "queued",
        "origin": None,
        "named_major": None,
    }
    values: dict[str, object] = {}
    for column in table.columns:
        if column.foreign_keys:
            values[column.name] = None if column.nullable else 1
        elif column.name in given:
            values[column.name] = given[column.name]
        elif column.name in closed:
            values[column.name] = closed[column.name]
        elif isinstance(column.type, Integer):
            values[column.name] = 1
        elif isinstance(column.type, Date):
            values[column.name] = date(2021, 6, 3)
        elif not column.nullable:
            values[column.name] = empty(column.type)
    values |= SPECIAL.get(table.name, {})
    connection.execute(table.insert().values(values))
    if table.name == "units":
        # what passes on needs another one
        connection.execute(table.insert().values(values | {"id": 2, "code": "R2", "name": "R2"}))


def empty(kind: Any) -> object:
    """The least value of a column's type."""
    if isinstance(kind, JSON):
        return {}
    return datetime(2021, 6, 3, tzinfo=UTC) if isinstance(kind, Instant) else kind.python_type()


def test_the_list_of_insert_only_tables() -> None:
    assert set(insert_only_tables()) == EXPECTED


def test_even_the_owner_can_only_insert(owner: Connection) -> None:
    for name in sorted(EXPECTED):
        table = Base.metadata.tables[name]
        column = next(
            column for column in table.columns if not column.primary_key and not column.foreign_keys
        )
        for statement in (table.update().values({column.name: table.c[column.name]}), table.delete()):
            with pytest.raises(DBAPIError, match=f"{name} is insert-only"), owner.begin_nested():
                owner.execute(statement)
        assert owner.scalar(select(func.count()).select_from(table)) == 1


def test_replacing_and_truncating_are_changes_as_well(owner: Connection) -> None:
    truncate = "INSERT OR REPLACE INTO outcomes SELECT * FROM outcomes"
    if owner.dialect.name == "postgresql":
        truncate = "TRUNCATE outcomes CASCADE"
    with pytest.raises(DBAPIError, match="is insert-only"), owner.begin_nested():
        owner.execute(text(truncate))


def test_the_program_can_neither_change_history_nor_switch_its_triggers_off(
    database: Database, owner: Connection
) -> None:
    if database.kind == "sqlite":
        pytest.skip("SQLite has no roles")
    refused = [
        "UPDATE outcomes SET rulebook = ''",
        "DELETE FROM outcomes",
        "TRUNCATE outcomes",
        "ALTER TABLE outcomes DISABLE TRIGGER ALL",
        "DROP TRIGGER outcomes_no_change ON outcomes",
        "DROP TABLE outcomes",
        "DROP FUNCTION refuse_change() CASCADE",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = ''",
        "CREATE TABLE another (id integer)",
    ]
    engine = create_engine(database.url)
    with engine.connect() as program:
        assert program.scalar(text("SELECT count(*) FROM outcomes")) == 1
        program.execute(text("UPDATE units SET name_en = 'changed'"))
        program.execute(text("INSERT INTO outcomes VALUES (2, 'x', 'x', '{}')"))
        for statement in refused:
            with (
                pytest.raises(ProgrammingError, match="permission denied|must be owner"),
                program.begin_nested(),
            ):
                program.execute(text(statement))
    engine.dispose()
