"""项目来源: which earlier project of its enterprise or group a project comes from."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.permissions import needs
from crm.services import origins, projects
from crm.web.parameters import Given, plain

blueprint = Blueprint("origins", __name__)


@blueprint.post("/projects/<number>/origin")
@needs("project:edit")
def choose(number: str) -> Response:
    """Says where a project comes from, or that it comes from none."""
    given = Given(request.form)
    with transaction():
        project = projects.by_number(plain(number), current_user)
        changed = origins.set_origin(
            project,
            given.text("origin"),
            given.text("kind"),
            seen=given.text("seen"),
            actor=current_user,
        )
        enterprise_id = project.enterprise_id
    flash(_("已保存") if changed else _("没有改动"), "success" if changed else "info")
    if enterprise_id is None:
        return redirect(url_for("projects.project", number=number), 303)
    return redirect(url_for("companies.company", key=enterprise_id, _anchor="projects"), 303)
