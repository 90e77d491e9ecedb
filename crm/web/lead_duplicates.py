"""What the page of a lead says of others that it looks or looked like: its part «duplicates»."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.models import Lead, Triage, User
from crm.permissions import allowed
from crm.services import merged_leads, triages
from crm.services.leads import Seen
from crm.services.merged_leads import Merged
from crm.web import duplicates
from crm.web.parameters import Given
from crm.web.triage import STATES


@dataclass(frozen=True)
class Beside:
    """A triage from the side of one of its leads."""

    triage: Triage
    other: Lead
    decides: bool
    """May the person decide it?"""

    @property
    def waits(self) -> bool:
        """Is it open?"""
        return self.triage.state == "open"

    @property
    def state(self) -> tuple[str, str]:
        """What its state is called, and how its mark looks."""
        return STATES[self.triage.state]

    @property
    def level(self) -> str:
        """What its level says."""
        return duplicates.triage_level(self.triage)


@dataclass(frozen=True)
class Duplicates:
    """What the part needs."""

    triages: Sequence[Beside]
    merged: Sequence[Merged]
    """The leads that were merged into this one."""


def waiting(lead: Lead, user: User) -> list[Beside]:
    """The triages of a lead that nobody has decided yet: one statement."""
    return [one for one in _beside(lead, user, triages.of_lead(lead)) if one.waits]


def of(seen: Seen, _given: Given) -> Duplicates:
    """The triages of a lead, and what was merged into it: one statement, three more where there is something merged."""
    lead = seen.lead
    found = triages.of_lead(lead)
    beside = _beside(lead, seen.user, found)
    # whatever was merged into it came through a triage
    merged = any(one.state == "same" and one.other_id == lead.id for one in found)
    return Duplicates(beside, merged_leads.of(lead) if merged else ())


def _beside(lead: Lead, user: User, found: Sequence[Triage]) -> list[Beside]:
    decides = allowed(user, "lead:triage")
    return [Beside(one, one.other if one.lead_id == lead.id else one.lead, decides) for one in found]
