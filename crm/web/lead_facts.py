"""The facts of a lead as its page shows them, and who of the unit can work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.models import User
from crm.services import leads
from crm.services.leads import Seen
from crm.web.parameters import Given


@dataclass(frozen=True)
class Facts:
    """What the part of the page needs besides the lead."""

    colleagues: Sequence[User]
    """Those it can be handed to; none where it is not the person's to hand on."""


def of(seen: Seen, _given: Given) -> Facts:
    """The part of a lead's page."""
    lead = seen.lead
    hands_on = seen.may("lead:edit") and lead.stage in leads.IN_WORK
    return Facts(
        [one for one in leads.colleagues(lead.unit_id) if one.id != lead.held_by_id] if hands_on else ()
    )
