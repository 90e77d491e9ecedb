"""What is decided of every project today, beside it, and the index that searches find names by."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import sqlalchemy as sa
from alembic import op

from crm.folding import folded

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = {
    "decision_id": "INTEGER CONSTRAINT fk_projects_decision_id_decisions REFERENCES decisions (id)",
    "indicators_id": "INTEGER CONSTRAINT fk_projects_indicators_id_units REFERENCES units (id)",
    "enterprise_service_id": "INTEGER CONSTRAINT fk_projects_enterprise_service_id_units REFERENCES units (id)",
    "attribution_status": "VARCHAR CONSTRAINT ck_projects_attribution_status "
    "CHECK (attribution_status IN ('decided', 'provisional', 'undetermined'))",
    "standing_until": "DATE",
}
"""Added one by one: SQLite need not copy the table for that, which other tables refer to."""

ORDERS = ("name", "signed_on", "total_investment_fen")

INDEX = {
    # it keeps which project has which token and nothing else
    "sqlite": (
        "CREATE VIRTUAL TABLE project_index USING fts5("
        "tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE project_index (project_id integer PRIMARY KEY REFERENCES projects (id), "
        "tokens tsvector NOT NULL)",
        "CREATE INDEX project_index_tokens ON project_index USING gin (tokens)",
    ),
}
"""What only one of the databases knows."""

FILL = """
    UPDATE projects
    SET decision_id = found.decision_id, indicators_id = found.indicators_id,
        enterprise_service_id = found.enterprise_service_id, attribution_status = found.status,
        standing_until = found.later
    FROM (
        SELECT p.id, d.id AS decision_id, d.indicators_id, d.enterprise_service_id, d.status,
            (SELECT min(from_day) FROM decisions WHERE project_id = p.id AND from_day > :day) AS later
        FROM projects AS p LEFT JOIN decisions AS d ON d.id = (
            SELECT id FROM decisions WHERE project_id = p.id AND from_day <= :day
            ORDER BY from_day DESC, id DESC LIMIT 1)
    ) AS found
    WHERE found.id = projects.id
"""


def upgrade() -> None:
    for name, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE projects ADD COLUMN {name} {definition}")
    standing = op.create_table(
        "standing",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rolled_from", sa.Date()),
        sa.CheckConstraint("id = 1", name="single"),
    )
    connection = op.get_bind()
    day = business_day(connection)
    op.bulk_insert(standing, [{"id": 1, "day": day, "rolled_from": None}])
    connection.execute(sa.text(FILL).bindparams(sa.bindparam("day", day, sa.Date())))
    op.create_index(op.f("ix_projects_standing_until"), "projects", ["standing_until"])
    op.drop_index(op.f("ix_projects_signed_on"), "projects")
    for name in ORDERS:
        op.create_index(op.f(f"ix_projects_{name}_id"), "projects", [name, "id"])
    op.add_column("staged_rows", sa.Column("search_text", sa.String()))
    texts, pending = (
        op.create_table(
            table,
            sa.Column(
                "project_id",
                sa.Integer(),
                sa.ForeignKey("projects.id"),
                primary_key=True,
                autoincrement=False,
            ),
            sa.Column(column, sa.String(), nullable=nullable),
        )
        for table, column, nullable in (("project_texts", "text", False), ("search_pending", "indexed", True))
    )
    for statement in INDEX[connection.dialect.name]:
        op.execute(statement)
    fill_texts(connection, texts, pending)


def fill_texts(connection: sa.Connection, texts: sa.Table, pending: sa.Table) -> None:
    """Writes down by which text each project is found; the index is given it when the program starts."""
    projects = sa.table("projects", *(sa.column(name) for name in ("id", "name", "investor", "number")))
    after = 0
    while rows := connection.execute(
        sa.select(projects).where(projects.c.id > after).order_by(projects.c.id).limit(5000)
    ).all():
        after = rows[-1].id
        found = [{"project_id": id_, "text": folded(*fields)} for id_, *fields in rows]
        connection.execute(texts.insert(), found)
        connection.execute(pending.insert(), [{"project_id": row["project_id"]} for row in found])


def business_day(connection: sa.Connection) -> date:
    """The day the books stand on: the one set, else the real one in the district."""
    books = sa.table("books", sa.column("business_day", sa.Date()))
    found = connection.execute(sa.select(books.c.business_day)).scalar_one_or_none()
    return found or datetime.now(timezone(timedelta(hours=8))).date()


def downgrade() -> None:
    for table in ("project_index", "search_pending", "project_texts"):
        op.drop_table(table)
    op.drop_column("staged_rows", "search_text")
    for name in reversed(ORDERS):
        op.drop_index(op.f(f"ix_projects_{name}_id"), "projects")
    op.create_index(op.f("ix_projects_signed_on"), "projects", ["signed_on"])
    op.drop_index(op.f("ix_projects_standing_until"), "projects")
    op.drop_table("standing")
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE projects DROP COLUMN {name}")
