"""登记线索: a lead logged in under a minute, or sent for triage where it looks like another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused
from crm.messages import N_
from crm.permissions import needs
from crm.services import contact_fields, contacts, duplicates, focus, lead_fields, leads
from crm.services.duplicates import Lookalike
from crm.services.lead_lookalikes import Lookalikes
from crm.web import fact_form, lead_form
from crm.web.duplicates import of_units
from crm.web.edit_preview import beside_fields
from crm.web.fact_form import LONGEST
from crm.web.lead_facts import OUTSIDE
from crm.web.lead_form import FIELD_LABELS, GROUPS, Choices
from crm.web.parameters import plain
from crm.web.presentation import said

blueprint = Blueprint("lead_new", __name__)

CONTACT = "contact_"
"""Before the name of a contact's field."""

CONTACT_FIELDS = {"name": N_("姓名"), "position": N_("职务"), "phone": N_("电话"), "mail": N_("邮箱")}
CONTACT_LABELS = {CONTACT + name: label for name, label in CONTACT_FIELDS.items()}

FORM_KEY = re.compile(r"[0-9a-f]{32}")


@blueprint.get("/leads/new")
@needs("lead:log")
def enter() -> str:
    """An empty form."""
    return _form(lead_form.sent({}), Choices.of_books())


@blueprint.post("/leads/new")
@needs("lead:log")
def log() -> str | tuple[str, int] | Response:
    """Logs the lead (`step` save), or sends it for triage (triage) where it looks like another."""
    given, choices = lead_form.sent(request.form), Choices.of_books()
    facts, wrong = lead_form.facts(given, choices)
    contact, wrong_contact = _contact()
    if wrong or wrong_contact:
        unread = {problem.field or "" for problem in wrong}
        wrong += [*lead_fields.problems(facts, unread=unread), *wrong_contact]
        return _form(given, choices, beside_fields(wrong)), 400
    try:
        with transaction():
            lead = leads.log(
                facts,
                actor=current_user,
                form_key=_form_key(),
                to_triage=request.form.get("step") == "triage",
            )
            # of a form sent twice the contact is there
            if any(contact.values()) and not lead.contacts:
                contacts.add(lead, **contact, actor=current_user)
            number, stage, elsewhere = lead.number, lead.stage, focus.outside(lead.unit, lead.industry_code)
    except Lookalikes as found:
        # whoever was quicker by a moment is found now
        lookalikes = found.alike or duplicates.find(
            facts["name"], facts["investor"] or "", facts["credit_code"], user=current_user
        )
        return _form(given, choices, beside_fields([found]), lookalikes, alike=True), 409
    except (Refused, Refusals) as problem:
        if isinstance(problem, NotAllowed):
            raise
        found_wrong = [problem] if isinstance(problem, Refused) else list(problem)
        return _form(given, choices, beside_fields(found_wrong)), 400
    if stage == "triage":
        flash(_("线索%(number)s已提交商务局研判，研判后再开始计时。", number=number), "success")
    else:
        flash(_("已登记线索%(number)s。", number=number), "success")
    if elsewhere:
        flash(said(OUTSIDE, {"focus": "、".join(elsewhere)}), "warning")
    return redirect(url_for("leads.lead", number=number), 303)


def _contact() -> tuple[dict[str, str], list[Refused]]:
    """The contact that the form has, as it was typed, and what is wrong with it; nothing where none is named."""
    given = {name: plain(request.form.get(CONTACT + name, ""))[:LONGEST].strip() for name in CONTACT_FIELDS}
    if not any(given.values()):
        return given, []
    try:
        contact_fields.checked(**given)
    except (Refused, Refusals) as problem:
        found = [problem] if isinstance(problem, Refused) else list(problem)
        return given, [Refused(one.message, field=f"{CONTACT}{one.field}", **one.values) for one in found]
    return given, []


def _form_key() -> str | None:
    found = request.form.get("form_key", "")
    return found if FORM_KEY.fullmatch(found) else None


def _form(
    texts: Mapping[str, str],
    choices: Choices,
    errors: Mapping[str, list[str]] | None = None,
    lookalikes: Sequence[Lookalike] = (),
    alike: bool = False,
) -> str:
    return render_template(
        "leads/new.html",
        groups=GROUPS,
        field_labels=FIELD_LABELS | CONTACT_LABELS,
        contact_fields=CONTACT_LABELS,
        contact={name: plain(request.form.get(name, ""))[:LONGEST] for name in CONTACT_LABELS},
        is_day=fact_form.is_day,
        texts=texts,
        choices=choices,
        may_set=dict.fromkeys(FIELD_LABELS, True),
        held_since={},
        errors=errors or {},
        alike=alike,
        lookalikes=lookalikes,
        units=of_units(lookalikes),
        form_key=_form_key() or uuid4().hex,
    )
