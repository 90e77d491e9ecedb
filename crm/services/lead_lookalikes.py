"""What stands in the way of a lead: another that is the same. The one place where logging asks, and sends for triage."""

from __future__ import annotations

from collections.abc import Sequence

from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Enterprise, Lead, User
from crm.services import duplicates, triages
from crm.services.duplicates import Asked, Lookalike

SAME = N_("这条线索与已有的线索相同或相近，没有登记；确实是另一个项目的，请提交研判")
CHANGED = N_("照这样修改，就与另一条线索相同了，没有保存；请核对名称、投资方和信用代码")

IDENTICAL = 2
"""The last level at which a lead that stands already cannot be changed so."""


class Lookalikes(Refused):
    """A lead stands already; `alike` is what was found, for the page to show."""

    def __init__(self, message: str, alike: Sequence[Lookalike] = ()) -> None:
        super().__init__(message)
        self.alike = tuple(alike)


def of(lead: Lead, actor: User) -> list[Lookalike]:
    """What this lead looks like, which need not be in the books yet; what triage has told from it is left out."""
    # a lead that is being changed is not to be kept before it was held against the others
    with db.session.no_autoflush:
        enterprise = db.session.get(Enterprise, lead.enterprise_id) if lead.enterprise_id else None
        asked = Asked(
            lead.name_key,
            lead.investor_key,
            enterprise.credit_code if enterprise else None,
            enterprise.id if enterprise else None,
        )
        told_apart = triages.settled(lead)
        found = duplicates.look(asked, user=actor, without=lead)
    return [one for one in found if one.lead_id is None or one.lead_id not in told_apart]


def in_the_way(alike: Sequence[Lookalike]) -> bool:
    """Is one of them a lead so like it that it cannot be logged without triage?"""
    return any(one.of_lead and one.stops for one in alike)


def refuse(lead: Lead, alike: Sequence[Lookalike]) -> None:
    """Raises Lookalikes where the lead would stand beside one that is in its way.

    A lead that stands already may come to look like another, which triage is told; it may not come to be the same.
    """
    if not lead.is_open or lead.cleared:
        return
    if not lead.id and in_the_way(alike):
        raise Lookalikes(SAME, alike)
    if lead.id and any(one.of_lead and one.level <= IDENTICAL for one in alike):
        raise Lookalikes(CHANGED, alike)


def second(lead: Lead) -> Lookalikes:
    """What the database's own word means, which came after the question: somebody was quicker."""
    return Lookalikes(CHANGED if lead.id else SAME)


def submit(lead: Lead, alike: Sequence[Lookalike], actor: User) -> None:
    """Has the bureau look at the lead beside those that it looks like."""
    triages.submit(lead, alike, actor=actor)
