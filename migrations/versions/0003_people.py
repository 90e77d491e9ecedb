"""Posts from day to day, sessions, and failed attempts to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

ROLES = (
    "role IN ('staff', 'unit_head', 'reviewer', 'bureau_head', 'leader', 'working_group', "
    "'administrator', 'auditor')"
)
ENDINGS = (
    "ended_because IN ('signed_out', 'ended_by_person', 'password_changed', 'password_reset', "
    "'account_locked', 'account_closed', 'signed_in_again')"
)


def upgrade() -> None:
    """Makes the tables, and a post of each account's role and unit from the day it was last given them."""
    op.create_table(
        "post_terms",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), index=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.CheckConstraint(ROLES, name="role"),
    )
    for name, columns, where in (
        ("uq_post_terms_in_unit", ["user_id", "role", "unit_id"], "unit_id IS NOT NULL"),
        ("uq_post_terms_in_none", ["user_id", "role"], "unit_id IS NULL"),
    ):
        op.create_index(
            op.f(name),
            "post_terms",
            [*columns, "valid_from", "recorded_at"],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token_sha256", sa.String(), nullable=False, unique=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("role", sa.String()),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False, index=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_because", sa.String()),
        sa.CheckConstraint(ENDINGS, name="ended_because"),
    )
    op.create_index(op.f("ix_user_sessions_user_id_ended_at"), "user_sessions", ["user_id", "ended_at"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False, index=True),
        sa.Column("address", sa.String(), nullable=False),
    )
    op.create_index(op.f("ix_sign_in_attempts_login_at"), "sign_in_attempts", ["login", "at"])
    op.execute(POSTS)
    op.drop_index(op.f("ix_users_unit_id"), table_name="users")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("ck_users_role"), type_="check")
        users.drop_column("unit_id")
        users.drop_column("role")
        # The accounts there are chose their passwords themselves, or have used them since.
        users.add_column(
            sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        users.add_column(sa.Column("locked", sa.Boolean(), nullable=False, server_default=sa.false()))
    for statement in guards.insert_only(op.get_context().dialect.name, "post_terms"):
        op.execute(statement)


def downgrade() -> None:
    """Gives each account one of its posts as its role; an account that never had any is closed."""
    with op.batch_alter_table("users") as users:
        users.drop_column("locked")
        users.drop_column("must_change_password")
        users.add_column(sa.Column("role", sa.String(), nullable=False, server_default="staff"))
        users.add_column(sa.Column("unit_id", sa.Integer()))
        users.create_check_constraint(op.f("ck_users_role"), ROLES)
        users.create_foreign_key(op.f("fk_users_unit_id_units"), "units", ["unit_id"], ["id"])
    op.create_index(op.f("ix_users_unit_id"), "users", ["unit_id"])
    for column in ("role", "unit_id"):
        op.execute(f"UPDATE users SET {column} = (SELECT {column} {LAST}) WHERE EXISTS (SELECT 1 {LAST})")
    op.execute(f"UPDATE users SET active = {FALSE} WHERE NOT EXISTS (SELECT 1 {LAST})")
    op.drop_table("sign_in_attempts")
    op.drop_table("user_sessions")
    op.drop_table("post_terms")


EVENT = """
    FROM audit_events WHERE subject_type = 'users' AND subject_id = users.id
    AND action IN ('user.added', 'user.role_set') ORDER BY audit_events.id DESC LIMIT 1
"""

POSTS = f"""
    INSERT INTO post_terms (valid_from, recorded_at, user_id, role, unit_id, held)
    SELECT coalesce((SELECT business_day {EVENT}), CURRENT_DATE),
           coalesce((SELECT at {EVENT}), CURRENT_TIMESTAMP),
           users.id, users.role, users.unit_id, 1 = 1
    FROM users ORDER BY users.id
"""

LAST = "FROM post_terms WHERE user_id = users.id ORDER BY held DESC, id DESC LIMIT 1"

FALSE = "(1 = 0)"
