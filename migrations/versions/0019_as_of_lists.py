"""What held on a day is found by an index: the last decision, holding and version of each project, and who ever had what."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = (
    ("decisions", ("project_id", "from_day", "id")),
    ("decisions", ("indicators_id", "project_id", "from_day")),
    ("holdings", ("project_id", "from_day", "id")),
    ("holdings", ("indicators_id", "project_id", "from_day")),
    ("holdings", ("enterprise_service_id", "project_id", "from_day")),
    ("project_facts", ("project_id", "valid_from", "id")),
)


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(op.f(_name(table, columns)), table, list(columns))


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index(op.f(_name(table, columns)), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
