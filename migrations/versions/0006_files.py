"""Attachments and their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        op.f("ix_attachments_subject_type_subject_id"), "attachments", ["subject_type", "subject_id"]
    )
    op.create_table(
        "attachment_versions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("attachment_id", sa.Integer(), sa.ForeignKey("attachments.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.UniqueConstraint("attachment_id", "number"),
        sa.UniqueConstraint("stored_as"),
    )
    op.create_index(op.f("ix_attachment_versions_sha256"), "attachment_versions", ["sha256"])
    op.create_index(op.f("ix_attachment_versions_actor_id"), "attachment_versions", ["actor_id"])
    for statement in guards.insert_only(op.get_bind().dialect.name, "attachment_versions"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("attachment_versions")
    op.drop_table("attachments")
