"""街道: the streets and parks as tiles on a schematic map, with what is sited in each."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.messages import N_
from crm.permissions import needs
from crm.services import standpoint, street_figures, unit_profile
from crm.services.street_figures import SHOWN, Sited
from crm.services.units import active_areas, all_units
from crm.web import tiles
from crm.web.moment import Moment
from crm.web.parameters import Given

blueprint = Blueprint("streets", __name__)

FIGURES = {
    "projects": N_("项目"),
    "signed": N_("已签约未开工"),
    "construction_started": N_("已开工未投产"),
    "completed": N_("已建成投产"),
    "investment": N_("总投资"),
    "undetermined": N_("未定"),
}
"""What each figure of a place is called."""


@blueprint.get("/streets")
@needs("unit:read")
def listing() -> str:
    """Every street on a day; `show` is the figure that the strength of the colour stands for."""
    given = Given(request.args)
    moment, show = Moment.of(given), given.one_of("show", SHOWN) or "projects"
    found = street_figures.by_place(current_user, standpoint.at(moment.on, moment.instant))
    streets = [
        street
        for street, active in street_figures.streets(moment.on, moment.instant)
        if active or street.id in found.streets
    ]
    units = {unit.id: unit for unit in all_units()}
    drawn, steps = tiles.draw(streets, found.streets, show)
    areas = active_areas(moment.on, moment.instant)
    return render_template(
        "streets/listing.html",
        moment=moment,
        show=show,
        tiles=drawn,
        steps=steps,
        sited=[(street, found.streets.get(street.id, Sited())) for street in streets],
        areas=[(area, areas[area], found.areas.get(area.id, Sited())) for area in areas],
        unsited=found.unsited,
        total=found.total,
        units=units,
        plates=_plates(unit_profile.plate_parts(units, moment.on, moment.instant)),
        figures=FIGURES,
        kept=moment.kept | given.kept("show"),
        ignored=given.ignored,
    )


def _plates(parts: list[unit_profile.PlatePart]) -> dict[tuple[str, int], list[int]]:
    """The kind and id of a place → the offices whose plate it is in."""
    found: dict[tuple[str, int], list[int]] = {}
    for part in parts:
        found.setdefault((type(part.place).__name__, part.place.id), []).append(part.office_id)
    return found
