"""Names as duplicates are looked for. Those of the enterprises that there are already are indexed when the program starts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COMPARED = sa.text("stage IN ('triage', 'registered', 'negotiating')")


def upgrade() -> None:
    op.create_table(
        "name_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "name_pairs",
        sa.Column("pair", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("key_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["key_id"], ["name_keys.id"]),
        sa.PrimaryKeyConstraint("pair", "key_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_leads_compared",
        "leads",
        ["name_key", "id"],
        sqlite_where=COMPARED,
        postgresql_where=COMPARED,
    )


def downgrade() -> None:
    op.drop_index("ix_leads_compared", "leads")
    op.drop_table("name_pairs")
    op.drop_table("name_keys")
