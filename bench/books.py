"""Books with as many projects as asked for: ten thousand imported, the rest copies of them under other numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import String, cast, func, insert, literal, null, select, text, update

from bench.registry import generate
from crm import clock
from crm.db import db, transaction
from crm.folding import tokens
from crm.models import Decision, Holding, Project, ProjectFacts, ProjectText
from crm.periods import ALWAYS
from crm.seeds import real
from crm.services import imports, search, staging, standing

FIRST = 10_000


def fill(app: Flask, rows: int) -> None:
    """Real books with so many projects, a multiple of ten thousand: decided, standing and indexed."""
    with app.app_context():
        real.load()
        enter(min(rows, FIRST))
        decisions = db.session.scalar(select(func.max(Decision.id))) or 0
        db.session.rollback()
        if rows > FIRST:
            multiply(rows, decisions)
            index(rows)
        with transaction() as session:
            session.execute(text("ANALYZE"))


def enter(rows: int) -> None:
    """Imports a generated registry, as `crm import` does, to its very end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.csv"
        generate(path, rows)
        with transaction():
            number = imports.start(path, path.name, effective_from=ALWAYS, actor=None).id
        with transaction():
            work = staging.begin(imports.by_id(number))
        for chunk in work.chunks(path):
            with transaction():
                work.stage(chunk)
        with transaction():
            imports.finish(work, actor=None)
        with transaction():
            imports.apply(imports.by_id(number), actor=None)
    for step in (
        lambda: imports.clear(imports.by_id(number)),
        search.index_pending,
        lambda: standing.roll(clock.today()),
    ):
        more = True
        while more:
            with transaction():
                more = step()


def multiply(rows: int, decisions: int) -> None:
    """Copies the first projects with all that belongs to them until there are so many; ids grow by the copy."""
    copies = select(literal(1).label("copy")).cte("copies", recursive=True)
    copies = copies.union_all(select(copies.c.copy + 1).where(copies.c.copy < rows // FIRST - 1))
    by = copies.c.copy * FIRST
    later = copies.c.copy * decisions
    tables: dict[Any, dict[str, Any]] = {
        Project: {"id": Project.id + by, "number": numbered(by), "decision_id": null()},
        Decision: {"id": Decision.id + later, "project_id": Decision.project_id + by},
        Holding: {"id": Holding.id + by, "project_id": Holding.project_id + by},
        ProjectFacts: {"project_id": ProjectFacts.project_id + by, "id": ProjectFacts.id + by},
        ProjectText: {
            "project_id": ProjectText.project_id + by,
            "text": func.replace(ProjectText.text, func.lower(Project.number), func.lower(numbered(by))),
        },
    }
    with transaction() as session:
        for model, changed in tables.items():
            table = model.__table__
            columns = {column.name: column for column in table.columns} | changed
            key = table.c.id if model is Project else table.c.project_id
            found = select(*columns.values()).select_from(copies).join(table, key <= FIRST)
            if model is ProjectText:
                found = found.join(Project.__table__, Project.id == ProjectText.project_id)
            found = found.order_by(copies.c.copy, key)
            session.execute(insert(table).from_select(list(columns), found, include_defaults=False))
        # projects and decisions refer to each other: which one stands is said when both are there
        copied = update(Project).where(Project.id > FIRST).values(decision_id=standing.current(clock.today()))
        session.execute(copied, execution_options={"synchronize_session": False})


def numbered(by: Any) -> Any:
    """The number of a copy: as long as the first one's."""
    return literal("P") + func.substr(cast(Project.id + by + 10_000_000, String), 2)


def index(rows: int) -> None:
    """Has the copies found as well: their names' tokens are those of the first ones, their numbers' their own."""
    with transaction() as session:
        # asked first: while rows are copied in, the connection answers nothing else
        lines = indexed(rows, first_tokens())
        if session.get_bind().dialect.name == "sqlite":
            insertion = "INSERT INTO project_index (rowid, tokens) VALUES (?, ?)"
            session.connection().connection.executemany(
                insertion, ((key, " ".join(found)) for key, found, _ in lines)
            )
            return
        session.execute(text("DROP INDEX project_index_tokens"))
        cursor = session.connection().connection.cursor()
        with cursor.copy("COPY project_index (project_id, tokens, text) FROM STDIN") as copy:
            for key, found, words in lines:
                copy.write_row((key, " ".join(found), words))
        session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        session.execute(text("CREATE INDEX project_index_tokens ON project_index USING gin (tokens)"))


def first_tokens() -> list[tuple[int, str, set[str]]]:
    """The first projects with what their texts begin with, names and investors, and the tokens of that."""
    found = db.session.execute(
        select(Project.id, ProjectText.text, Project.number)
        .join(ProjectText, ProjectText.project_id == Project.id)
        .where(Project.id <= FIRST)
        .order_by(Project.id)
    )
    begins = ((key, text.removesuffix(number.lower())) for key, text, number in found)
    return [(key, beginning, tokens(beginning)) for key, beginning in begins]


def indexed(rows: int, names: list[tuple[int, str, set[str]]]) -> Iterator[tuple[int, list[str], str]]:
    """Project id → its tokens and its text, of all copies."""
    for by in range(FIRST, rows, FIRST):
        for key, beginning, found in names:
            number = f"p{key + by:07d}"
            yield key + by, sorted(found | tokens(number)), beginning + number
