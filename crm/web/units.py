"""单位: what each unit has, is entitled to, gives and gets, and one unit with the projects behind its figures."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import current_user

from crm.messages import N_
from crm.models import DUTIES, Duty, Unit
from crm.models.units import KINDS
from crm.periods import Month
from crm.permissions import allowed, needs
from crm.services import credited, flows, standpoint, unit_figures, unit_profile
from crm.services.unit_figures import PARTS, Figures, Part
from crm.services.units import active_units, all_units, unit_by_code
from crm.web import columns_picture, unit_picture
from crm.web.moment import Moment
from crm.web.parameters import Given, Pages, plain

blueprint = Blueprint("units", __name__)

WAY_NAMES = {"held": N_("实属的来去"), "entitled": N_("应属的来去")}
"""What the picture of a unit's months may show."""

MEASURES = {"count": N_("项目数"), "investment": N_("总投资")}
"""What the bars of the picture may stand for."""

PART_NAMES = {
    "has": N_("实属"),
    "entitled": N_("应属"),
    "gives": N_("应转出"),
    "gets": N_("应转入"),
    "undetermined": N_("未定"),
}
"""What each figure of a unit is called."""


@blueprint.get("/units")
@needs("unit:read")
def listing() -> str:
    """Every unit with its figures, offices, streets and departments apart, and the district's total."""
    given = Given(request.args)
    moment, duty, by = Moment.of(given), _duty(given), given.one_of("by", MEASURES) or "count"
    found = unit_figures.by_unit(current_user, standpoint.at(moment.on, moment.instant), duty)
    there = set(active_units(moment.on, moment.instant))
    # a department is worth a line where it has something to do with a project
    shown = [
        unit for unit in all_units() if unit.id in found or (unit in there and unit.kind != "department")
    ]
    figures = {unit.id: found.get(unit.id, Figures()) for unit in shown}
    top = unit_picture.largest(list(figures.values()), by)
    groups = []
    for kind in KINDS:
        units = [unit for unit in shown if unit.kind == kind]
        if units:
            picture = unit_picture.draw(units, figures, by, top)
            groups.append((kind, units, picture, unit_figures.total(figures[unit.id] for unit in units)))
    return render_template(
        "units/listing.html",
        moment=moment,
        duty=duty,
        by=by,
        kept=moment.kept | given.kept("duty", "by"),
        groups=groups,
        figures=figures,
        there=there,
        district=unit_figures.total(figures.values()),
        parts=PARTS,
        part_names=PART_NAMES,
        measures=MEASURES,
        duties=DUTIES,
        ignored=given.ignored,
    )


@blueprint.get("/units/<unit>")
@needs("unit:read")
def unit(unit: str) -> str:
    """One unit: what the notice says of it, its figures, the projects behind one of them, and its months."""
    given = Given(request.args)
    moment, duty = Moment.of(given), _duty(given)
    part: Part = given.one_of("part", PARTS) or "has"  # type: ignore[assignment]
    one = unit_by_code(plain(unit))
    units = {each.id: each for each in all_units()}
    seen = standpoint.at(moment.on, moment.instant)
    figures = unit_figures.by_unit(current_user, seen, duty, unit_id=one.id).get(one.id, Figures())
    place = given.place()
    page = unit_figures.projects(current_user, seen, duty, part, one.id, place)
    kept = moment.kept | given.kept("duty", "flow") | {"unit": one.code}
    way = given.one_of("flow", flows.WAYS) or "held"
    months = flows.by_month(current_user, seen, duty, one, way)  # type: ignore[arg-type]
    return render_template(
        "units/unit.html",
        moment=moment,
        duty=duty,
        part=part,
        unit=one,
        units=units,
        kept=kept,
        profile=unit_profile.profile(one, units, moment.on, moment.instant),
        people=unit_profile.people_of(one) if _may_see_people(one) else None,
        figures=figures,
        credited=credited.credited(
            current_user, moment.on.replace(month=1, day=1), moment.on, unit_id=one.id, known=moment.instant
        )[one.id],
        picture=unit_picture.draw(
            [one], {one.id: figures}, "count", unit_picture.largest([figures], "count")
        ),
        page=page,
        pages=Pages.of(page, kept | given.kept("part"), "units.unit", [line.number for line in page.lines]),
        months=months,
        way=way,
        way_names=WAY_NAMES,
        flow_picture=columns_picture.up_and_down(
            [_month_label(flow.month, place) for place, flow in enumerate(months)],
            [(("began", flow.began), ("came", flow.came)) for flow in months],
            [("left", flow.left) for flow in months],
        ),
        parts=PARTS,
        part_names=PART_NAMES,
        duties=DUTIES,
        ignored=given.ignored,
    )


def _duty(given: Given) -> Duty:
    return given.one_of("duty", DUTIES) or "indicators"  # type: ignore[return-value]


def _may_see_people(one: Unit) -> bool:
    """A unit's own people know one another's names; of other units those know them who keep the accounts."""
    return bool(current_user.unit_id == one.id) or allowed(current_user, "people:read")


def _month_label(month: Month, place: int) -> str:
    """Every third month is named."""
    return "" if place % 3 else str(month)
