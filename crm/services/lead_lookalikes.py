"""What stands in the way of a lead: another that is the same. The one place where logging asks, and sends for triage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, or_, select

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import OPEN_STAGES, Lead, Triage, User
from crm.services import history, policy

SAME = N_("这条线索与已有的线索相同，没有登记；确实是另一个项目的，请提交研判")
CHANGED = N_("照这样修改，就与另一条线索相同了，没有保存；请核对名称、投资方和信用代码")


@dataclass(frozen=True)
class Alike:
    """A lead that looks like the one asked about, by the level of practice.md and in per cent.

    Of another unit's lead a person may know these and nothing else: number, unit, since when.
    """

    lead_id: int
    number: str
    unit_id: int
    had_since: date
    level: int
    similarity: int


class Lookalikes(Refused):
    """A lead stands already; `alike` are those, for the page to show."""

    def __init__(self, message: str, alike: Sequence[Alike] = ()) -> None:
        super().__init__(message)
        self.alike = tuple(alike)


def of(lead: Lead) -> list[Alike]:
    """The leads that look like this one, which need not be in the books yet."""
    same = Lead.name_key == lead.name_key, Lead.investor_key == lead.investor_key
    query = select(Lead).where(Lead.stage.in_(OPEN_STAGES), Lead.id != (lead.id or 0))
    query = query.where(or_(Lead.enterprise_id == lead.enterprise_id, and_(*same)), ~Lead.cleared)
    with db.session.no_autoflush:
        found = list(db.session.scalars(query.order_by(Lead.id)))
    return [
        Alike(one.id, one.number, one.unit_id, one.had_since, 2 if _same_name(one, lead) else 1, 100)
        for one in found
    ]


def in_the_way(alike: Sequence[Alike]) -> bool:
    """Is one of them so like it that it cannot be logged without triage?"""
    return any(one.level <= 3 for one in alike)


def refuse(lead: Lead, alike: Sequence[Alike]) -> None:
    """Raises Lookalikes where the lead would stand beside one that is in its way."""
    if lead.is_open and not lead.cleared and in_the_way(alike):
        raise Lookalikes(CHANGED if lead.id else SAME, alike)


def second(lead: Lead) -> Lookalikes:
    """What the database's own word means, which came after the question: somebody was quicker."""
    return Lookalikes(CHANGED if lead.id else SAME)


def submit(lead: Lead, alike: Sequence[Alike], actor: User) -> None:
    """Has the bureau look at the lead beside each that it looks like."""
    due = clock.today() + timedelta(days=policy.on(clock.today())["triage_days"])
    for one in alike:
        triage = Triage(
            lead_id=lead.id, other_id=one.lead_id, level=one.level, similarity=one.similarity, due_on=due
        )
        db.session.add(triage)
        history.record("triage.opened", lead, actor=actor, other=one.number, level=one.level)


def _same_name(one: Lead, lead: Lead) -> bool:
    return (one.name_key, one.investor_key) == (lead.name_key, lead.investor_key)
