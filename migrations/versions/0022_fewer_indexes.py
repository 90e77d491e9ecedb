"""Fewer indexes are written under an import's write lock, and which row introduces an enterprise is said when it is staged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CODE, NAME = (f"CASE WHEN f.newest THEN f.{one} ELSE s.{one} END" for one in ("credit_code", "investor"))
INTRODUCE = f"""
    UPDATE staged_rows SET introduces = TRUE WHERE (import_id, row_number) IN (
        SELECT s.import_id, min(s.row_number)
        FROM staged_rows AS s
        LEFT JOIN staged_facts AS f ON f.import_id = s.import_id AND f.row_number = s.row_number AND f.newest
        WHERE s.relinks AND s.action IN ('new', 'changed') AND coalesce({CODE}, {NAME}) IS NOT NULL
        GROUP BY s.import_id, {CODE}, CASE WHEN ({CODE}) IS NULL THEN {NAME} END)
"""
"""For what is being imported meanwhile: the first row to name each enterprise, by code or else by name."""


def upgrade() -> None:
    op.drop_index(op.f("ix_project_facts_event_id"), "project_facts")
    op.drop_index("ix_projects_completed_on", "projects")
    completed = sa.text("completed_on IS NOT NULL")
    op.create_index(
        "ix_projects_completed_on",
        "projects",
        ["completed_on"],
        sqlite_where=completed,
        postgresql_where=completed,
    )
    op.add_column(
        "staged_rows", sa.Column("introduces", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(INTRODUCE)


def downgrade() -> None:
    op.drop_column("staged_rows", "introduces")
    op.drop_index("ix_projects_completed_on", "projects")
    op.create_index("ix_projects_completed_on", "projects", ["completed_on"])
    op.create_index(op.f("ix_project_facts_event_id"), "project_facts", ["event_id"])
