"""成批划转: a list of transfers drawn up by the bureau, signed by every unit, confirmed at once; the lists there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm.db import transaction
from crm.errors import Refused
from crm.grants import UNITS
from crm.messages import N_
from crm.models import BATCH_STATES, TransferBatch
from crm.permissions import allowed, needs
from crm.rules.explanation import RULE_NAMES
from crm.services import (
    batch_changes,
    batch_checks,
    batch_list,
    batch_signers,
    batch_signing,
    batch_totals,
    batches,
    jobs,
    successions,
    transfer_rights,
)
from crm.services.batches import OPEN_BATCHES
from crm.services.units import all_units
from crm.web import batch_words, job_words
from crm.web.effects_picture import Shown
from crm.web.forms import actor, back, long_text, version
from crm.web.parameters import LARGEST_ID, Given, Pages
from crm.web.presentation import said, unit_name

blueprint = Blueprint("batches", __name__)

A_PAGE = 30
MOST_SENT = 2 * batch_checks.LONGEST
"""Of a text that is longer than what is kept enough is read for it to be refused."""


@blueprint.get("/batches")
@needs("transfer:read")
def listing() -> str:
    """The batches, newest first, those of one state or of one unit where the address says so."""
    given = Given(request.args)
    state = given.one_of("state", BATCH_STATES)
    units = {unit.code: unit for unit in all_units()}
    unit = given.one_of("unit", units)
    before = given.whole("before")
    found = batches.listing(state, before=before, limit=A_PAGE + 1, unit_id=units[unit].id if unit else None)
    return render_template(
        "batches/listing.html",
        found=found[:A_PAGE],
        state=state or "",
        unit=unit or "",
        kept=given.kept("state", "unit"),
        unit_choices=[(code, unit_name(one)) for code, one in units.items()],
        state_choices=[(code, _(name)) for code, (name, _mark) in batch_words.STATE_NAMES.items()],
        before=before,
        following=found[A_PAGE - 1][0].id if len(found) > A_PAGE else None,
        words=batch_words,
        ignored=given.ignored,
    )


@blueprint.get("/batches/<id:number>")
@needs("transfer:read")
def show(number: int) -> str:
    """One batch: its step, what it moves, who has signed, its projects, and what the person can do."""
    return _page(number)


def _page(number: int, typed: Mapping[str, Any] | None = None) -> str:
    """The page of a batch; `typed` is what a step was refused with: `step`, the form's fields, `field` and `error`."""
    batch = batches.by_id(number)
    given, units = Given(request.args), all_units()
    by_code, by_id = {unit.code: unit for unit in units}, {unit.id: unit for unit in units}
    code, asked = given.one_of("unit", by_code), given.yes("asked")
    page = batch_list.page(
        batch,
        unit_id=by_code[code].id if code else None,
        asked=asked,
        place=given.place_by_id(),
    )
    is_open = batch.state in OPEN_BATCHES
    bureau = allowed(current_user, "batch:draw-up") or allowed(current_user, "batch:confirm")
    effects = Shown.with_units(batch_totals.of_batch(batch, actor()), by_id)
    job = batch_signing.job_of(batch)
    job_runs = job is not None and job.finished_at is None
    signing = batch_signers.signers(batch) if is_open else []
    signatures = batch_signing.signatures(batch) if batch.state != "drafting" else {}
    unsigned = set(signing) - set(signatures) if batch.state in ("drafting", "signing") else set()
    nobody_signs = batch_signers.without_anybody(unsigned) if unsigned else set()
    out, out_count = batch_list.taken_out(batch)
    kept = {"number": batch.id} | given.kept("unit") | ({"asked": 1} if asked else {})
    signs_here = (
        batch.state == "signing"
        and allowed(current_user, "transfer:sign")
        and current_user.unit_id in signing
    )
    return render_template(
        "batches/batch.html",
        batch=batch,
        version=batch.version,
        effects=effects,
        page=page,
        pages=Pages.of(page, kept, "batches.show", [one.id for one in page.lines]),
        unit=code or "",
        unit_choices=[(by_id[one].code, unit_name(by_id[one])) for one, _held in effects.rows],
        units=by_id,
        asked=asked,
        asked_count=batch_list.asked_count(batch) if batch.state == "drafting" else 0,
        changed=batch_changes.changed(batch) if is_open and bureau and not job_runs else [],
        signing=[one for one in units if one.id in (signing or signatures)],
        signatures=signatures,
        nobody_signs=[one for one in units if one.id in nobody_signs],
        signs=signs_here and current_user.unit_id not in signatures,
        objects=signs_here,
        acts_for=successions.acts_for(current_user.unit_id) if signs_here else (),
        here=kept | given.kept("after", "before") | ({"last": 1} if given.yes("last") else {}),
        typed=typed or {},
        own=current_user.id in (batch.drawn_up_by_id, batch.held_by_id),
        bureau=bureau,
        job=job,
        job_runs=job_runs,
        progress=job_words.progress(job) if job else None,
        nobody_works=job_runs and not jobs.workers_alive(),
        out=out,
        is_party=current_user.role not in UNITS or current_user.unit_id in (signing or signatures),
        hears=transfer_rights.hearing(actor()),
        out_count=out_count,
        longest=batch_checks.LONGEST,
        rule_names=RULE_NAMES,
        words=batch_words,
        ignored=given.ignored,
    )


@dataclass(frozen=True)
class Step:
    """A step that a button of the page takes: who may, the service's verb, what the form gives it, and what is said then."""

    permission: str
    verb: Callable[..., TransferBatch]
    done: str
    given: tuple[str, ...] = ()


STEPS = {
    "take_out": Step(
        "batch:draw-up",
        batches.take_out,
        N_("已移出%(count)s个项目；它们仍应划转"),
        ("transfer_ids", "reason"),
    ),
    "take_changed_out": Step("batch:draw-up", batches.take_changed_out, N_("情况变了的项目已移出")),
    "send": Step("batch:draw-up", batches.send, N_("已送各单位签字"), ("note",)),
    "sign": Step("transfer:sign", batch_signing.sign, N_("已代表本单位签字")),
    "ask_out": Step(
        "transfer:sign",
        batch_signing.ask_out,
        N_("已请商务局移出%(count)s个项目，名单退回重拟"),
        ("transfer_ids", "reason"),
    ),
    "send_back": Step(
        "transfer:confirm", batch_signing.send_back, N_("已退回重拟，各单位的签字作废"), ("note",)
    ),
    "confirm": Step("batch:confirm", batch_signing.confirm, N_("已确认，正在一并生效")),
    "withdraw": Step("transfer:confirm", batches.withdraw, N_("已撤回，没有任何项目划转"), ("note",)),
}
"""Endpoint → its step; the address is the same with hyphens."""


def _route(name: str, step: Step) -> None:
    @blueprint.post(f"/batches/<id:number>/{name.replace('_', '-')}", endpoint=name)
    @needs(step.permission)
    def take(number: int) -> Redirect | tuple[str, int]:
        """Takes the step and goes back to the batch, which shows how it stands now; where it is refused with what was typed."""
        given: dict[str, Any] = {
            one: _chosen() if one == "transfer_ids" else long_text(one, MOST_SENT) for one in step.given
        }
        try:
            with transaction():
                step.verb(number, version=version(), actor=actor(), **given)
        except Refused as refused:
            if type(refused) is not Refused or not given:
                return back(refused, "batches.show", number=number)
            error = said(refused.message, refused.values)
            return _page(number, {"step": name, "field": refused.field, "error": error} | given), 400
        flash(_(step.done, count=len(given.get("transfer_ids", ()))), "success")
        return redirect(url_for("batches.show", number=number), 303)


for _name, _step in STEPS.items():
    _route(_name, _step)


def _chosen() -> set[int]:
    values = request.form.getlist("transfers")
    return {
        int(value)
        for value in values
        if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= LARGEST_ID
    }
