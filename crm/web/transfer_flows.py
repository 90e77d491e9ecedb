"""划转的流向: what passed between the district's units in a span of days and what is still due, with the projects behind it."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.messages import N_
from crm.models import DUTIES, Duty
from crm.permissions import needs
from crm.services import standpoint, transfer_flows, unit_figures
from crm.services.transfer_flows import PARTS, Part
from crm.services.units import all_units
from crm.web import flow_picture
from crm.web.moment import Moment
from crm.web.parameters import Given, Pages

blueprint = Blueprint("transfer_flows", __name__)

PART_NAMES = {"confirmed": N_("已划转"), "due": N_("尚应划转")}
"""What each figure of a pair of units is called."""


@blueprint.get("/transfers/flows")
@needs("transfer:read")
def show() -> str:
    """The flows up to a day, from `since` on, and one pair's projects.

    Unless told they are those of a year; where nothing passed on in it they begin a year before the last that did.
    """
    given = Given(request.args)
    moment = Moment.of(given)
    duty: Duty = given.one_of("duty", DUTIES) or "indicators"  # type: ignore[assignment]
    units = {unit.id: unit for unit in all_units()}
    codes = {unit.code: unit for unit in units.values()}
    seen = standpoint.at(moment.on, moment.instant)
    span = transfer_flows.span(seen, duty)
    first = given.day("since") or _year_before(moment.on)
    if given.day("since") is None and span and span[1] < first:
        first = _year_before(span[1])
    flows = transfer_flows.between_units(current_user, seen, duty, first)
    kept = moment.kept | given.kept("duty", "since")
    part: Part = given.one_of("part", PARTS) or "confirmed"  # type: ignore[assignment]
    before, after = given.one_of("from", codes), given.one_of("to", codes)
    page = pages = None
    if before and after:
        place = given.place()
        pair = (codes[before].id, codes[after].id)
        page = transfer_flows.projects(current_user, seen, duty, first, part, pair, place)
        chosen = kept | {"from": before, "to": after, "part": part}
        pages = Pages.of(page, chosen, "transfer_flows.show", [line.number for line in page.lines])
    return render_template(
        "transfers/flows.html",
        moment=moment,
        first=first,
        span=span,
        duty=duty,
        duties=DUTIES,
        units=units,
        flows=flows,
        totals={part: unit_figures.summed(getattr(flow, part) for flow in flows) for part in PARTS},
        picture=flow_picture.draw(flows, units),
        parts=PARTS,
        part_names=PART_NAMES,
        part=part,
        giving=codes.get(before or ""),
        getting=codes.get(after or ""),
        page=page,
        pages=pages,
        kept=kept,
        ignored=given.ignored,
    )


def _year_before(day: date) -> date:
    """The first day of the twelve months that end with a day."""
    try:
        return day.replace(year=day.year - 1) + timedelta(days=1)
    except (ValueError, OverflowError):
        return max(day, date(1, 12, 31)) - timedelta(days=364)
