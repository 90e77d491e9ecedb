"""修改线索: its facts in a form, what others did meanwhile, somebody else to work on it, and giving it up."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import LOST_REASONS, Lead
from crm.permissions import needs
from crm.services import lead_fields, lead_holders, lead_timeline, leads, people
from crm.services.lead_timeline import Change
from crm.services.leads import Seen
from crm.web import fact_form, lead_form
from crm.web.edit_preview import beside_fields, version_sent
from crm.web.fact_form import LONGEST, NOT_SENT
from crm.web.lead_form import FIELD_LABELS, FIELDS, GROUPS, Choices
from crm.web.lead_words import LOST_REASONS as LOST_WORDS
from crm.web.parameters import Given, plain
from crm.web.presentation import many
from crm.web.versions import Merge, merge

blueprint = Blueprint("lead_edit", __name__)

Answer = str | tuple[str, int] | Response

WAS = "was_"
"""Before the name of a field: its text when the form was opened."""

NOTHING_CHANGED = N_("没有任何改动：各项都与账上一致")


@blueprint.get("/leads/<number>/edit")
@needs("lead:edit")
def edit(number: str) -> str:
    """The facts as the books have them, in a form."""
    seen = _open(number)
    leads.check_changeable(seen.lead)
    choices = Choices.of_books()
    texts = lead_form.texts(lead_fields.facts_of(seen.lead), choices)
    return _form(seen.lead, choices, texts, texts, lead_timeline.newest(seen.lead))


@blueprint.post("/leads/<number>/edit")
@needs("lead:edit")
def change(number: str) -> Answer:
    """Saves an edit; what others changed meanwhile is taken over, or chosen from where both changed the same."""
    for _attempt in range(3):
        try:
            return _change(plain(number))
        except Stale:
            # somebody was quicker between our reading and our lock: once more, on what is there now
            continue
    raise Stale()


def _change(number: str) -> Answer:
    lead, choices = _open(number).lead, Choices.of_books()
    leads.check_changeable(lead)
    known, version, since = lead_fields.facts_of(lead), lead.version, version_sent()
    theirs = lead_form.texts(known, choices)
    given = {name: plain(request.form[name])[:LONGEST].strip() for name in FIELDS if name in request.form}
    base = {name: plain(request.form.get(WAS + name, theirs[name])) for name in FIELDS}
    sent = theirs | given
    facts, wrong = lead_form.facts(sent, choices)
    wrong += [Refused(NOT_SENT, field=name) for name in FIELDS if name not in given]
    if wrong:
        wrong += lead_fields.problems(facts, known, {problem.field or "" for problem in wrong})
        return _form(lead, choices, sent, base, since, beside_fields(wrong)), 400
    merged = merge(base, theirs, lead_form.texts(facts, choices))
    if merged.conflicts:
        return _conflict(lead, merged, choices, theirs, since), 409
    values, _wrong = lead_form.facts(merged.values, choices)
    try:
        with transaction():
            held = leads.for_change(number, current_user)
            done = leads.change(held, values, version=version, actor=current_user)
    except (Refused, Refusals) as problem:
        if isinstance(problem, NotAllowed | Stale):
            raise
        found = [problem] if isinstance(problem, Refused) else list(problem)
        return _form(_open(number).lead, choices, merged.values, theirs, since, beside_fields(found)), 400
    if not done:
        nothing = {"": [_(NOTHING_CHANGED)]}
        return _form(_open(number).lead, choices, theirs, theirs, since, nothing), 400
    flash(many("已更新%(count)s项。", len(done)), "success")
    return redirect(url_for("leads.lead", number=number), 303)


@blueprint.post("/leads/<number>/hand-to")
@needs("lead:edit")
def hand_to(number: str) -> Response:
    """Somebody else of the unit works on it from now on."""
    person = Given(request.form).whole("person")
    with transaction():
        lead = leads.for_change(plain(number), current_user)
        if person is None:
            raise Refused(N_("请选择经办人"), field="person")
        to = people.by_id(person)
        lead_holders.hand_to(lead, to, actor=current_user)
        name = to.name
    flash(_("经办人已改为%(name)s。", name=name), "success")
    return redirect(url_for("leads.lead", number=plain(number)), 303)


@blueprint.get("/leads/<number>/withdraw")
@needs("lead:edit")
def give_up(number: str) -> str:
    """Why it is given up."""
    lead = _open(number).lead
    leads.check_open(lead)
    return _withdraw(lead, "", "")


@blueprint.post("/leads/<number>/withdraw")
@needs("lead:edit")
def withdraw(number: str) -> Answer:
    """Gives it up."""
    given = request.form
    reason, note = plain(given.get("reason", "")), plain(given.get("note", ""))[:LONGEST].strip()
    try:
        with transaction():
            lead = leads.for_change(plain(number), current_user)
            leads.withdraw(lead, reason, note, version=version_sent(), actor=current_user)
    except (Refused, Refusals) as problem:
        found = [problem] if isinstance(problem, Refused) else list(problem)
        if isinstance(problem, NotAllowed | Stale) or all(one.field is None for one in found):
            raise
        return _withdraw(_open(number).lead, reason, note, beside_fields(found)), 400
    flash(_("线索%(number)s已退库。", number=plain(number)), "success")
    return redirect(url_for("leads.lead", number=plain(number)), 303)


def _open(number: str) -> Seen:
    found = leads.seen(plain(number), current_user)
    found.require("lead:edit")
    return found


def _form(
    lead: Lead,
    choices: Choices,
    texts: Mapping[str, str],
    base: Mapping[str, str],
    since: int,
    errors: Mapping[str, list[str]] | None = None,
) -> str:
    return render_template(
        "leads/edit.html",
        lead=lead,
        groups=GROUPS,
        field_labels=FIELD_LABELS,
        is_day=fact_form.is_day,
        texts=texts,
        base=base,
        was=WAS,
        since=since,
        choices=choices,
        may_set=dict.fromkeys(FIELDS, True),
        held_since={},
        errors=errors or {},
    )


def _conflict(lead: Lead, merged: Merge, choices: Choices, theirs: Mapping[str, str], since: int) -> str:
    changes = lead_timeline.since(lead, since)
    who: dict[str, Change] = {}
    for one in changes:
        for fact in one.facts:
            who.setdefault(fact.removesuffix("_id"), one)
    return render_template(
        "leads/conflict.html",
        lead=lead,
        merged=merged,
        who=who,
        theirs=changes,
        fields=FIELDS,
        choices=choices,
        base=theirs,
        was=WAS,
        since=max((one.event.id for one in changes), default=since),
    )


def _withdraw(lead: Lead, reason: str, note: str, errors: Mapping[str, list[str]] | None = None) -> str:
    reasons = [(code, _(LOST_WORDS[code])) for code in LOST_REASONS]
    return render_template(
        "leads/withdraw.html", lead=lead, reasons=reasons, reason=reason, note=note, errors=errors or {}
    )
