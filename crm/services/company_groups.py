"""集团: parents and children of enterprises, in which nobody is above itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, literal, select, union
from sqlalchemy.orm import aliased

from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Enterprise, User
from crm.services.company_rights import seen_by

DEEPEST = 6
"""Levels of a group, itself among them."""

MOST = 200
"""Enterprises of one group that are looked at."""


def parent(company: Enterprise, user: User | None) -> Enterprise | None:
    """The enterprise right above, where the person may see it."""
    if company.parent_id is None:
        return None
    return db.session.scalar(select(Enterprise).where(Enterprise.id == company.parent_id, seen_by(user)))


def children(company: Enterprise, user: User | None, limit: int) -> list[Enterprise]:
    """The enterprises right below that the person may see, by name."""
    query = select(Enterprise).where(Enterprise.parent_id == company.id, seen_by(user))
    return list(db.session.scalars(query.order_by(Enterprise.name, Enterprise.id).limit(limit)))


def members(company: Enterprise) -> Select[Any]:
    """The ids of its group, itself among them, as a query: all below its topmost parent, and those of its group's name."""
    up = _above(company.id)
    top = select(up.c.id).where(up.c.parent_id.is_(None))
    down = _below(Enterprise.id.in_(top))
    ids = select(down.c.id)
    if company.group_name:
        of_name = select(Enterprise.id).where(Enterprise.group_name == company.group_name)
        return select(union(ids, of_name).subquery().c.id).limit(MOST)
    return ids.limit(MOST)


def problems(company: Enterprise | None, parent_id: int) -> list[Refused]:
    """What is wrong with a parent: it is no enterprise, it is below this one, or the group would be too deep."""
    if db.session.get(Enterprise, parent_id) is None:
        return [Refused(N_("没有这家企业"), field="parent")]
    up = _above(parent_id)
    above = {row[0]: row[1] for row in db.session.execute(select(up.c.id, up.c.depth))}
    if company is not None and company.id in above:
        return [Refused(N_("上级不能是企业自己，也不能是它的下级"), field="parent")]
    height = 0
    if company is not None:
        down = _below(Enterprise.id == company.id)
        height = db.session.scalar(select(func.max(down.c.depth))) or 0
    if max(above.values()) + 2 + height > DEEPEST:
        return [Refused(N_("集团最多%(most)s层"), field="parent", most=DEEPEST)]
    return []


def _above(key: int) -> Any:
    """The enterprise and all above it, with how far above."""
    start = select(Enterprise.id, Enterprise.parent_id, literal(0).label("depth")).where(Enterprise.id == key)
    up = start.cte("up", recursive=True)
    one = aliased(Enterprise)
    return up.union_all(
        select(one.id, one.parent_id, up.c.depth + 1).where(
            one.id == up.c.parent_id, up.c.depth < 2 * DEEPEST
        )
    )


def _below(condition: Any) -> Any:
    """The enterprises of a condition and all below them, with how far below."""
    start = select(Enterprise.id, literal(0).label("depth")).where(condition)
    down = start.cte("down", recursive=True)
    one = aliased(Enterprise)
    return down.union_all(
        select(one.id, down.c.depth + 1).where(one.parent_id == down.c.id, down.c.depth < 2 * DEEPEST)
    )
