"""系统: what the installation stands on; for the administrator."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from crm.operations import doctor
from crm.operations.backup import versions
from crm.permissions import needs
from crm.services import books, system

blueprint = Blueprint("system", __name__)


@blueprint.get("/system")
@needs("system:read")
def state() -> str:
    """Database, books, business day, what the doctor finds without delay and versions."""
    return render_template(
        "system/state.html",
        database=system.database(),
        books=books.books(),
        results=doctor.examine(current_app, doctor.QUICK),
        versions=versions(),
    )
