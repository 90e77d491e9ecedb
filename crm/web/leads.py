"""线索: the list, its export, and the page of one lead."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.permissions import needs
from crm.services import industries
from crm.web import exporting, presentation
from crm.web.lead_export import export_of
from crm.web.lead_listing import NEXT_STEPS, Shown
from crm.web.lead_page import LeadPage
from crm.web.lead_words import SOURCES, STAGES
from crm.web.parameters import Given, plain

blueprint = Blueprint("leads", __name__)


@blueprint.get("/leads")
@needs("lead:read")
def listing() -> str:
    """The leads as the address asks for them; the newest first unless it says otherwise."""
    shown = Shown.of(Given(request.args))
    page = shown.page()
    units = list(shown.units.values())
    return render_template(
        "leads/listing.html",
        shown=shown,
        page=page,
        pages=shown.pages(page),
        unit_choices=[(one.code, presentation.unit_name(one)) for one in units],
        street_choices=[(one.code, presentation.unit_name(one)) for one in units if one.is_street],
        stage_choices=[(code, _(name)) for code, name in STAGES.items()],
        source_choices=[(code, _(name)) for code, name in SOURCES.items()],
        next_choices=[(code, _(name)) for code, name in NEXT_STEPS.items()],
        industries=industries.upper_levels(),
        ignored=shown.given.ignored,
    )


@blueprint.post("/leads/export")
@needs("lead:export")
def export() -> Response:
    """Everything the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)
    return exporting.answer(given, "lead.exported", lambda: export_of(Shown.of(given)))


@blueprint.get("/leads/<number>")
@needs("lead:read")
def lead(number: str) -> str:
    """One lead: all of it for those who may read it, of any other that it is there, whose it is and since when."""
    given = Given(request.args)
    shown = LeadPage.of(plain(number), current_user, given)
    page = "leads/lead.html" if shown.seen.reads else "leads/another.html"
    return render_template(page, shown=shown, lead=shown.lead, parts=shown.parts, ignored=given.ignored)
