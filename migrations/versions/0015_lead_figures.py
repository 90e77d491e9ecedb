"""Figures of leads."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COVERING = (
    "logged_on", "unit_id", "stage", "source", "lost_reason", "negotiating_on", "inspected_on", "drafted_on",
    "signed_on", "intended_investment_fen",
)  # fmt: skip


def upgrade() -> None:
    op.create_index("ix_leads_figures", "leads", list(COVERING))


def downgrade() -> None:
    op.drop_index("ix_leads_figures", "leads")
