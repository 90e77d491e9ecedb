"""Transfers: each project's passing on, its handover list, who signed, and the lists of many; which unit follows another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

HISTORY = ("transfer_signatures", "unit_successions")


def upgrade() -> None:
    op.create_table(
        "transfer_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Integer()),
        sa.Column("successor_id", sa.Integer()),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("held_by_id", sa.Integer(), nullable=False),
        sa.Column("drawn_up_by_id", sa.Integer(), nullable=False),
        sa.Column("drawn_up_at", INSTANT, nullable=False),
        sa.Column("ended_by_id", sa.Integer()),
        sa.Column("ended_at", INSTANT),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("job_id", sa.Integer()),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'succession') = (unit_id IS NOT NULL)", name="unit"),
        sa.CheckConstraint(
            "kind IN ('stock', 'sme_city', 'changqing', 'street_move', 'operating_place', 'succession')",
            name="kind",
        ),
        sa.CheckConstraint(
            "state IN ('drafting', 'signing', 'confirming', 'confirmed', 'withdrawn')", name="state"
        ),
        sa.CheckConstraint("(unit_id IS NULL) = (successor_id IS NULL)", name="successor"),
        sa.ForeignKeyConstraint(["drawn_up_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["successor_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_transfer_batches_held_by_id"), "transfer_batches", ["held_by_id"])
    op.create_index(op.f("ix_transfer_batches_state_id"), "transfer_batches", ["state", "id"])

    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer()),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("indicators", sa.Boolean(), nullable=False),
        sa.Column("enterprise_service", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("effective_day", sa.Date()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer()),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("giver_id", sa.Integer()),
        sa.Column("receiver_id", sa.Integer()),
        sa.Column("ended_by_id", sa.Integer()),
        sa.Column("ended_at", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'confirmed') = (effective_day IS NOT NULL)", name="effective"),
        sa.CheckConstraint(
            "state IN ('filling', 'signing', 'confirming', 'confirmed', 'withdrawn', 'declined', 'overtaken')",
            name="state",
        ),
        sa.CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        sa.CheckConstraint("indicators OR enterprise_service", name="duties"),
        sa.ForeignKeyConstraint(["batch_id"], ["transfer_batches.id"]),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["from_unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["giver_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["receiver_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_transfers_batch_id_id"), "transfers", ["batch_id", "id"])
    op.create_index(op.f("ix_transfers_from_unit_id_state_id"), "transfers", ["from_unit_id", "state", "id"])
    op.create_index(op.f("ix_transfers_giver_id"), "transfers", ["giver_id"])
    op.create_index(op.f("ix_transfers_project_id_id"), "transfers", ["project_id", "id"])
    op.create_index(op.f("ix_transfers_receiver_id"), "transfers", ["receiver_id"])
    op.create_index(op.f("ix_transfers_state_due_on_id"), "transfers", ["state", "due_on", "id"])
    op.create_index(op.f("ix_transfers_to_unit_id_state_id"), "transfers", ["to_unit_id", "state", "id"])
    op.create_index(
        "uq_transfers_open_project",
        "transfers",
        ["project_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('filling', 'signing', 'confirming')"),
        postgresql_where=sa.text("state IN ('filling', 'signing', 'confirming')"),
    )

    op.create_table(
        "transfer_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger()),
        sa.Column("due_on", sa.Date()),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "section IN ('documents', 'contacts', 'problems', 'promises', 'policy_owed', 'money', 'tasks')",
            name="section",
        ),
        sa.CheckConstraint("state IN ('ready', 'missing', 'open', 'settled', 'nothing')", name="state"),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_transfer_items_transfer_id_section_position"),
        "transfer_items",
        ["transfer_id", "section", "position"],
    )

    op.create_table(
        "transfer_files",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"]),
        sa.ForeignKeyConstraint(["item_id"], ["transfer_items.id"]),
        sa.PrimaryKeyConstraint("item_id", "attachment_id"),
    )
    op.create_index(op.f("ix_transfer_files_attachment_id"), "transfer_files", ["attachment_id"])

    op.create_table(
        "transfer_signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer()),
        sa.Column("batch_id", sa.Integer()),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer()),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("event_id", sa.Integer()),
        sa.CheckConstraint("(side = 'bureau') = (unit_id IS NULL)", name="unit"),
        sa.CheckConstraint("side IN ('giving', 'receiving', 'bureau')", name="side"),
        sa.CheckConstraint("(transfer_id IS NULL) <> (batch_id IS NULL)", name="of"),
        sa.ForeignKeyConstraint(["batch_id"], ["transfer_batches.id"]),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"]),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("batch_id", "round", "unit_id"),
        sa.UniqueConstraint("transfer_id", "round", "side"),
    )
    op.create_index(op.f("ix_transfer_signatures_user_id"), "transfer_signatures", ["user_id"])

    op.create_table(
        "unit_successions",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer()),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("unit_id <> successor_id", name="units"),
        sa.ForeignKeyConstraint(["successor_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "valid_from", "recorded_at"),
    )

    for table in HISTORY:
        for statement in guards.insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "unit_successions",
        "transfer_signatures",
        "transfer_files",
        "transfer_items",
        "transfers",
        "transfer_batches",
    ):
        op.drop_table(table)
