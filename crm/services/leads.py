"""线索: a lead is logged, changed, passed on inside the unit and withdrawn; who sees what of it is told with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from crm import clock, company_names
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.grants import JOINT, OWN_ONLY
from crm.messages import N_
from crm.models import LOST_REASONS, OPEN_STAGES, Lead, User
from crm.permissions import ANOTHER_UNITS_LEAD, allowed, leads_read_by, own_leads, require
from crm.services import (
    edits,
    fact_checks,
    history,
    lead_clocks,
    lead_lookalikes,
    lead_search,
    names,
    reassignments,
)
from crm.services.lead_enterprises import enterprise_of
from crm.services.lead_fields import FACTS, TEXTS, facts_of, problems

NUMBERED = "XS"
"""What every lead's number begins with; the year and three or more digits follow."""

IN_WORK = ("triage", *OPEN_STAGES)
"""The stages of a lead that somebody still has to do with."""

LONGEST_NOTE = 500

NO_UNIT = N_("您的岗位不属于任何单位，不能登记线索")
OVER = {
    "signed": N_("这条线索已经签约，成为项目，不能再修改；请到项目页更正项目的情况"),
    "withdrawn": N_("这条线索已经退库，不能再修改；重新接触时请另行登记"),
    "merged": N_("这条线索已经并入另一条，不能再修改；请修改它并入的那一条"),
}
NOT_OPEN = {
    "triage": N_("这条线索正在研判，不能退库；请等商务局研判"),
    "signed": N_("这条线索已经签约，成为项目，不能退库；项目有变化请到项目页更正"),
    "withdrawn": N_("这条线索已经退库，不能再退一次"),
    "merged": N_("这条线索已经并入另一条，不能退库；请看它并入的那一条"),
}
"""Stage → why a lead cannot be changed, or given up, and what to do instead."""


@dataclass(frozen=True)
class Seen:
    """A lead as one person meets it: whether they may read it, and what it is to their unit."""

    lead: Lead
    user: User
    reads: bool
    own: bool
    joint: bool
    """Has their unit it, or works on it with the one that has it?"""

    def may(self, permission: str) -> bool:
        """What `permissions.may` says, without a statement of its own."""
        if not allowed(self.user, permission):
            return False
        if permission not in OWN_ONLY.get(self.user.role, frozenset()):
            return True
        return self.joint if permission in JOINT else self.own

    def require(self, permission: str) -> None:
        """Raises NotAllowed where `may` says no."""
        if not self.may(permission):
            another = allowed(self.user, permission)
            raise NotAllowed(ANOTHER_UNITS_LEAD) if another else NotAllowed()


def seen(number: str, user: User) -> Seen:
    """The lead with this number, its contents for those alone who may read them (`reads`): one statement.

    Raises NotFound where there is none, or none that the person may know of.
    """
    query = (
        select(Lead, leads_read_by(user), own_leads(user), own_leads(user, joint=True))
        .where(Lead.number == number)
        .options(
            joinedload(Lead.unit),
            joinedload(Lead.first_contact_unit),
            joinedload(Lead.enterprise),
            joinedload(Lead.industry),
            joinedload(Lead.site_street),
            joinedload(Lead.site_area),
            joinedload(Lead.held_by),
            joinedload(Lead.merged_into),
            joinedload(Lead.project),
        )
    )
    row = db.session.execute(query).first()
    if row is None or not allowed(user, "lead:read"):
        raise NotFound(N_("没有编号为“%(number)s”的线索"), number=number)
    return Seen(row[0], user, bool(row[1]), bool(row[2]), bool(row[3]))


def for_change(number: str, actor: User, permission: str = "lead:edit") -> Lead:
    """The lead as it is once nobody else is changing anything, for a person who has this right for it.

    Raises NotFound and NotAllowed.
    """
    history.hold()
    lead = seen(number, actor).lead
    db.session.refresh(lead)
    require(actor, permission, lead)
    return lead


def by_form(form_key: str | None, actor: User) -> Lead | None:
    """The lead that this person logged with a form that is sent once more."""
    if not form_key:
        return None
    return db.session.scalar(select(Lead).where(Lead.form_key == form_key, Lead.held_by_id == actor.id))


def log(
    facts: Mapping[str, Any], *, actor: User, form_key: str | None = None, to_triage: bool = False
) -> Lead:
    """Enters a lead for the actor's unit, protected from today on; a form sent once more gives the lead of the first time.

    A lead that looks like one that stands is sent for triage where `to_triage` says so. Raises NotAllowed; Refused or
    Refusals with every field that is wrong; lead_lookalikes.Lookalikes where it looks like another and is not to be sent.
    """
    if not allowed(actor, "lead:log"):
        raise NotAllowed()
    unit_id = actor.unit_id
    if unit_id is None:
        raise NotAllowed(NO_UNIT)
    history.hold()
    before = by_form(form_key, actor)
    if before is not None:
        return before
    fact_checks.refuse(problems(facts))
    lead = Lead(
        number=next_number(),
        stage="registered",
        first_contact_unit_id=unit_id,
        unit_id=unit_id,
        held_by_id=actor.id,
        logged_on=clock.today(),
        form_key=form_key,
        invented=edits.invents(),
    )
    _set(lead, facts, actor)
    alike = lead_lookalikes.of(lead, actor)
    if to_triage and lead_lookalikes.in_the_way(alike):
        lead.stage = "triage"
    lead_clocks.begin(lead)
    lead_lookalikes.refuse(lead, alike)
    db.session.add(lead)
    _flush(lead)
    names.add([lead.name_key])
    lead_search.index(lead)
    history.record("lead.logged", lead, actor=actor, number=lead.number, unit=unit_id, stage=lead.stage)
    lead_lookalikes.submit(lead, alike, actor)
    return lead


def check_changeable(lead: Lead) -> None:
    """Raises Refused where the lead is over, with what to do instead."""
    if lead.stage not in IN_WORK:
        raise Refused(OVER[lead.stage])


def check_open(lead: Lead) -> None:
    """Raises Refused where the lead is not one that can be given up, with what to do instead."""
    if not lead.is_open:
        raise Refused(NOT_OPEN[lead.stage])


def change(lead: Lead, facts: Mapping[str, Any], *, version: int, actor: User) -> dict[str, Any]:
    """Gives the lead other facts; returns those that changed, as they were. `version` is the one the person saw.

    Raises NotAllowed, Stale, and Refused or Refusals with every field that is wrong.
    """
    require(actor, "lead:edit", lead)
    check_changeable(lead)
    if lead.version != version:
        raise Stale()
    known = facts_of(lead)
    wanted = known | dict(facts)
    fact_checks.refuse(problems(wanted, known))
    changed = [fact for fact in FACTS if wanted[fact] != known[fact]]
    if not changed:
        return {}
    _set(lead, wanted, actor, named=bool({"name", "is_company", "credit_code"} & set(changed)))
    renamed = {"name", "is_company", "credit_code", "investor"} & set(changed)
    alike = lead_lookalikes.of(lead, actor) if renamed else []
    lead_lookalikes.refuse(lead, alike)
    _flush(lead)
    names.add([lead.name_key])
    lead_search.index(lead)
    before = {fact: known[fact] for fact in changed}
    after = {fact: wanted[fact] for fact in changed}
    history.record("lead.changed", lead, actor=actor, before=_plain(before), after=_plain(after))
    lead_lookalikes.submit(lead, alike, actor)
    return before


def withdraw(lead: Lead, reason: str, note: str, *, version: int, actor: User) -> None:
    """退库: the lead is given up, with a reason of the closed list; what `other` means is said.

    Raises NotAllowed, Stale, and Refused or Refusals.
    """
    require(actor, "lead:edit", lead)
    check_open(lead)
    if lead.version != version:
        raise Stale()
    found = []
    if reason not in LOST_REASONS:
        found.append(Refused(N_("请选择退库原因"), field="reason"))
    if reason == "other" and not note:
        found.append(Refused(N_("原因选“其他”时请写明"), field="note"))
    if len(note) > LONGEST_NOTE:
        message = N_("长度%(found)s字，最多%(most)s字")
        found.append(Refused(message, field="note", found=len(note), most=LONGEST_NOTE))
    fact_checks.refuse(found)
    lead.stage, lead.lost_reason, lead.lost_note = "withdrawn", reason, note
    lead.closed_on = clock.today()
    lead_clocks.stop(lead)
    _flush(lead)
    history.record("lead.withdrawn", lead, actor=actor, reason=reason)
    reassignments.overtake(lead, actor)


def next_number() -> str:
    """A number that is free: after this year's last one. Whoever asks keeps others waiting by history.hold()."""
    prefix = f"{NUMBERED}{clock.today().year}"
    query = select(Lead.number).where(Lead.number.startswith(prefix, autoescape=True))
    last = db.session.scalar(query.order_by(func.length(Lead.number).desc(), Lead.number.desc()).limit(1))
    tail = last.removeprefix(prefix) if last else ""
    return f"{prefix}{(int(tail) if tail.isdecimal() else 0) + 1:03}"


def _set(lead: Lead, facts: Mapping[str, Any], actor: User, *, named: bool = True) -> None:
    if named:
        # before anything is set: the question flushes what is
        is_company = bool(facts.get("is_company"))
        enterprise = enterprise_of(facts["name"], facts.get("credit_code"), is_company, actor)
        lead.enterprise_id = enterprise.id if enterprise else None
    for fact in FACTS:
        if fact != "credit_code":
            value = facts.get(fact)
            setattr(lead, fact, (value or "") if fact in TEXTS else value)
    lead.is_company = bool(facts.get("is_company"))
    lead.name_key = company_names.key(lead.name)
    lead.investor_key = company_names.key(lead.investor)


def _flush(lead: Lead) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise lead_lookalikes.second(lead) from error


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
