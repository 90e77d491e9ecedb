"""PostgreSQL's search index has the text beside the tokens."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE project_index ADD COLUMN text varchar NOT NULL DEFAULT ''")
    # A project whose new text waits in search_pending is not looked for here.
    op.execute(
        "UPDATE project_index SET text = project_texts.text "
        "FROM project_texts WHERE project_texts.project_id = project_index.project_id"
    )
    op.execute("ALTER TABLE project_index ALTER COLUMN text DROP DEFAULT")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE project_index DROP COLUMN text")
