"""行业: the classes of GB/T 4754-2017 looked up by code or name, as a page and for the form's suggestions."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from crm.permissions import needs
from crm.services import industries
from crm.web.addresses import wants_json
from crm.web.parameters import Given

blueprint = Blueprint("industries", __name__)

SHOWN, SUGGESTED = 200, 20


@blueprint.get("/industries")
@needs("project:read")
def listing() -> str | Response:
    """The classes that a text names; none is asked for where there is no text."""
    text = Given(request.args).text("q")
    as_json = wants_json()
    limit = SUGGESTED if as_json else SHOWN
    found = industries.search(text, limit=limit + 1) if text else []
    if as_json:
        return jsonify([{"code": one.code, "name": one.name} for one in found[:limit]])
    return render_template("industries/listing.html", text=text, found=found[:limit], more=len(found) > limit)
