"""The first tables: units, readings, people, projects, attribution, months, history, imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.schema import SchemaItem

from crm import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

INSERT_ONLY = (
    "adjudicator_terms",
    "area_terms",
    "audit_events",
    "decisions",
    "month_closes",
    "outcomes",
    "plate_terms",
    "project_facts",
    "reading_terms",
    "street_terms",
    "targets",
    "unit_terms",
)

TABLES = [
    "areas",
    "books",
    "enterprises",
    "industries",
    "outcomes",
    "reading_terms",
    "targets",
    "units",
    "adjudicator_terms",
    "focus_industries",
    "projects",
    "streets",
    "unit_terms",
    "users",
    "area_terms",
    "audit_events",
    "plate_terms",
    "project_reports",
    "street_terms",
    "decisions",
    "imports",
    "month_closes",
    "project_facts",
    "staged_decisions",
    "staged_facts",
    "staged_rows",
]
"""Each after those it refers to."""


def key() -> SchemaItem:
    """A number that the database gives."""
    return sa.Column("id", sa.Integer(), primary_key=True)


def texts(*names: str) -> list[SchemaItem]:
    """Columns of text that is never missing."""
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def dated() -> list[SchemaItem]:
    """What every dated row has: a first day and a recorded instant."""
    return [
        key(),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
    ]


def facts() -> list[SchemaItem]:
    """The columns of a project's facts, which three tables share."""
    return [
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("investor", sa.String()),
        sa.Column("industry_code", sa.String()),
        sa.Column("attracted_by_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("served_by_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("origin", sa.String()),
        sa.Column("from_street_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("site_street_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("site_area_id", sa.Integer(), sa.ForeignKey("areas.id")),
        sa.Column("statistical_street_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("above_scale_industrial", sa.Boolean(), nullable=False),
        sa.Column("named_major", sa.String()),
        sa.Column("signed_on", sa.Date()),
        sa.Column("construction_started_on", sa.Date()),
        sa.Column("completed_on", sa.Date()),
        sa.Column("total_investment_fen", sa.BigInteger()),
        sa.CheckConstraint("named_major IN ('boe', 'corning', 'full_chain')", name="named_major"),
        sa.CheckConstraint("origin IN ('new_introduction', 'expansion', 'relocation')", name="origin"),
        sa.CheckConstraint("total_investment_fen >= 0", name="total_investment"),
    ]


def leads() -> list[SchemaItem]:
    """Who leads each responsibility, which two tables share."""
    return [
        sa.Column("attraction_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("landing_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("enterprise_service_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("indicators_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("policy_delivery_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("work_safety_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.Column("status", sa.String()),
        sa.Column("suggestion_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.CheckConstraint("status IN ('decided', 'provisional', 'undetermined')", name="status"),
    ]


def upgrade() -> None:
    op.create_table(
        "areas",
        key(),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("business_day", sa.Date()),
        sa.CheckConstraint("kind IN ('demonstration', 'real')", name="kind"),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.create_table(
        "enterprises",
        key(),
        sa.Column("name", sa.String(), nullable=False, index=True),
        sa.Column("credit_code", sa.String(), unique=True),
    )
    op.create_table(
        "industries",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(), sa.ForeignKey("industries.code"), index=True),
        sa.Column("section", sa.String(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )
    op.create_table(
        "outcomes",
        key(),
        sa.Column("digest", sa.String(), nullable=False, unique=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_table(
        "reading_terms",
        *dated(),
        *texts("code", "choice", "basis"),
        sa.CheckConstraint(
            "code IN ('R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11')", name="code"
        ),
        sa.UniqueConstraint("code", "valid_from", "recorded_at"),
    )
    op.create_table(
        "targets",
        *dated(),
        sa.Column("year", sa.Integer(), nullable=False),
        *texts(
            "code",
            "scope",
            "section",
            "name_zh",
            "name_en",
            "measure",
            "expected",
            "stretch",
            "unit",
            "computed_from",
            "definition",
            "lead",
            "responsible",
            "source",
        ),
        sa.UniqueConstraint("year", "code", "scope", "valid_from", "recorded_at"),
    )
    op.create_table(
        "units",
        key(),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        *texts("full_name", "name_en"),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('office', 'street', 'department')", name="kind"),
    )
    op.create_table(
        "adjudicator_terms",
        *dated(),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id")),
        sa.UniqueConstraint("valid_from", "recorded_at"),
    )
    op.create_table(
        "focus_industries",
        key(),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *texts("name", "clause"),
        sa.UniqueConstraint("unit_id", "position"),
    )
    op.create_table(
        "projects",
        key(),
        sa.Column("number", sa.String(), nullable=False, unique=True),
        sa.Column("enterprise_id", sa.Integer(), sa.ForeignKey("enterprises.id"), index=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("invented", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *facts(),
    )
    op.create_index(op.f("ix_projects_completed_on"), "projects", ["completed_on"])
    op.create_index(op.f("ix_projects_signed_on"), "projects", ["signed_on"])
    op.create_index(op.f("ix_projects_site_street_id"), "projects", ["site_street_id"])
    op.create_table(
        "streets",
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), primary_key=True, autoincrement=False),
        sa.Column("admin_code", sa.String(), nullable=False, unique=True),
        *texts("full_name", "kind"),
        sa.Column("tile_column", sa.Integer()),
        sa.Column("tile_row", sa.Integer()),
        sa.UniqueConstraint("tile_column", "tile_row"),
    )
    op.create_table(
        "unit_terms",
        *dated(),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("unit_id", "valid_from", "recorded_at"),
    )
    op.create_table(
        "users",
        key(),
        sa.Column("login", sa.String(), nullable=False, unique=True),
        *texts("name", "role"),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), index=True),
        sa.Column("password_hash", sa.String()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('staff', 'unit_head', 'reviewer', 'bureau_head', 'leader', 'working_group', "
            "'administrator', 'auditor')",
            name="role",
        ),
    )
    op.create_table(
        "area_terms",
        *dated(),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("areas.id"), nullable=False),
        sa.Column("street_id", sa.Integer(), sa.ForeignKey("streets.unit_id")),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("area_id", "valid_from", "recorded_at"),
    )
    op.create_table(
        "audit_events",
        key(),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.Integer(), sa.ForeignKey("users.id"), index=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String()),
        sa.Column("subject_id", sa.Integer()),
        sa.Column("detail", sa.JSON(), nullable=False),
    )
    op.create_index(op.f("ix_audit_events_action_business_day"), "audit_events", ["action", "business_day"])
    op.create_index(
        op.f("ix_audit_events_subject_type_subject_id"), "audit_events", ["subject_type", "subject_id"]
    )
    op.create_table(
        "plate_terms",
        *dated(),
        sa.Column("office_id", sa.Integer(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("street_id", sa.Integer(), sa.ForeignKey("streets.unit_id")),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("areas.id")),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.CheckConstraint("(street_id IS NULL) <> (area_id IS NULL)", name="one_place"),
    )
    op.create_index(
        op.f("uq_plate_terms_area"),
        "plate_terms",
        ["office_id", "area_id", "valid_from", "recorded_at"],
        unique=True,
        sqlite_where=sa.text("area_id IS NOT NULL"),
        postgresql_where=sa.text("area_id IS NOT NULL"),
    )
    op.create_index(
        op.f("uq_plate_terms_street"),
        "plate_terms",
        ["office_id", "street_id", "valid_from", "recorded_at"],
        unique=True,
        sqlite_where=sa.text("street_id IS NOT NULL"),
        postgresql_where=sa.text("street_id IS NOT NULL"),
    )
    op.create_table(
        "project_reports",
        key(),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *texts("stage", "reported_on", "source_url", "text"),
        sa.UniqueConstraint("project_id", "position"),
    )
    op.create_table(
        "street_terms",
        *dated(),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("streets.unit_id"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("unit_id", "valid_from", "recorded_at"),
    )
    op.create_table(
        "decisions",
        key(),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), sa.ForeignKey("outcomes.id")),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_events.id"), index=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        *leads(),
        sa.UniqueConstraint("project_id", "from_day", "recorded_at"),
    )
    op.create_index(op.f("ix_decisions_indicators_id"), "decisions", ["indicators_id"])
    op.create_table(
        "imports",
        key(),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False, index=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("head", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("ground", sa.String()),
        sa.Column("rows_sha256", sa.String()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, index=True),
        sa.Column("staged_rows", sa.Integer(), nullable=False),
        sa.Column("new_rows", sa.Integer(), nullable=False),
        sa.Column("changed_rows", sa.Integer(), nullable=False),
        sa.Column("same_rows", sa.Integer(), nullable=False),
        sa.Column("error_rows", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), sa.ForeignKey("users.id"), index=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("heartbeat_at", INSTANT, nullable=False),
        sa.Column("applied_at", INSTANT),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_events.id")),
        sa.CheckConstraint(
            "status IN ('staging', 'checked', 'applied', 'failed', 'abandoned')", name="status"
        ),
    )
    op.create_table(
        "month_closes",
        key(),
        sa.Column("month", sa.String(), nullable=False, unique=True),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_events.id")),
        sa.Column("recorded_at", INSTANT, nullable=False),
    )
    op.create_table(
        "project_facts",
        *dated(),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("credit_code", sa.String()),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_events.id"), index=True),
        *facts(),
        sa.UniqueConstraint("project_id", "valid_from", "recorded_at"),
    )
    op.create_table(
        "staged_decisions",
        sa.Column(
            "import_id",
            sa.Integer(),
            sa.ForeignKey("imports.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("row_number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("from_day", sa.Date(), primary_key=True),
        sa.Column("outcome_id", sa.Integer(), sa.ForeignKey("outcomes.id")),
        *leads(),
    )
    op.create_table(
        "staged_facts",
        sa.Column(
            "import_id",
            sa.Integer(),
            sa.ForeignKey("imports.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("row_number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("valid_from", sa.Date(), primary_key=True),
        sa.Column("adds", sa.Boolean(), nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("credit_code", sa.String()),
        *facts(),
    )
    op.create_table(
        "staged_rows",
        sa.Column(
            "import_id",
            sa.Integer(),
            sa.ForeignKey("imports.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("row_number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.String()),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("errors", sa.JSON()),
        sa.Column("before", sa.JSON()),
        sa.Column("credit_code", sa.String()),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("projects.id")),
        sa.Column("books_rows", sa.Integer(), nullable=False),
        sa.Column("relinks", sa.Boolean(), nullable=False),
        sa.Column("renames_id", sa.Integer(), sa.ForeignKey("enterprises.id")),
        *facts(),
        sa.CheckConstraint("action IN ('new', 'changed', 'same', 'error')", name="action"),
    )
    op.create_index(op.f("ix_staged_rows_import_id_action"), "staged_rows", ["import_id", "action"])
    op.create_index(op.f("ix_staged_rows_import_id_number"), "staged_rows", ["import_id", "number"])

    dialect = op.get_bind().dialect.name
    statements = [*guards.PREPARE[dialect], *guards.MONTHS_IN_ORDER[dialect]]
    for table in INSERT_ONLY:
        statements += guards.insert_only(dialect, table)
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in guards.MONTHS_IN_NO_ORDER[dialect]:
        op.execute(statement)
    for table in reversed(TABLES):
        op.drop_table(table)
    for statement in guards.UNPREPARE[dialect]:
        op.execute(statement)
