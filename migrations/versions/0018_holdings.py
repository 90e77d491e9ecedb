"""Holdings: who holds each project's indicators and service from a day on, and what late transfers carry over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

HISTORY = ("holdings", "carry_overs")

COLUMNS = {
    "held_indicators_id": "INTEGER CONSTRAINT fk_projects_held_indicators_id_units REFERENCES units (id)",
    "held_enterprise_service_id": "INTEGER "
    "CONSTRAINT fk_projects_held_enterprise_service_id_units REFERENCES units (id)",
    "due_since": "DATE",
}
"""Added one by one: SQLite need not copy the table for that, which other tables refer to."""

BEGUN = sa.text("indicators_id IS NOT NULL")

FIGURES = (
    "indicators_id", "held_indicators_id", "enterprise_service_id", "held_enterprise_service_id", "attribution_status",
    "total_investment_fen",
)  # fmt: skip

FIGURES_BEFORE = (
    "indicators_id", "enterprise_service_id", "attribution_status", "served_by_id", "attracted_by_id",
    "total_investment_fen",
)  # fmt: skip

BEGIN = """
    INSERT INTO holdings (project_id, from_day, recorded_at, indicators_id, enterprise_service_id, event_id)
    SELECT p.id, d.from_day, d.recorded_at,
        CASE WHEN {begun} <= '2020-04-27' THEN coalesce(f.served_by_id, f.attracted_by_id) ELSE d.indicators_id END,
        CASE WHEN {begun} <= '2020-04-27' THEN coalesce(f.served_by_id, f.attracted_by_id)
            ELSE d.enterprise_service_id END,
        d.event_id
    FROM projects AS p
    JOIN decisions AS d ON d.id = (
        SELECT one.id FROM decisions AS one
        WHERE one.project_id = p.id AND one.outcome_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM decisions AS other
            WHERE other.project_id = p.id AND other.from_day = one.from_day AND other.id > one.id)
        ORDER BY one.from_day LIMIT 1)
    JOIN project_facts AS f ON f.id = (
        SELECT id FROM project_facts WHERE project_id = p.id AND valid_from <= d.from_day
        ORDER BY valid_from DESC, id DESC LIMIT 1)
"""
"""The first holder: the unit in the books where the project began by the day of the notice, else the unit entitled."""

FIRST_DAY = """coalesce(p.signed_on, CASE
    WHEN p.construction_started_on IS NULL THEN p.completed_on
    WHEN p.completed_on < p.construction_started_on THEN p.completed_on
    ELSE p.construction_started_on END)"""


def upgrade() -> None:
    op.create_table(
        "holdings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("indicators_id", sa.Integer()),
        sa.Column("enterprise_service_id", sa.Integer()),
        sa.Column("transfer_id", sa.Integer()),
        sa.Column("event_id", sa.Integer()),
        sa.CheckConstraint("(indicators_id IS NULL) = (enterprise_service_id IS NULL)", name="both"),
        sa.ForeignKeyConstraint(["enterprise_service_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"]),
        sa.ForeignKeyConstraint(["indicators_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "from_day", "recorded_at"),
    )
    op.create_index(
        op.f("ix_holdings_transfer_id"),
        "holdings",
        ["transfer_id"],
        sqlite_where=sa.text("transfer_id IS NOT NULL"),
        postgresql_where=sa.text("transfer_id IS NOT NULL"),
    )

    op.create_table(
        "carry_overs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("first_month", sa.String(), nullable=False),
        sa.Column("last_month", sa.String(), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column("from_fen", sa.BigInteger()),
        sa.Column("to_fen", sa.BigInteger()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("event_id", sa.Integer()),
        sa.CheckConstraint("duty IN ('indicators', 'enterprise_service')", name="duty"),
        sa.CheckConstraint("(from_fen IS NULL) = (to_fen IS NULL)", name="both"),
        sa.CheckConstraint("first_month <= last_month AND last_month < month", name="months"),
        sa.CheckConstraint("from_fen + to_fen = 0", name="sum"),
        sa.CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        sa.ForeignKeyConstraint(["event_id"], ["audit_events.id"]),
        sa.ForeignKeyConstraint(["from_unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("transfer_id", "duty", "figure"),
    )
    op.create_index(op.f("ix_carry_overs_month"), "carry_overs", ["month"])

    for table in HISTORY:
        for statement in guards.insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
    for name, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE projects ADD COLUMN {name} {definition}")
    op.execute(BEGIN.format(begun=FIRST_DAY))
    # the program puts it beside the projects when it starts; until then the holdings themselves are asked
    op.execute("UPDATE projects SET standing_until = '0001-01-01'")
    op.execute("UPDATE standing SET rolled_from = coalesce(rolled_from, day)")
    op.drop_index("ix_projects_counted_elsewhere", "projects")
    op.drop_index("ix_projects_unit_figures", "projects")
    op.create_index(
        "ix_projects_unit_figures", "projects", list(FIGURES), sqlite_where=BEGUN, postgresql_where=BEGUN
    )
    due = sa.text("due_since IS NOT NULL")
    op.create_index(
        "ix_projects_due", "projects", ["due_since", "id"], sqlite_where=due, postgresql_where=due
    )


def downgrade() -> None:
    op.drop_index("ix_projects_due", "projects")
    op.drop_index("ix_projects_unit_figures", "projects")
    op.create_index(
        "ix_projects_unit_figures",
        "projects",
        list(FIGURES_BEFORE),
        sqlite_where=BEGUN,
        postgresql_where=BEGUN,
    )
    op.create_index(
        "ix_projects_counted_elsewhere",
        "projects",
        ["completed_on"],
        sqlite_where=sa.text("above_scale_industrial = 1 AND statistical_street_id != site_street_id"),
        postgresql_where=sa.text("above_scale_industrial AND statistical_street_id <> site_street_id"),
    )
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE projects DROP COLUMN {name}")
    for table in reversed(HISTORY):
        op.drop_table(table)
