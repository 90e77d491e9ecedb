"""The page of one lead, put together of parts: each part's builder and its file of the same name in templates/leads/parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from crm.messages import N_
from crm.models import Lead, User
from crm.services import leads, protection
from crm.services.leads import Seen
from crm.web import contacts, credit, lead_clocks, lead_facts, lead_timeline, life_line, reassignments
from crm.web.attachments import Panel
from crm.web.lead_duplicates import of as lead_duplicates_of
from crm.web.parameters import Given

Builder = Callable[[Seen, Given], Any]

BUILDERS: dict[str, Builder] = {
    "facts": lead_facts.of,
    "clocks": lead_clocks.of,
    "contacts": contacts.of,
    "duplicates": lead_duplicates_of,
    "timeline": lead_timeline.of,
    "signing": lambda seen, _given: life_line.of(seen.lead),
    "reassignment": reassignments.of,
    "credit": credit.of,
    "files": lambda seen, _given: Panel.of(seen.lead),
}
"""Part → what it needs, made of the lead and of what the address asks for; a part without a builder needs the lead alone."""


@dataclass(frozen=True)
class Step:
    """Something to do next about a lead: a button for those who may, while it applies."""

    endpoint: str
    text: str
    permission: str
    applies: Callable[[Lead], bool]
    main: bool = False


STEPS: tuple[Step, ...] = (
    Step("lead_progress.new", N_("登记进展"), "lead:progress", lambda lead: lead.is_open, main=True),
    Step("lead_sign.enter", N_("办理签约"), "lead:sign", lambda lead: lead.is_open),
    Step("lead_edit.edit", N_("修改"), "lead:edit", lambda lead: lead.stage in leads.IN_WORK),
    Step("lead_clocks.longer", N_("延长保护期"), "lead:edit", protection.is_renewable),
    Step("reassignments.new", N_("流转或合作"), "lead:reassign", lambda lead: lead.is_open),
    Step("lead_edit.give_up", N_("办理退库"), "lead:edit", lambda lead: lead.is_open),
)
"""In the order of the buttons; an endpoint takes the lead's number."""


@dataclass(frozen=True)
class LeadPage:
    """A lead as one person sees it; of one that they may not read there are no parts."""

    seen: Seen
    parts: Mapping[str, Any]

    @classmethod
    def of(cls, number: str, user: User, given: Given) -> LeadPage:
        """The page of a lead; raises NotFound where there is none."""
        seen = leads.seen(number, user)
        if not seen.reads:
            return cls(seen, {})
        return cls(seen, {name: build(seen, given) for name, build in BUILDERS.items()})

    @property
    def lead(self) -> Lead:
        """The lead."""
        return self.seen.lead

    def may(self, permission: str) -> bool:
        """Has the person this right for the lead?"""
        return self.seen.may(permission)

    @property
    def steps(self) -> list[tuple[str, Step]]:
        """What the person can do next, with the address of each."""
        found = [step for step in STEPS if step.applies(self.lead) and self.may(step.permission)]
        return [(url_for(step.endpoint, number=self.lead.number), step) for step in found]
