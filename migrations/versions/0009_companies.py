"""Companies: what is known of enterprises, and the projects that come from earlier ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FLAGS = ("fortune_500", "headquarters", "listed", "specialised")


def upgrade() -> None:
    with op.batch_alter_table("enterprises") as enterprises:
        enterprises.add_column(sa.Column("name_key", sa.String()))
        enterprises.add_column(sa.Column("parent_id", sa.Integer()))
        enterprises.add_column(sa.Column("group_name", sa.String(), server_default="", nullable=False))
        for flag in FLAGS:
            enterprises.add_column(
                sa.Column(flag, sa.Boolean(), server_default=sa.text("false"), nullable=False)
            )
        enterprises.add_column(sa.Column("note", sa.String(), server_default="", nullable=False))
        enterprises.add_column(
            sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )
        enterprises.create_foreign_key(
            op.f("fk_enterprises_parent_id_enterprises"), "enterprises", ["parent_id"], ["id"]
        )
        enterprises.create_check_constraint("parent", "parent_id <> id")
    for column in ("name_key", "parent_id"):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_enterprises_{column}", "enterprises", [column], sqlite_where=given, postgresql_where=given
        )
    unkeyed = sa.text("name_key IS NULL")
    op.create_index(
        "ix_enterprises_unkeyed", "enterprises", ["id"], sqlite_where=unkeyed, postgresql_where=unkeyed
    )
    op.create_table(
        "project_origins",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('capital_increase', 'expansion', 'relocation')", name="kind"),
        sa.CheckConstraint("origin_id <> project_id", name="another"),
        sa.ForeignKeyConstraint(["origin_id"], ["projects.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_origins")),
    )
    op.create_index(op.f("ix_project_origins_origin_id"), "project_origins", ["origin_id"])


def downgrade() -> None:
    op.drop_table("project_origins")
    for index in ("unkeyed", "parent_id", "name_key"):
        op.drop_index(f"ix_enterprises_{index}", "enterprises")
    with op.batch_alter_table("enterprises") as enterprises:
        enterprises.drop_constraint("parent", type_="check")
        enterprises.drop_constraint("fk_enterprises_parent_id_enterprises", type_="foreignkey")
        for column in ("version", "note", *reversed(FLAGS), "group_name", "parent_id", "name_key"):
            enterprises.drop_column(column)
