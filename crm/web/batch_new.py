"""A batch of transfers is drawn up: its list and what it moves are seen before anything is saved."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused
from crm.models import BATCH_KINDS
from crm.permissions import needs
from crm.rules.explanation import RULE_NAMES
from crm.rules.facts import NOTICE_DAY
from crm.services import batch_checks, batch_contents, batch_totals, batches, successions
from crm.services.units import all_units
from crm.web import batch_words
from crm.web.batches import MOST_SENT
from crm.web.effects_picture import Shown
from crm.web.forms import actor, long_text
from crm.web.parameters import Given
from crm.web.presentation import said, unit_name

blueprint = Blueprint("batch_new", __name__)

A_PAGE = 30
LEFT_OUT_SHOWN = 50


@blueprint.get("/batches/new")
@needs("batch:draw-up")
def new() -> str:
    """Which kind and of which day; then what the batch would consist of and move, before anything is saved."""
    return _draft({})


@blueprint.post("/batches")
@needs("batch:draw-up")
def draw_up() -> Redirect | str | tuple[str, int]:
    """Draws the batch up as it was shown."""
    given = Given(request.form)
    kind, day = given.one_of("kind", BATCH_KINDS) or "", given.day("day")
    unit = next((one for one in all_units() if one.code == given.text("unit")), None)
    texts = {name: long_text(name, MOST_SENT) for name in ("title", "basis")}
    try:
        with transaction():
            batch_checks.check(kind, day, unit=unit, **texts)
            batch = batches.draw_up(
                kind,
                day or clock.today(),
                unit=unit,
                seen=given.text("seen"),
                actor=actor(),
                **texts,
            )
            number = batch.id
    except Refusals as refusals:
        return _draft({one.field or "kind": said(one.message, one.values) for one in refusals}), 400
    except Refused as refused:
        if isinstance(refused, NotAllowed):
            raise
        return _draft({refused.field or "kind": said(refused.message, refused.values)}), 400
    flash(_("已拟定。请核对名单，移出例外，再送各单位签字。"), "success")
    return redirect(url_for("batches.show", number=number), 303)


def _draft(errors: dict[str, str]) -> str:
    values = request.args if request.method == "GET" else request.form
    given, units = Given(values), all_units()
    kind, day = given.one_of("kind", BATCH_KINDS), given.day("day")
    if kind and day is None and not errors and "day" not in given.ignored:
        day = NOTICE_DAY if kind != "succession" else clock.today()
    succeeded = successions.in_force(clock.today()) if kind == "succession" else {}
    ceasing = {unit.code: unit for unit in units if unit.id in succeeded}
    unit = ceasing.get(given.text("unit"))
    found = effects = None
    shown: list[batch_contents.Line] = []
    place = given.whole("place") or 0
    by_code, by_id = {one.code: one for one in units}, {one.id: one for one in units}
    only = given.one_of("only", by_code)
    if kind and day and NOTICE_DAY <= day <= clock.today() and (unit is not None) == (kind == "succession"):
        found = batch_contents.find(kind, day, actor=actor(), unit_id=unit.id if unit else None)
        if found.lines:
            effects = Shown.with_units(batch_totals.of_lines(found.lines, actor()), by_id)
        of_unit = by_code[only].id if only else None
        shown = [line for line in found.lines if of_unit in (None, line.from_unit_id, line.to_unit_id)]
    elif kind and day and not NOTICE_DAY <= day <= clock.today():
        message = _(
            "请填%(first)s至%(last)s之间的日期", first=NOTICE_DAY.isoformat(), last=clock.today().isoformat()
        )
        errors.setdefault("day", message)
    return render_template(
        "batches/new.html",
        kind=kind or "",
        day=day,
        unit=unit,
        given=values,
        errors=errors,
        found=found,
        effects=effects,
        shown=shown[place : place + A_PAGE],
        shown_count=len(shown),
        place=place,
        a_page=A_PAGE,
        only=only or "",
        unit_choices=[
            (by_id[one].code, unit_name(by_id[one])) for one, _held in (effects.rows if effects else ())
        ],
        kind_choices=[(code, _(name)) for code, name in batch_words.KIND_NAMES.items()],
        ceasing_choices=[(code, unit_name(one)) for code, one in ceasing.items()],
        units=by_id,
        left_out_shown=LEFT_OUT_SHOWN,
        longest=batch_checks.LONGEST,
        rule_names=RULE_NAMES,
        words=batch_words,
        ignored=given.ignored,
    )
