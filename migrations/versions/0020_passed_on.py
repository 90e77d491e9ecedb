"""What passed on in a span of days, or was confirmed in a month, is found by an index."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COLUMNS = ("effective_day", "ended_at")


def upgrade() -> None:
    for column in COLUMNS:
        op.create_index(op.f(f"ix_transfers_{column}"), "transfers", [column])


def downgrade() -> None:
    for column in reversed(COLUMNS):
        op.drop_index(op.f(f"ix_transfers_{column}"), "transfers")
