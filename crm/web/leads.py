"""线索: the list, and the page of one lead."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.permissions import needs
from crm.services.lead_list import Filters, Listing, Order, Place
from crm.services.units import all_units
from crm.web.lead_page import LeadPage
from crm.web.parameters import Given, Pages, plain

blueprint = Blueprint("leads", __name__)


@blueprint.get("/leads")
@needs("lead:read")
def listing() -> str:
    """The leads, newest first."""
    given = Given(request.args)
    place = Place(given.text("after") or None, given.text("before") or None, given.yes("last"))
    page = Listing(current_user, Filters(), Order()).page(place)
    return render_template(
        "leads/listing.html",
        page=page,
        pages=Pages.of(page, {}, "leads.listing", [line.number for line in page.lines]),
        units={unit.id: unit for unit in all_units()},
    )


@blueprint.get("/leads/<number>")
@needs("lead:read")
def lead(number: str) -> str:
    """One lead: all of it for those who may read it, of any other that it is there, whose it is and since when."""
    given = Given(request.args)
    shown = LeadPage.of(plain(number), current_user, given)
    page = "leads/lead.html" if shown.seen.reads else "leads/another.html"
    return render_template(page, shown=shown, lead=shown.lead, parts=shown.parts, ignored=given.ignored)
