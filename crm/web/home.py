"""首页: where to go from here, and the month at a glance."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import current_user

from crm import clock
from crm.permissions import allowed, signed_in
from crm.services import event_list, overview
from crm.services.units import all_units

blueprint = Blueprint("home", __name__)

RECENT = 8


@blueprint.get("/")
@signed_in
def show() -> str:
    """By role: those who read projects see the month, the others their own next step."""
    if not allowed(current_user, "project:read"):
        return render_template("home/steps.html")
    units = {unit.id: unit for unit in all_units()}
    day = clock.today()
    return render_template(
        "home/show.html",
        glance=overview.glance(current_user, day),
        recent=event_list.recent_attributions(current_user, day, RECENT),
        units=units,
    )
