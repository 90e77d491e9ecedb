"""语言和外观: what a person likes to read, kept in the session; open to everybody, also before signing in."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

from crm.extensions import LANGUAGES
from crm.permissions import public
from crm.web.addresses import local
from crm.web.presentation import THEMES

blueprint = Blueprint("preferences", __name__)


@blueprint.post("/preferences")
@public
def choose() -> Response:
    """Changes language or appearance and goes back to the page it was chosen on."""
    for name, known in (("language", LANGUAGES), ("theme", THEMES)):
        chosen = request.form.get(name)
        if chosen in known:
            session[name] = chosen
    return redirect(local(request.form.get("next")) or "/")
