"""Industries by pinyin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pinyin", "initials"):
        op.add_column("industries", sa.Column(name, sa.String(), nullable=False, server_default=""))
    bind = op.get_bind()
    industries = sa.table(
        "industries", sa.column("code"), sa.column("name"), sa.column("pinyin"), sa.column("initials")
    )
    rows = bind.execute(sa.select(industries.c.code, industries.c.name)).all()
    if rows:
        from pypinyin import lazy_pinyin

        spelt = [(code, [s for s in lazy_pinyin(name, errors="ignore") if s]) for code, name in rows]
        bind.execute(
            sa.update(industries)
            .where(industries.c.code == sa.bindparam("of"))
            .values(pinyin=sa.bindparam("whole"), initials=sa.bindparam("first")),
            [{"of": c, "whole": "".join(s), "first": "".join(x[0] for x in s)} for c, s in spelt],
        )


def downgrade() -> None:
    for name in ("initials", "pinyin"):
        op.drop_column("industries", name)
