"""Books of the first version, with rows in every table, brought up to this one: nothing is lost, and down again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import MetaData, Table, create_engine, func, select

from crm import clock, create_app, db
from crm.db import downgrade, migration_scripts, upgrade
from crm.models import (
    CarryOver,
    Decision,
    Holding,
    Project,
    Transfer,
    TransferBatch,
    TransferItem,
    TransferSignature,
    Unit,
    UnitSuccession,
    User,
)
from crm.services import auditing, search, standing
from crm.work.catching_up import catch_up
from tests import build
from tests.databases import Database
from tests.operations.conftest import Installation
from tests.web.conftest import TODAY

FIRST = "0001"
INSTANT = datetime(2020, 4, 28, 1, 30, tzinfo=UTC)
COLUMNS_GONE = {"users": {"role", "unit_id"}}
"""What the first version kept in another way."""

FACTS = {"name": "未导入的项目", "above_scale_industrial": False}
OTHERS: dict[str, dict[str, Any]] = {
    "enterprises": {"id": 901, "name": "汉芯公司旧名", "credit_code": None},
    "industries": {"code": "Z", "name": "示例门类", "level": 1, "parent": None, "section": "Z"},
    "targets": {
        "valid_from": date(2021, 1, 1), "recorded_at": INSTANT, "year": 2021, "code": "t", "scope": "district",
        "section": "1", "name_zh": "示例", "name_en": "example", "measure": "count", "expected": "1", "stretch": "2",
        "unit": "个", "computed_from": "", "definition": "", "lead": "", "responsible": "", "source": "test",
    },
    "project_reports": {
        "project_id": 1, "position": 1, "stage": "signed", "reported_on": "2019-09", "source_url": "", "text": "报道"
    },
    "imports": {
        "id": 7, "file_name": "旧表.xlsx", "sha256": "a" * 64, "effective_from": date(2021, 6, 1), "head": [],
        "problems": [], "attempt": 1, "status": "checked", "staged_rows": 1, "new_rows": 1, "changed_rows": 0,
        "same_rows": 0, "error_rows": 0, "actor_id": 3, "created_at": INSTANT, "heartbeat_at": INSTANT,
    },
    "staged_rows": {
        "import_id": 7, "row_number": 2, "number": "OLD-1", "action": "new", "books_rows": 0, "relinks": False, **FACTS
    },
    "staged_facts": {
        "import_id": 7, "row_number": 2, "valid_from": date(2021, 6, 1), "adds": True, "newest": True, **FACTS
    },
    "staged_decisions": {
        "import_id": 7, "row_number": 2, "from_day": date(2021, 6, 1), "outcome_id": 1, "status": "undetermined"
    },
    "month_closes": {"month": "2021-04", "last_day": date(2021, 4, 30), "recorded_at": INSTANT},
    "focus_industries": {"unit_id": 1, "position": 99, "name": "示例", "clause": "一"},
}  # fmt: skip
"""A row for each table that the small books leave empty."""


def reflected(url: str) -> tuple[Any, MetaData]:
    """A connection to the books as the owner of the tables, and the tables that are there."""
    engine = create_engine(url)
    found = MetaData()
    found.reflect(engine)
    return engine, found


def rows(url: str, columns: dict[str, list[str]] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of tables, of their columns; by default of all that are there."""
    engine, found = reflected(url)
    wanted = columns or {name: table.columns.keys() for name, table in found.tables.items()}
    with engine.connect() as connection:
        answer = {
            name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(select(*(found.tables[name].c[one] for one in columns_)))
                ),
                key=repr,
            )
            for name, columns_ in wanted.items()
        }
    engine.dispose()
    return answer


@pytest.fixture
def old(
    request: pytest.FixtureRequest, installation: Installation, tmp_path: Path
) -> Iterator[tuple[Installation, dict[str, list[str]]]]:
    """An installation of the first version, and its tables with their columns: what the small books say, and a row more
    wherever they leave a table empty.
    """
    new = installation.database
    if new.kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
        yield filled(installation, Database("sqlite", url, url))
    else:
        with request.getfixturevalue("postgresql").fresh("template0") as fresh:
            yield filled(installation, fresh)


def filled(installation: Installation, target: Database) -> tuple[Installation, dict[str, list[str]]]:
    """Makes the tables of the first version and enters the rows."""
    app = create_app(target.settings(installation.instance))
    upgrade(app, FIRST)
    with app.app_context():
        db.db.engine.dispose()
    source, new = reflected(installation.database.owner_url)
    engine, found = reflected(target.owner_url)
    with source.connect() as reading, engine.begin() as writing:
        tables = [table for table in found.sorted_tables if table.name != "alembic_version"]
        for table in tables:
            enter(reading, writing, new.tables[table.name], table, new)
        if target.kind == "postgresql":
            for table in tables:
                if "id" in table.c and table.c.id.autoincrement is not False and table.name != "books":
                    last = select(func.max(table.c.id)).scalar_subquery()
                    writing.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
        empty = [
            table.name for table in tables if not writing.scalar(select(func.count()).select_from(table))
        ]
        assert not empty, f"no row in {empty}: give OTHERS one"
    columns = {table.name: table.columns.keys() for table in tables}
    for each in (source, engine):
        each.dispose()
    made = Installation(installation.instance, target, installation.tools, installation.monkeypatch)
    return made, columns


def enter(reading: Any, writing: Any, source: Table, table: Table, new: MetaData) -> None:
    """Enters a table's rows as the first version kept them."""
    shared = [column.name for column in table.columns if column.name in source.columns]
    found = [row._asdict() for row in reading.execute(select(*(source.c[name] for name in shared)))]
    if table.name == "users":
        terms = {row.user_id: row for row in reading.execute(select(new.tables["post_terms"]))}
        for row in found:
            row |= {"role": terms[row["id"]].role, "unit_id": terms[row["id"]].unit_id}
    if not found and table.name in OTHERS:
        found = [OTHERS[table.name]]
    if found:
        writing.execute(table.insert(), found)


def test_old_books_are_brought_up_and_nothing_is_lost(
    old: tuple[Installation, dict[str, list[str]]], tmp_path: Path
) -> None:
    installation, columns = old
    url = installation.database.owner_url
    kept = {
        name: [one for one in each if one not in COLUMNS_GONE.get(name, ())] for name, each in columns.items()
    }
    before, roles = rows(url, kept), rows(url, {"users": ["id", "role", "unit_id"]})["users"]
    done = installation.crm("upgrade", "--backup", tmp_path / "before.zip")
    assert done.exit_code == 0, done.output
    assert rows(url, kept) == before
    assert sorted(rows(url, {"post_terms": ["user_id", "role", "unit_id"]})["post_terms"]) == sorted(roles)
    app = installation.app()
    with app.app_context():
        # as the next start does
        catch_up()
    doctored = installation.crm("doctor")
    assert doctored.exit_code == 0, doctored.output
    head = ScriptDirectory.from_config(migration_scripts()).get_current_head()
    assert rows(url, {"alembic_version": ["version_num"]})["alembic_version"] == [(head,)]
    looked_over(app)
    worked_with(app)
    passed_on(app)
    # Down again: the rows of the first version, but for what was signed in and searched since.
    since = rows(url, kept)
    downgrade(app, FIRST)
    with app.app_context():
        db.db.engine.dispose()
    assert rows(url, kept) == since
    assert rows(url, {"users": ["id", "role", "unit_id"]})["users"] == roles
    engine, found = reflected(url)
    engine.dispose()
    assert set(found.tables) == {*columns, "alembic_version"}
    # And up once more, as whoever changed their mind would.
    upgrade(app)
    with app.app_context():
        assert auditing.walk().fault is None
        db.db.session.remove()
        db.db.engine.dispose()


def looked_over(app: Flask) -> None:
    """What was made of the old rows says what the old rows say."""
    with app.app_context(), clock.at(TODAY):
        assert auditing.walk().fault is None
        for user in db.db.session.query(User):
            assert user.role == user.login and not user.must_change_password and not user.locked
            assert (user.unit is not None) == (user.role in {"staff", "unit_head"})
        assert standing.is_of(TODAY)
        for project in db.db.session.query(Project):
            decided = db.db.session.scalar(
                select(Decision)
                .join(Project, Decision.project_id == Project.id)
                .where(Project.id == project.id, Decision.id == standing.current(TODAY))
            )
            assert decided is not None and project.decision_id == decided.id
            assert project.indicators_id == decided.indicators_id
        db.db.session.remove()
        db.db.engine.dispose()


def worked_with(app: Flask) -> None:
    """People sign in with the passwords they had, find projects by any characters, and open every page."""
    app.config["WTF_CSRF_ENABLED"] = False
    visitor = app.test_client()
    answer = visitor.post("/sign-in", data={"login": "reviewer", "password": build.PASSWORD})
    assert answer.status_code == 302 and visitor.get("/").status_code == 200
    assert "芯片封装项目" in visitor.get("/projects?q=片封").text
    with app.app_context(), db.transaction():
        search.index_pending(1000)
    found = visitor.get("/projects?q=片封").text
    assert "芯片封装项目" in found and "食品厂" not in found
    for path in (
        "/projects/P1",
        "/units/jd",
        "/streets",
        "/rulebook",
        "/imports",
        "/imports/7",
        "/jobs",
        "/briefs/2021-05",
    ):
        assert visitor.get(path).status_code == 200, path
    with app.app_context():
        db.db.session.remove()
        db.db.engine.dispose()


def passed_on(app: Flask) -> None:
    """A row of each kind that a transfer leaves behind: going down takes them all away."""
    with app.app_context(), clock.at(TODAY, INSTANT), db.transaction() as session:
        project, user = session.query(Project).first(), session.query(User).first()
        one, other = session.query(Unit).order_by(Unit.id)[:2]
        units = {"from_unit_id": one.id, "to_unit_id": other.id}
        batch = TransferBatch(
            kind="stock", title="存量", day=TODAY, basis="通知", due_on=TODAY, held_by_id=user.id, drawn_up_by_id=user.id
        )  # fmt: skip
        session.add(batch)
        session.flush()
        transfer = Transfer(
            project_id=project.id, batch_id=batch.id, indicators=True, enterprise_service=True, rule="3.1-transfer",
            since=TODAY, effective_day=TODAY, state="confirmed", due_on=TODAY, **units,
        )  # fmt: skip
        session.add(transfer)
        session.flush()
        held = {"indicators_id": other.id, "enterprise_service_id": other.id}
        session.add_all([
            TransferItem(transfer_id=transfer.id, section="tasks", position=1, text="待办", state="open"),
            TransferSignature(batch_id=batch.id, round=1, side="giving", unit_id=one.id, user_id=user.id, digest="a" * 64),
            Holding(project_id=project.id, from_day=TODAY, transfer_id=transfer.id, **held),
            CarryOver(
                transfer_id=transfer.id, project_id=project.id, duty="indicators", figure="total_investment",
                month="2021-06", first_month="2021-04", last_month="2021-05", **units,
            ),
            UnitSuccession(unit_id=one.id, successor_id=other.id, valid_from=TODAY, basis="通知"),
        ])  # fmt: skip
    with app.app_context():
        db.db.session.remove()
        db.db.engine.dispose()
