"""流转、联合招商: a lead is offered to another unit; that one accepts or declines, whoever offered may withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused
from crm.models import REASSIGNMENT_KINDS, REASSIGNMENT_STATES, Lead, LeadUnit
from crm.permissions import allowed, needs
from crm.services import cooperation, credit, leads, policy, reassignment_list, reassignments
from crm.services.credit import Row
from crm.services.leads import Seen
from crm.services.reassignment_checks import LONGEST, Offer, record
from crm.services.reassignment_list import SIDES, Line
from crm.services.units import active_units, all_units, unit_by_code
from crm.web import reassignment_words
from crm.web.forms import actor, back, long_text, version
from crm.web.parameters import Given, plain
from crm.web.presentation import said, unit_name

blueprint = Blueprint("reassignments", __name__)

A_PAGE = 30
ALL = "all"
FIELDS = ("kind", "to", "own_role", "own_percent", "other_role", "other_percent")
FIELD_OF = {
    "role_1": "own_role",
    "percent_1": "own_percent",
    "role_2": "other_role",
    "percent_2": "other_percent",
    "unit_2": "to",
}
"""The numbered fields of a split, by what they are called on this form."""


@blueprint.get("/reassignments")
@needs("lead:read")
def listing() -> str:
    """Those that wait, newest first; of one side, or of another state, where the address says so."""
    given = Given(request.args)
    state = given.one_of("state", (*REASSIGNMENT_STATES, ALL)) or "open"
    side = given.one_of("side", SIDES) if current_user.unit_id is not None else None
    before = given.whole("before")
    found = reassignment_list.listing(
        actor(), state=None if state == ALL else state, side=side, before=before, limit=A_PAGE + 1
    )
    words = reassignment_words
    return render_template(
        "reassignments/listing.html",
        found=found[:A_PAGE],
        state=state,
        side=side or "",
        narrowed=state != "open" or side,
        states=[
            (ALL, _("全部状态")),
            *((code, said(name)) for code, (name, _mark) in words.STATE_NAMES.items()),
        ],
        sides=[(code, said(name)) for code, name in words.SIDE_NAMES.items()],
        before=before,
        following=found[A_PAGE - 1].made.id if len(found) > A_PAGE else None,
        kept=given.kept("state", "side"),
        words=words,
        ignored=given.ignored,
    )


@blueprint.get("/leads/<number>/reassign")
@needs("lead:reassign")
def new(number: str) -> str:
    """The form, empty."""
    lead = _lead(number)
    kind = Given(request.args).one_of("kind", REASSIGNMENT_KINDS)
    first = "credit" if lead.stage == "signed" else "reassignment"
    return _form(lead, {"kind": kind or first, "own_role": "recruiter", "other_role": "receiver"})


@blueprint.post("/leads/<number>/reassign")
@needs("lead:reassign")
def propose(number: str) -> Redirect | tuple[str, int]:
    """Enters the offer for the other unit to answer."""
    lead = _lead(number)
    given = {name: plain(request.form.get(name, ""))[:40].strip() for name in FIELDS}
    given["reason"] = long_text("reason", LONGEST)
    try:
        with transaction():
            made = reassignments.propose(lead.id, _offer(lead, given), actor=actor())
            found = made.id
    except Refusals as refusals:
        errors = {
            FIELD_OF.get(one.field or "", one.field or "kind"): said(one.message, one.values)
            for one in refusals
        }
        return _form(_lead(number), given, errors), 400
    except Refused as refused:
        if isinstance(refused, NotAllowed | NotFound):
            raise
        errors = {refused.field or "kind": said(refused.message, refused.values)}
        return _form(_lead(number), given, errors), 400
    flash(_("已提出，等待对方单位答复"), "success")
    return redirect(url_for("reassignments.show", offer=found), 303)


@blueprint.get("/reassignments/<id:offer>")
@needs("lead:read")
def show(offer: int) -> str:
    """One offer: what, why, what would change, and what can be done."""
    line = reassignment_list.by_id(offer, actor())
    made, month = line.made, credit.next_month_to_share()
    return render_template(
        "reassignments/reassignment.html",
        line=line,
        made=made,
        lead=made.lead,
        units={unit.id: unit for unit in all_units()},
        shares=reassignments.shares_of(made),
        held=credit.split_on(record(made.lead), month) if line.is_open else None,
        month=month,
        settings=policy.on(),
        words=reassignment_words,
        percent=credit.percent,
        longest=LONGEST,
    )


@blueprint.post("/reassignments/<id:offer>/withdraw")
@needs("lead:reassign")
def withdraw(offer: int) -> Redirect:
    """Takes the offer back."""
    try:
        with transaction():
            reassignments.withdraw(offer, version=version(), actor=actor())
    except Refused as refused:
        return back(refused, "reassignments.show", offer=offer)
    flash(_("已撤回，线索没有改变"), "success")
    return redirect(url_for("reassignments.show", offer=offer), 303)


@blueprint.post("/leads/<number>/cooperation/end")
@needs("lead:reassign")
def end(number: str) -> Redirect:
    """From tomorrow the unit no longer works on the lead."""
    seen = leads.seen(plain(number), actor())
    if not seen.joint:
        seen.require("lead:reassign")
    unit = unit_by_code(plain(request.form.get("unit", "")))
    try:
        with transaction():
            cooperation.end(seen.lead.id, unit.id, actor=actor())
    except Refused as refused:
        if type(refused) is not Refused:
            raise
        flash(said(refused.message, refused.values), "error")
    else:
        flash(_("合作到今天为止"), "success")
    return redirect(url_for("leads.lead", number=seen.lead.number), 303)


@dataclass(frozen=True)
class Offers:
    """What the part of a lead's page needs."""

    lines: list[Line]
    partners: list[LeadUnit]
    may_end: bool

    @property
    def waits(self) -> Line | None:
        """The offer that waits for an answer."""
        return next((line for line in self.lines if line.is_open), None)


def of(seen: Seen, _given: Given) -> Offers:
    """The latest offers about a lead and who works on it besides: two statements."""
    lines = reassignment_list.of_lead(seen.lead, seen.user)
    may_end = seen.joint and allowed(seen.user, "lead:reassign")
    return Offers(lines, cooperation.partners(seen.lead), may_end)


def _lead(number: str) -> Lead:
    """The lead, for somebody who may offer it."""
    seen = leads.seen(plain(number), actor())
    seen.require("lead:reassign")
    return seen.lead


def _offer(lead: Lead, given: Mapping[str, str]) -> Offer:
    to = next((unit.id for unit in all_units() if unit.code == given["to"]), None)
    own = Row(lead.unit_id, given["own_role"], given["own_percent"])
    other = Row(to, given["other_role"], given["other_percent"])
    return Offer(given["kind"], to, given["reason"], (own, other))


def _form(lead: Lead, given: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    own = current_user.unit_id
    return render_template(
        "reassignments/new.html",
        lead=lead,
        given=given,
        errors=errors or {},
        present=reassignments.open_about(lead),
        units=[(unit.code, unit_name(unit)) for unit in active_units(clock.today()) if unit.id != own],
        held=credit.split_on(record(lead), credit.next_month_to_share()),
        month=credit.next_month_to_share(),
        settings=policy.on(),
        kinds=["credit"] if lead.stage == "signed" else list(REASSIGNMENT_KINDS),
        roles=[(code, said(name)) for code, name in reassignment_words.ROLE_NAMES.items()],
        words=reassignment_words,
        percent=credit.percent,
        longest=LONGEST,
    )
