"""修改建议: the reviewer proposes a change of a rule or a setting, the bureau head confirms it or does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import PROPOSAL_STATES
from crm.permissions import allowed, needs
from crm.services import attribution, policy, proposal_kinds, proposals, trials
from crm.services.policy import SETTINGS
from crm.services.proposals import LONGEST, Draft
from crm.services.trials import Trial
from crm.services.units import all_units
from crm.web import proposal_words
from crm.web.forms import actor, back
from crm.web.parameters import Given, plain
from crm.web.presentation import said, unit_name
from crm.web.reading_words import questions

blueprint = Blueprint("proposals", __name__)

A_PAGE = 30
SHOWN_MOVED = 30
FIELDS = (
    "kind", "code", "choice", "unit", "office", "place", "included", "successor", "key", "value", "valid_from", "basis", "reason",
)  # fmt: skip


@blueprint.get("/proposals")
@needs("rule:read")
def listing() -> str:
    """The proposals, newest first, those of one state where the address says so."""
    given = Given(request.args)
    state = given.one_of("state", PROPOSAL_STATES)
    before = given.whole("before")
    found = proposals.listing(state, before=before, limit=A_PAGE + 1)
    return render_template(
        "proposals/listing.html",
        found=found[:A_PAGE],
        state=state or "",
        state_choices=[(code, _(name)) for code, (name, _mark) in proposal_words.STATE_NAMES.items()],
        before=before,
        following=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        codes=_codes(),
        words=proposal_words,
        ignored=given.ignored,
    )


@blueprint.get("/proposals/new")
@needs("rule:propose")
def new() -> str:
    """The form; the address says what is to be changed."""
    given = _given(request.args)
    if given["kind"] not in proposal_kinds.KINDS:
        abort(404)
    return _form(given)


@blueprint.post("/proposals")
@needs("rule:propose")
def propose() -> Redirect | str | tuple[str, int]:
    """Tries the change, or enters it for the bureau head to decide."""
    given = _given(request.form)
    if given["kind"] not in proposal_kinds.KINDS:
        abort(404)
    day = Given(request.form).day("valid_from")
    try:
        with transaction(keep=request.form.get("do") != "preview"):
            draft = proposals.draft(
                given["kind"], given, valid_from=day, reason=given["reason"], basis=given["basis"]
            )
            if request.form.get("do") != "preview":
                number = proposals.propose(draft, actor=actor()).id
    except Refusals as refusals:
        return _form(given, {one.field or "kind": said(one.message, one.values) for one in refusals}), 400
    except Refused as refused:
        if isinstance(refused, NotAllowed):
            raise
        return _form(given, {refused.field or "kind": said(refused.message, refused.values)}), 400
    if request.form.get("do") == "preview":
        return _form(given, tried=_trial(draft) if _can_be_tried(draft.change.kind) else None)
    flash(_("已提出，等待商务局负责人确认"), "success")
    return redirect(url_for("proposals.show", number=number), 303)


@blueprint.get("/proposals/<id:number>")
@needs("rule:read")
def show(number: int) -> str:
    """One proposal: what holds now, what would hold, what it would move, and what can be done."""
    proposal = proposals.by_id(number)
    tried = None
    if proposal.is_open and _can_be_tried(proposal.kind) and allowed(current_user, "project:read"):
        tried = _trial(proposals.drafted(proposal))
        proposal = proposals.by_id(number)
    own = current_user.id in (proposal.proposed_by_id, proposal.held_by_id)
    return render_template(
        "proposals/proposal.html",
        proposal=proposal,
        change=proposal_kinds.change_of(proposal),
        own=own,
        job=proposals.rebuild_of(proposal),
        tried=tried,
        codes=_codes(),
        words=proposal_words,
        most=SHOWN_MOVED,
        longest=LONGEST,
    )


@blueprint.post("/proposals/<id:number>/confirm")
@needs("rule:confirm")
def confirm(number: int) -> Redirect:
    """Puts the change into effect; the registry is decided again beside the pages."""
    try:
        with transaction():
            proposals.confirm(number, actor=actor())
    except (Refused, Stale) as refused:
        return back(refused, "proposals.show", number=number)
    flash(_("已确认，新规定已登记"), "success")
    return redirect(url_for("proposals.show", number=number), 303)


@blueprint.post("/proposals/<id:number>/decline")
@needs("rule:confirm")
def decline(number: int) -> Redirect:
    """Ends a proposal without effect, with a reason."""
    try:
        with transaction():
            proposals.decline(number, note=_long("note"), actor=actor())
    except Refused as refused:
        return back(refused, "proposals.show", number=number)
    flash(_("已决定不同意，规定没有改变"), "success")
    return redirect(url_for("proposals.show", number=number), 303)


@blueprint.post("/proposals/<id:number>/withdraw")
@needs("rule:propose")
def withdraw(number: int) -> Redirect:
    """Takes one's own proposal back."""
    try:
        with transaction():
            proposals.withdraw(number, actor=actor())
    except Refused as refused:
        return back(refused, "proposals.show", number=number)
    flash(_("已撤回，规定没有改变"), "success")
    return redirect(url_for("proposals.show", number=number), 303)


def _form(given: Mapping[str, str], errors: dict[str, str] | None = None, tried: Trial | None = None) -> str:
    units = all_units()
    kind, code = given["kind"], given["code"]
    question = questions().get(code)
    places = proposal_kinds.places() if kind == "plate" else {}
    setting = SETTINGS.get(given["key"])
    if (kind == "reading" and (question is None or code == "R7")) or (kind == "setting" and setting is None):
        abort(404)
    return render_template(
        "proposals/new.html",
        given=given,
        errors=errors or {},
        tried=tried,
        question=question,
        setting=setting,
        held=policy.on()[setting.key] if setting and kind == "setting" else None,
        words=proposal_words,
        codes={unit.code: unit for unit in units},
        unit_choices=[(proposal_kinds.NOBODY, _("没有")), *((unit.code, unit_name(unit)) for unit in units)],
        office_choices=[(unit.code, unit_name(unit)) for unit in units if unit.is_office],
        place_choices=[(key, unit_name(place)) for key, place in places.items()],
        first_day=proposals.first_open_day(),
        most=SHOWN_MOVED,
        longest=LONGEST,
    )


def _trial(draft: Draft) -> Trial:
    """What the change would move, through its own verb, which is rolled back."""
    with transaction(keep=False):
        then = proposals.after(draft).grounds
    now = attribution.rulebook()
    return trials.trial(actor(), now, then, max(clock.today(), draft.valid_from))


def _can_be_tried(kind: str) -> bool:
    """A setting moves no project: there is nothing to be listed."""
    return kind != "setting"


def _codes() -> dict[str, Any]:
    return {unit.code: unit for unit in all_units()}


def _given(values: Any) -> dict[str, str]:
    return {name: _long(name, values) for name in FIELDS}


def _long(name: str, values: Any = None) -> str:
    found = (request.form if values is None else values).get(name, "")
    return "\n".join(plain(line).rstrip() for line in found[: 4 * LONGEST].splitlines()).strip()
