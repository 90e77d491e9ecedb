"""国民经济行业分类: the standard's codes and names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from crm.db import db
from crm.models import Industry, User
from crm.services import history


def industry(code: str) -> Industry | None:
    """The section, division, group or class with this code; none where the standard has none."""
    return db.session.get(Industry, code)


def all_industries() -> list[Industry]:
    """The whole standard, by code."""
    return list(db.session.scalars(select(Industry).order_by(Industry.code)))


def load_industries(rows: Sequence[dict[str, object]], *, actor: User | None) -> int:
    """Adds rows of the standard (code, name, level, parent, section), parents first; returns how many."""
    if rows:
        db.session.execute(insert(Industry), list(rows))
    history.record("industry.loaded", actor=actor, rows=len(rows))
    return len(rows)
