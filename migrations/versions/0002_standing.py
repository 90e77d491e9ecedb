"""What is decided of every project today, beside it, and the index that searches find names by."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import sqlalchemy as sa
from alembic import op

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


def business_day(connection: sa.Connection) -> date:
    """The day the books stand on: the one set, else the real one in the district."""
    books = sa.table("books", sa.column("business_day", sa.Date()))
    found = connection.execute(sa.select(books.c.business_day)).scalar_one_or_none()
    return found or datetime.now(timezone(timedelta(hours=8))).date()


def downgrade() -> None:
    op.drop_index(op.f("ix_projects_standing_until"), "projects")
    op.drop_table("standing")
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE projects DROP COLUMN {name}")
