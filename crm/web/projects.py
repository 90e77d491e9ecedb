"""项目: the list, and one project with its facts, its attribution over time, and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.actions import ACTIONS
from crm.messages import N_
from crm.models import STATUSES
from crm.permissions import needs
from crm.rules.explanation import STATUS_NAMES
from crm.services import project_list
from crm.services.project_list import Filters, Place
from crm.services.units import all_units
from crm.web import presentation
from crm.web.attachments import Panel
from crm.web.parameters import Given, Pages, plain
from crm.web.project_page import ProjectPage

blueprint = Blueprint("projects", __name__)

FACT_LABELS = {
    "name": N_("项目名称"),
    "investor": N_("投资企业"),
    "credit_code": N_("统一社会信用代码"),
    "industry_code": N_("行业"),
    "attracted_by_id": N_("招商单位"),
    "served_by_id": N_("现服务单位"),
    "origin": N_("项目来源"),
    "from_street_id": N_("原所在街道"),
    "site_street_id": N_("选址街道"),
    "site_area_id": N_("选址片区"),
    "statistical_street_id": N_("统计归属街道"),
    "above_scale_industrial": N_("规上工业"),
    "named_major": N_("重大项目标记"),
    "signed_on": N_("签约日期"),
    "construction_started_on": N_("开工日期"),
    "completed_on": N_("建成投产日期"),
    "total_investment_fen": N_("总投资"),
}
"""What each fact is called where a change of it is shown."""


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
    shown = ProjectPage.of(plain(number), current_user, on=given.day("on"), known=given.day("known"))
    return render_template(
        "projects/project.html",
        shown=shown,
        files=Panel.of(shown.project),
        ignored=given.ignored,
        actions=ACTIONS,
        fact_labels=FACT_LABELS,
    )
