"""Leads: who has them, what was done about them, what of them waits for the bureau, and whom to speak to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm import guards

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

INDEX = {
    # it keeps which lead has which token and nothing else
    "sqlite": (
        "CREATE VIRTUAL TABLE lead_index USING fts5("
        "tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE lead_index (lead_id integer PRIMARY KEY REFERENCES leads (id), "
        "tokens tsvector NOT NULL, text varchar NOT NULL)",
        "CREATE INDEX lead_index_tokens ON lead_index USING gin (tokens)",
    ),
}
"""What only one of the databases knows."""


def upgrade() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_company", sa.Boolean(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("investor", sa.String(), nullable=False),
        sa.Column("investor_key", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Integer()),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_note", sa.String(), nullable=False),
        sa.Column("industry_code", sa.String()),
        sa.Column("intended_investment_fen", sa.BigInteger()),
        sa.Column("site_street_id", sa.Integer()),
        sa.Column("site_area_id", sa.Integer()),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("first_contact_unit_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("held_by_id", sa.Integer()),
        sa.Column("had_since", sa.Date(), nullable=False),
        sa.Column("had_at", INSTANT, nullable=False),
        sa.Column("protected_until", sa.Date(), nullable=False),
        sa.Column("renewed_at", INSTANT),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("pool_since", sa.Date()),
        sa.Column("response_due", sa.Date()),
        sa.Column("feedback_due", sa.Date()),
        sa.Column("report_due", sa.Date()),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("next_step_on", sa.Date()),
        sa.Column("last_progress_on", sa.Date()),
        sa.Column("logged_on", sa.Date(), nullable=False),
        sa.Column("negotiating_on", sa.Date()),
        sa.Column("inspected_on", sa.Date()),
        sa.Column("drafted_on", sa.Date()),
        sa.Column("signed_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("lost_reason", sa.String()),
        sa.Column("lost_note", sa.String(), nullable=False),
        sa.Column("merged_into_id", sa.Integer()),
        sa.Column("project_id", sa.Integer()),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(stage = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        sa.CheckConstraint("(stage = 'signed') = (project_id IS NOT NULL)", name="project"),
        sa.CheckConstraint("(stage = 'withdrawn') = (lost_reason IS NOT NULL)", name="lost"),
        sa.CheckConstraint(
            "lost_reason IN ('elsewhere', 'policy', 'site', 'cost', 'funding', 'demand', 'unreachable', 'unsuitable', 'other')",
            name="lost_reason",
        ),
        sa.CheckConstraint(
            "source IN ('visit', 'fair', 'referral', 'agency', 'chamber', 'investor', 'existing', 'superior', 'online', 'other')",
            name="source",
        ),
        sa.CheckConstraint(
            "stage IN ('triage', 'registered', 'negotiating', 'signed', 'withdrawn', 'merged')", name="stage"
        ),
        sa.CheckConstraint("intended_investment_fen >= 0", name="intended_investment"),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprises.id"]),
        sa.ForeignKeyConstraint(["first_contact_unit_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["held_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["merged_into_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.ForeignKeyConstraint(["site_area_id"], ["areas.id"]),
        sa.ForeignKeyConstraint(["site_street_id"], ["units.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("project_id"),
    )
    op.create_index(op.f("ix_leads_enterprise_id"), "leads", ["enterprise_id"])
    op.create_index(op.f("ix_leads_first_contact_unit_id"), "leads", ["first_contact_unit_id"])
    op.create_index(op.f("ix_leads_held_by_id"), "leads", ["held_by_id"])
    op.create_index(op.f("ix_leads_logged_on"), "leads", ["logged_on"])
    for column in (
        "name",
        "had_since",
        "next_step_on",
        "intended_investment_fen",
        "site_street_id",
        "source",
        "industry_code",
    ):
        op.create_index(f"ix_leads_{column}_id", "leads", [column, "id"])
    op.create_index(op.f("ix_leads_merged_into_id"), "leads", ["merged_into_id"])
    op.create_index(
        "ix_leads_next_step_on",
        "leads",
        ["unit_id", "next_step_on"],
        sqlite_where=sa.text("stage IN ('registered', 'negotiating')"),
        postgresql_where=sa.text("stage IN ('registered', 'negotiating')"),
    )
    for clock in ("protected_until", "response_due", "feedback_due", "report_due"):
        op.create_index(
            f"ix_leads_{clock}",
            "leads",
            [clock],
            sqlite_where=sa.text("stage IN ('registered', 'negotiating')"),
            postgresql_where=sa.text("stage IN ('registered', 'negotiating')"),
        )
    op.create_index(op.f("ix_leads_stage_id"), "leads", ["stage", "id"])
    op.create_index(op.f("ix_leads_unit_id_id"), "leads", ["unit_id", "id"])
    op.create_index(op.f("ix_leads_unit_id_stage_id"), "leads", ["unit_id", "stage", "id"])
    op.create_index(
        "uq_leads_open_enterprise",
        "leads",
        ["enterprise_id"],
        unique=True,
        sqlite_where=sa.text(
            "enterprise_id IS NOT NULL AND stage IN ('registered', 'negotiating') AND NOT cleared"
        ),
        postgresql_where=sa.text(
            "enterprise_id IS NOT NULL AND stage IN ('registered', 'negotiating') AND NOT cleared"
        ),
    )
    op.create_index(
        "uq_leads_open_name",
        "leads",
        ["name_key", "investor_key"],
        unique=True,
        sqlite_where=sa.text("stage IN ('registered', 'negotiating') AND NOT cleared"),
        postgresql_where=sa.text("stage IN ('registered', 'negotiating') AND NOT cleared"),
    )

    op.create_table(
        "lead_units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lead_id", "unit_id"),
    )
    op.create_index(op.f("ix_lead_units_unit_id_lead_id"), "lead_units", ["unit_id", "lead_id"])

    op.create_table(
        "lead_progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("people", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("next_step_on", sa.Date()),
        sa.Column("replaces_id", sa.Integer()),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String()),
        sa.Column("unit_id", sa.Integer()),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('call', 'visit', 'meeting', 'site_inspection', 'draft_agreement')", name="kind"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["replaces_id"], ["lead_progress.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form_key"),
        sa.UniqueConstraint("replaces_id"),
    )
    op.create_index(op.f("ix_lead_progress_lead_id_day_id"), "lead_progress", ["lead_id", "day", "id"])

    op.create_table(
        "triages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'same', 'new', 'ignored')", name="state"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        sa.CheckConstraint("other_id <> lead_id", name="another"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lead_id", "other_id"),
    )
    op.create_index(op.f("ix_triages_other_id"), "triages", ["other_id"])
    op.create_index(
        "ix_triages_waiting",
        "triages",
        ["due_on", "id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer()),
        sa.Column("enterprise_id", sa.Integer()),
        sa.Column("unit_id", sa.Integer()),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(lead_id IS NULL) <> (enterprise_id IS NULL)", name="of"),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprises.id"]),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_contacts_enterprise_id"), "contacts", ["enterprise_id"])
    op.create_index(op.f("ix_contacts_lead_id"), "contacts", ["lead_id"])
    op.create_index(op.f("ix_contacts_unit_id"), "contacts", ["unit_id"])
    for table in ("lead_progress",):
        for statement in guards.insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)

    op.create_table(
        "lead_texts",
        sa.Column("lead_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("lead_id"),
    )
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("lead_index")
    op.drop_table("lead_texts")
    op.drop_table("contacts")
    op.drop_table("triages")
    op.drop_table("lead_progress")
    op.drop_table("lead_units")
    op.drop_table("leads")
