"""逾期和提醒: what of the leads is late and of what projects nothing is heard, counted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import literal, union_all

from crm.db import db
from crm.grants import UNITS
from crm.models import User
from crm.permissions import allowed
from crm.services import lead_overdue, quiet_projects
from crm.services.policy import Policy

KINDS = (*lead_overdue.KINDS, *quiet_projects.KINDS)


@dataclass(frozen=True)
class Group:
    """What of each kind there is in one unit, or with one person."""

    key: int | None
    name: str
    """A person's; empty where the key is a unit's."""
    counts: Mapping[str, int]


def groups(user: User, policy: Policy) -> list[Group]:
    """How much of each kind there is: by unit for those who see all of them, by person within a unit; those without any
    left out. One statement.
    """
    if not allowed(user, "lead:read"):
        return []
    own = user.role in UNITS
    parts = [*lead_overdue.counted(user, policy), quiet_projects.counted(user, policy)]
    wide = [part.rows.add_columns(*(part.counts.get(kind, literal(0)) for kind in KINDS)) for part in parts]
    found: dict[int, Group] = {}
    for of, name, *more in db.session.execute(union_all(*wide)):
        before = found[of].counts if of in found else dict.fromkeys(KINDS, 0)
        counts = {kind: before[kind] + count for kind, count in zip(KINDS, more, strict=True)}
        found[of] = Group(of or None, (name or "") if own else "", counts)
    return [found[of] for of in sorted(found) if any(found[of].counts.values())]


def total(found: Sequence[Group]) -> dict[str, int]:
    """Kind → how many in all."""
    return {kind: sum(group.counts[kind] for group in found) for kind in KINDS}
