"""登记项目: a new project with its facts, after a look at who it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused
from crm.messages import N_
from crm.permissions import needs
from crm.rules.differences import differences
from crm.rules.timeline import periods
from crm.services import attribution, edits, registering, units
from crm.services.attribution import rulebook
from crm.services.edits import Edited
from crm.web import fact_form
from crm.web.edit_preview import beside_fields
from crm.web.fact_form import FIELD_LABELS, FIELDS, GROUPS, Choices
from crm.web.fact_names import Names
from crm.web.parameters import plain

blueprint = Blueprint("project_new", __name__)

LONGEST_NUMBER = 200
"""Characters of a number that are looked at."""


@blueprint.get("/projects/new")
@needs("project:register")
def enter() -> str:
    """An empty form, with the next free number."""
    blank = dict.fromkeys(FIELDS, "") | {"origin": "new_introduction", "above_scale_industrial": fact_form.NO}
    return _form(registering.next_number(), blank, {})


@blueprint.post("/projects/new")
@needs("project:register")
def register() -> str | tuple[str, int] | Response:
    """Shows who the project would belong to (`step` preview), goes back to the form (back), or enters it (save)."""
    given = dict.fromkeys(FIELDS, "") | fact_form.sent(request.form)
    number = plain(request.form.get("number", ""))[:LONGEST_NUMBER].strip()
    step = request.form.get("step")
    if step == "back":
        return _form(number, given, {})
    book = rulebook()
    facts, found = fact_form.facts(given, Choices.of_books(book))
    if found:
        unread = {problem.field or "" for problem in found}
        blank = {name: facts.get(name) for name in FIELDS}
        found += registering.number_problems(number) + edits.problems(facts, blank, unread, book)
        return _form(number, given, beside_fields(found)), 400
    try:
        with transaction(keep=step == "save"):
            project = registering.register(number, facts, actor=current_user)
            done = Edited(
                project.number,
                clock.today(),
                (),
                tuple(differences((), periods(attribution.timeline(project, rulebook())))),
            )
    except (Refused, Refusals) as problem:
        if isinstance(problem, NotAllowed):
            raise
        found = [problem] if isinstance(problem, Refused) else list(problem)
        return _form(number, given, beside_fields(found)), 400
    if step == "save":
        href = url_for("projects.project", number=done.number, _anchor="why")
        flash(
            Markup('{} <a href="{}">{}</a>').format(_("项目已登记。"), href, _("看它归谁、凭哪一条")),
            "success",
        )
        return redirect(url_for("projects.project", number=done.number))
    return render_template(
        "projects/new_preview.html",
        number=number,
        done=done,
        groups=GROUPS,
        texts=fact_form.texts(facts),
        choices=Choices.of_books(rulebook()),
        names=Names.of(units.all_units(), units.all_areas()),
    )


def _form(number: str, texts: Mapping[str, str], errors: Mapping[str, list[str]]) -> str:
    return render_template(
        "projects/new.html",
        number=number,
        groups=GROUPS,
        field_labels=FIELD_LABELS | {"number": N_("项目编号")},
        is_day=fact_form.is_day,
        texts=texts,
        choices=Choices.of_books(rulebook()),
        may_set=dict.fromkeys(FIELDS, True),
        held_since={},
        errors=errors,
    )
