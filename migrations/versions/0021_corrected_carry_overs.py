"""A transfer carries over as many lines as there are months in a row, and corrected facts set them right by lines of their own."""

from __future__ import annotations

from alembic import op

from crm import guards

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "carry_overs"
BEFORE = ("transfer_id", "duty", "figure")
NOW = (*BEFORE, "first_month", "event_id")


def upgrade() -> None:
    _let_change()
    _unique(BEFORE, NOW)
    op.create_index(op.f("ix_carry_overs_project_id"), TABLE, ["project_id"])
    _let_nothing_change()


def downgrade() -> None:
    _let_change()
    op.drop_index(op.f("ix_carry_overs_project_id"), TABLE)
    op.execute(
        f"DELETE FROM {TABLE} WHERE id NOT IN (SELECT min(id) FROM {TABLE} GROUP BY {', '.join(BEFORE)})"
    )
    _unique(NOW, BEFORE)
    _let_nothing_change()


def _unique(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f(f"uq_{TABLE}_{'_'.join(before)}"), type_="unique")
        table.create_unique_constraint(op.f(f"uq_{TABLE}_{'_'.join(after)}"), list(after))


def _let_change() -> None:
    """Takes the triggers off, as only the owner of the tables can."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("no_update", "no_delete") if sqlite else ("no_change", "no_truncate"):
        op.execute(f"DROP TRIGGER {TABLE}_{name}" + ("" if sqlite else f" ON {TABLE}"))


def _let_nothing_change() -> None:
    for statement in guards.insert_only(op.get_bind().dialect.name, TABLE):
        op.execute(statement)
