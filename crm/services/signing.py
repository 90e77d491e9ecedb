"""签约: a lead becomes a project, once, and everything known of it goes along.

The contacts stay with the lead and show on the project's page by right: who may read them follows the lead, and an
enterprise is open to every unit. So do its progress, its attachments and its next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from crm import clock
from crm.db import db
from crm.errors import Refused, Stale
from crm.messages import N_
from crm.models import Enterprise, Lead, Project, User
from crm.permissions import allowed, require
from crm.services import (
    credit,
    edits,
    fact_checks,
    history,
    lead_clocks,
    lead_progress,
    leads,
    months,
    reassignments,
    registering,
)
from crm.services.attribution import Rulebook, rulebook
from crm.services.requirements import Brought, missing
from crm.services.staging import same_name

STAGE = "signed"

FACTS = (
    "name",
    "investor",
    "credit_code",
    "industry_code",
    "total_investment_fen",
    "signed_on",
    "served_by",
    "origin",
    "from_street",
    "site_street",
    "site_area",
)
"""The facts that whoever signs names; the others have their beginnings, and the unit is the lead's."""

POOLED = N_("这条线索的保护期已满，在公共池中；请先承接，再签约")
NOT_OPEN = {
    "triage": N_("这条线索正在研判；研判以后才能签约"),
    "signed": N_("这条线索已经签约，成为项目，不能再签一次"),
    "withdrawn": N_("这条线索已经退库，不能签约"),
    "merged": N_("这条线索已经并入另一条，不能签约"),
}


def by_number(number: str, actor: User) -> Lead:
    """The lead with this number, for somebody who would sign it. Raises NotFound, NotAllowed and Refused as sign()."""
    lead = leads.seen(number, actor).lead
    check(lead, actor)
    return lead


def check(lead: Lead, actor: User) -> None:
    """Raises NotAllowed where the lead is not this person's to sign, and Refused where it is none that can be signed."""
    if allowed(actor, "lead:sign") and lead.unit_id == actor.unit_id and _is_pooled(lead):
        raise Refused(POOLED)
    require(actor, "lead:sign", lead)
    if lead.stage in NOT_OPEN:
        raise Refused(NOT_OPEN[lead.stage])


def proposed(lead: Lead, book: Rulebook) -> dict[str, Any]:
    """The facts that a project of the lead would have as far as the lead says, by their names."""
    enterprise = lead.enterprise
    area = book.areas[lead.site_area_id] if lead.site_area_id else None
    return {
        "name": lead.name,
        "investor": enterprise.name
        if enterprise
        else lead.name
        if lead.is_company
        else lead.investor or None,
        "credit_code": enterprise.credit_code if enterprise else None,
        "industry_code": lead.industry_code,
        "total_investment_fen": lead.intended_investment_fen,
        "signed_on": None,
        "served_by": None,
        "origin": "new_introduction",
        "from_street": None,
        "site_street": book.units[lead.site_street_id].code if lead.site_street_id else None,
        "site_area": area.name if area else None,
    }


def facts_of(lead: Lead, given: Mapping[str, Any], book: Rulebook) -> dict[str, Any]:
    """All facts of the project: those that are given, the lead's unit as 招商单位, and the others as they begin."""
    facts = {
        "statistical_street": None,
        "above_scale_industrial": False,
        "named_major": None,
        "construction_started_on": None,
        "completed_on": None,
        "attracted_by": book.units[lead.unit_id].code,
        **{name: given[name] for name in FACTS},
    }
    known = lead.enterprise
    if known and not facts["credit_code"] and same_name(known.name) == same_name(facts["investor"] or ""):
        facts["credit_code"] = known.credit_code
    return facts


def problems(
    lead: Lead,
    given: Mapping[str, Any],
    *,
    unsited: bool,
    reason: str,
    book: Rulebook,
    unread: frozenset[str] = frozenset(),
) -> list[Refused]:
    """Everything wrong with what a signing brings, beside its field; `unread` are fields that could not be read."""
    facts = dict.fromkeys(FACTS) | {name: given[name] for name in FACTS if name in given}
    brought = Brought(facts, clock.today(), lead.logged_on, months.last_closed_day(), unsited, reason)
    found = missing(STAGE, brought, unread)
    said = {one.field for one in found} | unread
    # the table's own sentence on a missing day says more than the books' own
    books_own = edits.problems(facts_of(lead, facts, book), {}, set(unread), book)
    return found + [one for one in books_own if one.field not in said]


def sign(
    lead: Lead,
    number: str,
    given: Mapping[str, Any],
    *,
    seen: int,
    unsited: bool = False,
    reason: str = "",
    actor: User,
) -> Project:
    """The lead becomes a project with this number: `given` are its FACTS, `seen` the lead's version the person saw.

    A day of signing before the lead was logged, or in a closed month, stands with a reason: when it was signed decides
    whose it is, and what was closed stays as it was told then. Raises NotAllowed, Stale, and Refused or Refusals.
    """
    lead = lead_progress.locked(lead)
    check(lead, actor)
    if lead.version != seen:
        raise Stale(N_("这条线索在您打开以后有了变化；请看过再签约"))
    book = rulebook()
    found = registering.number_problems(number)
    found += problems(lead, given, unsited=unsited, reason=reason, book=book)
    fact_checks.refuse(found)
    facts = facts_of(lead, given, book)
    _tell_credit_code(lead.enterprise, facts, actor)
    project = registering.enter(number, facts, actor=actor, lead=lead.number, reason=reason)
    lead.stage, lead.project_id = STAGE, project.id
    lead.signed_on = facts["signed_on"]
    lead.enterprise_id = lead.enterprise_id or project.enterprise_id
    lead_clocks.stop(lead)
    try:
        db.session.flush()
    except (IntegrityError, StaleDataError) as error:
        raise Stale() from error
    reassignments.overtake(lead, actor)
    credit.carry_over(lead, project, actor=actor)
    history.record(
        "lead.signed",
        lead,
        actor=actor,
        number=lead.number,
        project=project.number,
        unsited=unsited,
        reason=reason,
    )
    return project


def _is_pooled(lead: Lead) -> bool:
    return lead.is_open and lead.protected_until < clock.today()


def _tell_credit_code(enterprise: Enterprise | None, facts: Mapping[str, Any], actor: User) -> None:
    """Gives the lead's enterprise the credit code that the signing names, where it had none and nobody else has it."""
    code, investor = facts["credit_code"], facts["investor"] or ""
    if enterprise is None or not code or enterprise.credit_code:
        return
    if same_name(enterprise.name) != same_name(investor):
        return
    if db.session.scalar(select(Enterprise.id).where(Enterprise.credit_code == code)) is None:
        enterprise.credit_code = code
        try:
            db.session.flush()
        except (IntegrityError, StaleDataError) as error:
            raise Stale(N_("别人刚刚登记了同一家企业；请再提交一次")) from error
        history.record("company.changed", enterprise, actor=actor, after={"credit_code": code})
