"""The facts of a lead as its page shows them, and who of the unit can work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.messages import N_
from crm.models import User
from crm.services import focus, lead_holders, leads
from crm.services.leads import Seen
from crm.web.parameters import Given

OUTSIDE = N_("行业不在本单位的招商重点（通知第四条）之内：%(focus)s。可以登记，请考虑与相关产业办合作。")


@dataclass(frozen=True)
class Facts:
    """What the part of the page needs besides the lead."""

    colleagues: Sequence[User]
    """Those it can be handed to; none where it is not the person's to hand on."""
    outside: Sequence[str]
    """What the unit is to focus on, in the notice's words, where the industry is none of it."""


def of(seen: Seen, _given: Given) -> Facts:
    """The part of a lead's page."""
    lead = seen.lead
    hands_on = seen.may("lead:edit") and lead.stage in leads.IN_WORK
    found = lead_holders.colleagues(lead.unit_id) if hands_on else []
    return Facts(
        [one for one in found if one.id != lead.held_by_id], focus.outside(lead.unit, lead.industry_code)
    )
