"""Every event chained to the one before it, and who opened what."""

from __future__ import annotations

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from crm import chain, guards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE = 2_000
"""Events chained in one go: however long the log is, no more of it is held in memory."""

INSTANT = sa.DateTime(timezone=True)

EVENTS = sa.table(
    "audit_events",
    sa.column("id", sa.Integer),
    sa.column("at", INSTANT),
    sa.column("business_day", sa.Date),
    sa.column("actor_id", sa.Integer),
    sa.column("action", sa.String),
    sa.column("subject_type", sa.String),
    sa.column("subject_id", sa.Integer),
    sa.column("detail", sa.JSON),
    sa.column("previous", sa.String),
    sa.column("digest", sa.String),
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    let_change(dialect)
    op.add_column("audit_events", sa.Column("previous", sa.String()))
    op.add_column("audit_events", sa.Column("digest", sa.String()))
    chain_up(op.get_bind())
    with op.batch_alter_table("audit_events") as table:
        table.alter_column("previous", existing_type=sa.String(), nullable=False)
        table.alter_column("digest", existing_type=sa.String(), nullable=False)
        table.create_unique_constraint(op.f("uq_audit_events_previous"), ["previous"])
    op.create_table(
        "accesses",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("session_id", sa.Integer()),
        sa.Column("role", sa.String()),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String()),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("parameters", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
    )
    op.create_index(op.f("ix_accesses_at"), "accesses", ["at"])
    op.create_index(op.f("ix_accesses_user_id_id"), "accesses", ["user_id", "id"])
    let_nothing_change(dialect, "audit_events", "accesses")


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.drop_table("accesses")
    let_change(dialect)
    with op.batch_alter_table("audit_events") as table:
        table.drop_constraint(op.f("uq_audit_events_previous"), type_="unique")
        table.drop_column("previous")
        table.drop_column("digest")
    let_nothing_change(dialect, "audit_events")


def chain_up(connection: sa.Connection) -> None:
    """Gives every event that is there its place in the chain, in the order in which they were recorded."""
    columns = [column for column in EVENTS.columns if column.name not in ("previous", "digest")]
    filled = (
        EVENTS.update()
        .where(EVENTS.c.id == sa.bindparam("key"))
        .values(previous=sa.bindparam("before"), digest=sa.bindparam("own"))
    )
    previous, last = chain.FIRST, None
    while True:
        query = sa.select(*columns).order_by(EVENTS.c.id).limit(AT_ONCE)
        rows = connection.execute(query if last is None else query.where(EVENTS.c.id > last)).all()
        if not rows:
            return
        links = []
        for row in rows:
            fields = row._asdict()
            last = fields.pop("id")
            if fields["at"].tzinfo is None:
                fields["at"] = fields["at"].replace(tzinfo=UTC)
            own = chain.digest(previous, **fields)
            links.append({"key": last, "before": previous, "own": own})
            previous = own
        connection.execute(filled, links)


def let_change(dialect: str) -> None:
    """Takes the triggers off the log, as only the owner of the tables can."""
    names = ("no_update", "no_delete") if dialect == "sqlite" else ("no_change", "no_truncate")
    table = "" if dialect == "sqlite" else " ON audit_events"
    for name in names:
        op.execute(f"DROP TRIGGER audit_events_{name}{table}")


def let_nothing_change(dialect: str, *tables: str) -> None:
    """Puts the triggers on."""
    for table in tables:
        for statement in guards.insert_only(dialect, table):
            op.execute(statement)
