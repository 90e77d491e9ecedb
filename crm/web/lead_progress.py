"""登记进展: what was done about a lead, on a form that is quick on a phone; put right and struck out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import Lead
from crm.periods import parse_day
from crm.permissions import needs
from crm.services import lead_progress, leads, policy
from crm.services.lead_clocks import Standing
from crm.services.lead_progress import LONGEST_OUTCOME, LONGEST_PEOPLE, LONGEST_STEP, Entry
from crm.web.edit_preview import beside_fields
from crm.web.lead_words import PROGRESS_KINDS
from crm.web.parameters import plain
from crm.web.presentation import long_day

blueprint = Blueprint("lead_progress", __name__)

Answer = str | tuple[str, int] | Response

FIELDS = ("kind", "day", "people", "outcome", "next_step", "next_step_on")
DAYS = ("day", "next_step_on")
NO_DAY = N_("请填写日期，如2021-05-31")


@blueprint.get("/leads/<number>/progress")
@needs("lead:progress")
def new(number: str) -> str:
    """The form, for today."""
    lead = _open(number)
    given = dict.fromkeys(FIELDS, "") | {
        "day": clock.today().isoformat(),
        "form_key": secrets.token_urlsafe(24),
    }
    return _form(lead, given)


@blueprint.post("/leads/<number>/progress")
@needs("lead:progress")
def record(number: str) -> Answer:
    """Records it; the same form sent twice counts once."""
    given = _sent()
    try:
        entry = _entry(given)
        with transaction():
            lead = leads.seen(plain(number), current_user).lead
            lead_progress.record(lead, entry, form_key=given["form_key"] or None, actor=current_user)
            until, step = lead.protected_until, lead.next_step
    except (Refused, Refusals) as problem:
        return _form(_open(number), given, _errors(problem)), 400
    flash(_("已登记。首谈保护期到%(day)s。", day=long_day(until)), "success")
    if not step:
        flash(_("这条线索还没有下一步，请尽快定下来。"), "warning")
    return _back(number)


@blueprint.get("/leads/<number>/progress/<id:row>")
@needs("lead:progress")
def change(number: str, row: int) -> str:
    """What was recorded, in a form."""
    lead = _open(number)
    held = lead_progress.standing_row(lead, row)
    return _form(lead, _texts(held), held=held)


@blueprint.post("/leads/<number>/progress/<id:row>")
@needs("lead:progress")
def correct(number: str, row: int) -> Answer:
    """Puts it right: a later row replaces it."""
    given = _sent()
    try:
        entry = _entry(given)
        with transaction():
            lead = leads.seen(plain(number), current_user).lead
            lead_progress.correct(lead, row, entry, actor=current_user)
            until = lead.protected_until
    except (Refused, Refusals) as problem:
        errors = _errors(problem)
        lead = _open(number)
        return _form(lead, given, errors, held=lead_progress.standing_row(lead, row)), 400
    return _put_right(number, until)


@blueprint.post("/leads/<number>/progress/<id:row>/take-back")
@needs("lead:progress")
def take_back(number: str, row: int) -> Answer:
    """Strikes out what never was."""
    reason = plain(request.form.get("reason", "")[: 2 * LONGEST_STEP]).strip()
    try:
        with transaction():
            lead = leads.seen(plain(number), current_user).lead
            lead_progress.take_back(lead, row, reason=reason, actor=current_user)
            until = lead.protected_until
    except (Refused, Refusals) as problem:
        errors = _errors(problem)
        lead = _open(number)
        held = lead_progress.standing_row(lead, row)
        return _form(lead, _texts(held), errors, held=held), 400
    return _put_right(number, until)


def _put_right(number: str, until: Any) -> Response:
    over = until < clock.today()
    text = _("已更正，原来的记录仍在历史中。首谈保护期到%(day)s。", day=long_day(until))
    flash(text, "warning" if over else "success")
    if over:
        flash(_("更正后保护期已满，这条线索进入公共池。"), "warning")
    return _back(number)


def _back(number: str) -> Response:
    return redirect(url_for("leads.lead", number=plain(number), _anchor="timeline"), 303)


def _open(number: str) -> Lead:
    lead = leads.seen(plain(number), current_user).lead
    lead_progress.require_open(lead, current_user)
    return lead


def _sent() -> dict[str, str]:
    """What was sent, as text; of too much no more than shows that it is."""
    form = request.form
    outcome = "\n".join(
        plain(line).rstrip() for line in form.get("outcome", "")[: 2 * LONGEST_OUTCOME].splitlines()
    )
    rest = {name: plain(form.get(name, "")[: 2 * LONGEST_STEP]).strip() for name in (*FIELDS, "form_key")}
    return rest | {"outcome": outcome.strip()}


def _entry(given: Mapping[str, str]) -> Entry:
    found: dict[str, Any] = {name: given[name] for name in FIELDS}
    for name in DAYS:
        try:
            found[name] = parse_day(given[name]) if given[name] else None
        except ValueError:
            raise Refused(NO_DAY, field=name) from None
    return Entry(**found)


def _errors(problem: Refused | Refusals) -> dict[str, list[str]]:
    """The sentences by field; what no field of the form can put right is told on a page of its own."""
    found = [problem] if isinstance(problem, Refused) else list(problem)
    if isinstance(problem, NotAllowed | Stale) or any(one.field is None for one in found):
        raise problem
    return beside_fields(found)


def _texts(held: Standing) -> dict[str, str]:
    row = held.row
    return {name: str(getattr(row, name) or "") for name in FIELDS} | {"form_key": ""}


def _form(
    lead: Lead,
    given: Mapping[str, str],
    errors: Mapping[str, list[str]] | None = None,
    held: Standing | None = None,
) -> str:
    return render_template(
        "leads/progress.html",
        lead=lead,
        given=given,
        errors={name: " ".join(found) for name, found in (errors or {}).items()},
        held=held,
        kinds=[(code, _(name)) for code, name in PROGRESS_KINDS.items()],
        policy=policy.on(),
        most={"people": LONGEST_PEOPLE, "outcome": LONGEST_OUTCOME, "next_step": LONGEST_STEP},
    )
