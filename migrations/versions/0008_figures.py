"""Indexes that the figures of units and streets are read off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COVERING = {
    "ix_projects_unit_figures": (
        "indicators_id", "enterprise_service_id", "attribution_status", "served_by_id", "attracted_by_id",
        "total_investment_fen",
    ),
    "ix_projects_street_figures": (
        "site_street_id", "indicators_id", "attribution_status", "completed_on", "construction_started_on",
        "total_investment_fen",
    ),
}  # fmt: skip


BEGUN = sa.text("indicators_id IS NOT NULL")


def upgrade() -> None:
    # who has the indicators today stands with the projects
    op.drop_index(op.f("ix_decisions_indicators_id"), "decisions")
    for name, columns in COVERING.items():
        op.create_index(name, "projects", list(columns), sqlite_where=BEGUN, postgresql_where=BEGUN)
    op.create_index(
        "ix_projects_counted_elsewhere",
        "projects",
        ["completed_on"],
        sqlite_where=sa.text("above_scale_industrial = 1 AND statistical_street_id != site_street_id"),
        postgresql_where=sa.text("above_scale_industrial AND statistical_street_id <> site_street_id"),
    )


def downgrade() -> None:
    op.drop_index("ix_projects_counted_elsewhere", "projects")
    for name in reversed(COVERING):
        op.drop_index(name, "projects")
    op.create_index(op.f("ix_decisions_indicators_id"), "decisions", ["indicators_id"])
