"""系统: what the installation stands on, and who may sign in; for the administrator."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from crm.operations import doctor
from crm.operations.backup import versions
from crm.permissions import needs
from crm.services import books, people, system
from crm.services.units import all_units

blueprint = Blueprint("system", __name__)


@blueprint.get("/system")
@needs("system:read")
def state() -> str:
    """Database, books, business day, what the doctor finds without delay, versions and accounts."""
    # Loaded first, so that no account asks for its unit by itself.
    units = {unit.id: unit for unit in all_units()}
    return render_template(
        "system/state.html",
        database=system.database(),
        books=books.books(),
        people=people.list_users(),
        units=units,
        results=doctor.examine(current_app, doctor.QUICK),
        versions=versions(),
    )
