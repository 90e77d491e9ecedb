"""公共池 and 逾期: leads that any unit may claim, and what of the others is late."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import Refused
from crm.grants import UNITS
from crm.messages import N_
from crm.permissions import allowed, needs
from crm.services import lead_overdue, lead_pool, leads, policy, quiet_projects, reminders
from crm.services.units import all_units
from crm.web.parameters import Given, plain
from crm.web.presentation import long_day, said

blueprint = Blueprint("lead_pool", __name__)

KIND_NAMES = {
    "response": N_("未按时响应"),
    "feedback": N_("未按时反馈"),
    "report": N_("未按时报告"),
    "next_step": N_("下一步超期"),
    "ending": N_("保护期将满"),
    "quiet": N_("在谈久无进展"),
    "signed": N_("签约后久无进展"),
    "landed": N_("落地后久无进展"),
    "triage": N_("研判超期"),
}
"""What each kind of lateness is called."""

KIND_SETTINGS = {
    "response": "response_days",
    "feedback": "feedback_days",
    "report": "report_days",
    "ending": "notice_days",
    "quiet": "negotiating_days",
    "triage": "triage_days",
    **quiet_projects.SETTINGS,
}
"""The setting that each rests on."""


@blueprint.get("/leads/pool")
@needs("lead:read")
def listing() -> str:
    """The common pool, a page of it."""
    given = Given(request.args)
    now = policy.on()
    after = given.position("after")
    page = lead_pool.listing(current_user, after=after)
    unit_id = current_user.unit_id if allowed(current_user, "lead:claim") else None
    return render_template(
        "leads/pool.html",
        page=page,
        first=after is None,
        following=page.following and str(page.following),
        policy=now,
        units={unit.id: unit for unit in all_units()},
        room=lead_pool.room(unit_id, now["claims_most"]) if unit_id is not None else None,
        again_on={lead.id: lead_pool.open_again_to(lead, now["notice_days"]) for lead in page.lines},
        ignored=given.ignored,
    )


@blueprint.post("/leads/<number>/claim")
@needs("lead:claim")
def claim(number: str) -> Response:
    """Takes a lead over from the pool; who comes second is told by whom it was taken."""
    try:
        with transaction():
            lead = leads.seen(plain(number), current_user).lead
            until = lead_pool.claim(lead, actor=current_user).protected_until
    except Refused as refused:
        if type(refused) is not Refused:
            raise
        flash(said(refused.message, refused.values), "error")
        return redirect(url_for("lead_pool.listing"), 303)
    flash(_("已承接。保护期到%(day)s，请按时响应。", day=long_day(until)), "success")
    return redirect(url_for("leads.lead", number=plain(number)), 303)


@blueprint.get("/leads/overdue")
@needs("lead:read")
def overdue() -> str:
    """What is late, a kind at a time, oldest first."""
    given = Given(request.args)
    now, units = policy.on(), {unit.id: unit for unit in all_units()}
    own = current_user.role in UNITS
    groups = reminders.groups(current_user, now)
    total = reminders.total(groups)
    kind = given.one_of("kind", KIND_NAMES) or next((one for one in KIND_NAMES if total[one]), "response")
    code = "" if own else given.one_of("unit", {unit.code for unit in units.values()}) or ""
    person = given.whole("person") if own else None
    unit_id = next((unit.id for unit in units.values() if unit.code == code), None)
    after = given.position("after")
    of_projects = kind in quiet_projects.KINDS
    listed = quiet_projects.listing if of_projects else lead_overdue.listing
    page = listed(current_user, kind, now, unit_id=unit_id, person_id=person, after=after)
    return render_template(
        "leads/overdue.html",
        page=page,
        first=after is None,
        following=page.following and str(page.following),
        kind=kind,
        kinds=KIND_NAMES,
        settings=KIND_SETTINGS,
        groups=groups,
        total=total,
        policy=now,
        units=units,
        own=own,
        of_projects=of_projects,
        unit=code,
        person=person,
        ignored=given.ignored,
    )
