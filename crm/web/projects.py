"""项目: the list, and one project with its facts, its attribution over time, and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.actions import ACTIONS
from crm.models import STATUSES
from crm.permissions import needs
from crm.rules.explanation import STATUS_NAMES
from crm.services import project_list
from crm.services.project_list import Filters, Place
from crm.services.units import all_units
from crm.web import presentation
from crm.web.attachments import Panel
from crm.web.fact_form import LABELS
from crm.web.moment import Moment
from crm.web.parameters import Given, Pages, plain
from crm.web.project_page import ProjectPage

blueprint = Blueprint("projects", __name__)


@blueprint.get("/projects")
@needs("project:read")
def listing() -> str:
    """The projects, newest numbers first, filtered as the address says."""
    given, day = Given(request.args), clock.today()
    units = all_units()
    codes = {unit.code: unit for unit in units}
    streets = {unit.code: unit for unit in units if unit.is_street}
    unit, street = given.one_of("unit", codes), given.one_of("street", streets)
    filters = Filters(
        given.text("q"),
        codes[unit].id if unit else None,
        streets[street].id if street else None,
        given.one_of("stage", project_list.STAGES),  # type: ignore[arg-type]
        given.one_of("status", STATUSES),
    )
    place = Place(given.text("after") or None, given.text("before") or None, given.yes("last"))
    page = project_list.listing(current_user, filters, place, day)
    kept = given.kept("q", "unit", "street", "stage", "status")
    return render_template(
        "projects/listing.html",
        page=page,
        pages=Pages.of(page, kept, "projects.listing", [line.project.number for line in page.lines]),
        filters=filters,
        chosen=kept,
        units={one.id: one for one in units},
        unit_choices=[(code, presentation.unit_name(one)) for code, one in codes.items()],
        street_choices=[(code, presentation.unit_name(one)) for code, one in streets.items()],
        stage_choices=[(code, _(name)) for code, name in presentation.STAGES.items()],
        status_choices=[(code, _(name)) for code, name in STATUS_NAMES.items()],
        ignored=given.ignored,
        day=day,
    )


@blueprint.get("/projects/<number>")
@needs("project:read")
def project(number: str) -> str:
    """One project: `on` is the day that is explained, `known` the day whose books are asked."""
    given = Given(request.args)
    shown = ProjectPage.of(plain(number), current_user, Moment.of(given))
    return render_template(
        "projects/project.html",
        shown=shown,
        files=Panel.of(shown.project),
        ignored=given.ignored,
        actions=ACTIONS,
        labels=LABELS,
    )
