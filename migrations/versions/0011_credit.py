"""Reassignments of leads and the sharing of credit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

WHOLE = ["id", "last_position", "whole"]
TO = ["credit_shares.split_id", "credit_shares.position", "credit_shares.sum_after"]


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # Each split refers to the share at which its sum is whole; the shares come after it, so it is asked at the end.
    # SQLite takes the reference only with the table, PostgreSQL only when both tables are there.
    whole = sa.ForeignKeyConstraint(
        WHOLE, TO, name="fk_credit_splits_whole", deferrable=True, initially="DEFERRED"
    )
    op.create_table(
        "reassignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("answer_due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("held_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("answered_by_id", sa.Integer()),
        sa.Column("answered_at", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('reassignment', 'cooperation', 'credit')", name="kind"),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'withdrawn', 'overtaken')", name="state"
        ),
        sa.CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["from_unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_reassignments_from_unit_id_state_id"), "reassignments", ["from_unit_id", "state", "id"]
    )
    op.create_index(op.f("ix_reassignments_held_by_id"), "reassignments", ["held_by_id"])
    op.create_index(op.f("ix_reassignments_lead_id_id"), "reassignments", ["lead_id", "id"])
    op.create_index(
        op.f("ix_reassignments_to_unit_id_state_id"), "reassignments", ["to_unit_id", "state", "id"]
    )
    op.create_index(
        "uq_reassignments_open_lead",
        "reassignments",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "credit_splits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer()),
        sa.Column("project_id", sa.Integer()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("last_position", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("(lead_id IS NULL) <> (project_id IS NULL)", name="of"),
        sa.CheckConstraint("whole = 10000", name="whole"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"]),
        *([whole] if sqlite else []),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_credit_splits_lead_id_valid_from"), "credit_splits", ["lead_id", "valid_from"])
    op.create_index(
        op.f("ix_credit_splits_project_id_valid_from"), "credit_splits", ["project_id", "valid_from"]
    )

    op.create_table(
        "credit_shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("split_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer()),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("sum_before", sa.Integer(), nullable=False),
        sa.Column("sum_after", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('recruiter', 'receiver', 'referrer')", name="role"),
        sa.CheckConstraint("(position = 1) = (previous IS NULL)", name="previous"),
        sa.CheckConstraint("(position = 1) = (sum_before = 0)", name="first"),
        sa.CheckConstraint("previous = position - 1", name="next"),
        sa.CheckConstraint("share > 0 AND share = CAST(share AS INTEGER)", name="share"),
        sa.CheckConstraint("sum_after <= 10000", name="whole"),
        sa.CheckConstraint("sum_after = sum_before + share", name="sum"),
        sa.ForeignKeyConstraint(
            ["split_id", "previous", "sum_before"],
            ["credit_shares.split_id", "credit_shares.position", "credit_shares.sum_after"],
            name="fk_credit_shares_previous",
        ),
        sa.ForeignKeyConstraint(["split_id"], ["credit_splits.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("split_id", "position", "sum_after"),
        sa.UniqueConstraint("split_id", "position"),
        sa.UniqueConstraint("split_id", "unit_id", "role"),
    )
    op.create_index(op.f("ix_credit_shares_unit_id"), "credit_shares", ["unit_id"])
    if not sqlite:
        op.create_foreign_key(
            "fk_credit_splits_whole",
            "credit_splits",
            "credit_shares",
            WHOLE,
            [column.removeprefix("credit_shares.") for column in TO],
            deferrable=True,
            initially="DEFERRED",
        )
    for table in (
        "credit_splits",
        "credit_shares",
    ):
        for statement in guards.insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_credit_splits_whole", "credit_splits", type_="foreignkey")
    op.drop_table("credit_shares")
    op.drop_table("credit_splits")
    op.drop_table("reassignments")
