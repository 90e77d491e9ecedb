"""项目: the list, and one project with its facts, its attribution over time, and why."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.actions import ACTIONS
from crm.permissions import needs
from crm.rules.explanation import STATUS_NAMES
from crm.services import industries, transfer_disputes, transfer_list
from crm.web import exporting, presentation, transfer_words
from crm.web.attachments import Panel
from crm.web.fact_form import LABELS
from crm.web.moment import Moment
from crm.web.parameters import Given, plain
from crm.web.project_columns import COLUMNS
from crm.web.project_export import export_of
from crm.web.project_lead import FromLead
from crm.web.project_listing import DUE, SIZES, Shown
from crm.web.project_page import ProjectPage

blueprint = Blueprint("projects", __name__)

TRANSFERS = 5
"""Transfers on a project's page, the last ones."""


@blueprint.get("/projects")
@needs("project:read")
def listing() -> str:
    """The projects as the address asks for them; newest numbers first unless it says otherwise."""
    shown = Shown.of(Given(request.args))
    page = shown.page()
    units = list(shown.units.values())
    return render_template(
        "projects/listing.html",
        shown=shown,
        page=page,
        pages=shown.pages(page),
        names=shown.names(page.lines),
        columns=COLUMNS,
        sizes=SIZES,
        unit_choices=[(one.code, presentation.unit_name(one)) for one in units],
        street_choices=[(one.code, presentation.unit_name(one)) for one in units if one.is_street],
        stage_choices=[(code, _(name)) for code, name in presentation.STAGES.items()],
        due_choices=[(code, _(name)) for code, name in DUE.items()],
        status_choices=[(code, _(name)) for code, name in STATUS_NAMES.items()],
        industries=industries.upper_levels(),
        ignored=shown.given.ignored,
    )


@blueprint.post("/projects/export")
@needs("project:export")
def export() -> Response:
    """Everything the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)
    return exporting.answer(given, "project.exported", lambda: export_of(Shown.of(given)))


@blueprint.get("/projects/<number>")
@needs("project:read")
def project(number: str) -> str:
    """One project: `on` is the day that is explained, `known` the day whose books are asked."""
    given = Given(request.args)
    shown = ProjectPage.of(plain(number), current_user, Moment.of(given))
    due_now = shown.dues and shown.moment.is_present
    return render_template(
        "projects/project.html",
        shown=shown,
        # whoever may change the facts may add files: both are the unit's own
        files=Panel.of(shown.project, may_add=shown.may_edit),
        from_lead=FromLead.of(shown.project, current_user),
        transfers=transfer_list.of_project(shown.project, TRANSFERS),
        dispute=transfer_disputes.of_project(shown.project) if due_now else None,
        words=transfer_words,
        ignored=given.ignored,
        actions=ACTIONS,
        labels=LABELS,
    )
