"""项目来源: the earlier project of the same enterprise or group that a project comes from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased, joinedload

from crm.db import db
from crm.errors import Refused, Stale
from crm.messages import N_
from crm.models import ORIGIN_KINDS, Enterprise, Project, ProjectOrigin, User
from crm.permissions import require, visible_to
from crm.services import company_groups, history

LONGEST_CHAIN = 100


def of(ids: Collection[int]) -> dict[int, ProjectOrigin]:
    """Project → where it comes from, of those that come from somewhere: one statement."""
    query = select(ProjectOrigin).where(ProjectOrigin.project_id.in_(ids))
    rows = db.session.scalars(query.options(joinedload(ProjectOrigin.origin)))
    return {row.project_id: row for row in rows}


def set_origin(project: Project, number: str, kind: str, *, seen: str, actor: User) -> bool:
    """Says which earlier project this one comes from, and how; no number: from none. Returns whether it changed.

    `seen` is the number of the origin that the person saw, "" for none. Raises NotAllowed, Stale and Refused.
    """
    require(actor, "project:edit", project)
    # whoever else says where a project comes from waits, so that two of them make no circle
    history.hold()
    row = db.session.get(ProjectOrigin, project.id, options=[joinedload(ProjectOrigin.origin)])
    before = row.origin.number if row else ""
    if before != seen:
        raise Stale(N_("别人刚刚改了这个项目的来源；请看过现在的内容再改"))
    if not number:
        if row is None:
            return False
        db.session.delete(row)
        _record(project, actor, before, "", "")
        return True
    if kind not in ORIGIN_KINDS:
        raise Refused(N_("请选择增资、扩产或搬迁"), field="kind")
    origin = db.session.scalar(select(Project).where(Project.number == number, visible_to(actor)))
    if origin is None:
        raise Refused(N_("没有编号为“%(number)s”的项目"), field="origin", number=number)
    if row is not None and (row.origin_id, row.kind) == (origin.id, kind):
        return False
    if not _same_group(project, origin):
        raise Refused(N_("来源项目要属于同一家企业或同一集团"), field="origin")
    if project.id in _chain(origin.id):
        raise Refused(N_("来源不能是项目自己，也不能是由它而来的项目"), field="origin")
    if row is None:
        row = ProjectOrigin(project_id=project.id)
        db.session.add(row)
    row.origin_id, row.kind = origin.id, kind
    _record(project, actor, before, number, kind)
    return True


def _record(project: Project, actor: User, before: str, number: str, kind: str) -> None:
    db.session.flush()
    history.record("project.origin_set", project, actor=actor, number=number, kind=kind, previous=before)


def _same_group(project: Project, origin: Project) -> bool:
    if project.enterprise_id is None or origin.enterprise_id is None:
        return False
    if project.enterprise_id == origin.enterprise_id:
        return True
    company = db.session.get_one(Enterprise, project.enterprise_id)
    ids: set[Any] = set(db.session.scalars(company_groups.members(company)))
    return origin.enterprise_id in ids


def _chain(project_id: int) -> set[int]:
    """The project, and those it comes from, one after the other."""
    chain = select(literal(project_id).label("id"), literal(0).label("depth")).cte("chain", recursive=True)
    one = aliased(ProjectOrigin)
    chain = chain.union_all(
        select(one.origin_id, chain.c.depth + 1).where(
            one.project_id == chain.c.id, chain.c.depth < LONGEST_CHAIN
        )
    )
    return set(db.session.scalars(select(chain.c.id)))
