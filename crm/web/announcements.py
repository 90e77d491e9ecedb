"""签约提醒: the signings whose sum the bureau should hear of, and who has seen each."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import clock
from crm.db import transaction
from crm.permissions import needs
from crm.services import announcements, policy
from crm.services.announcements import MARKS_SOURCE
from crm.web.parameters import Given, Pages

blueprint = Blueprint("announcements", __name__)


@blueprint.get("/announcements")
@needs("announcement:read")
def listing() -> str:
    """All of them, newest first."""
    given = Given(request.args)
    found = announcements.listing(
        current_user,
        given.place_by_id(),
    )
    settings = policy.on(clock.today())
    return render_template(
        "announcements/listing.html",
        found=found,
        pages=Pages.of(found, {}, "announcements.listing", [told.one.id for told in found.lines]),
        settings=settings,
        marks_source=MARKS_SOURCE,
        ignored=given.ignored,
    )


@blueprint.post("/announcements/<id:key>/seen")
@needs("announcement:read")
def see(key: int) -> Response:
    """Notes that it was seen, once."""
    with transaction():
        found, first = announcements.see(key, actor=current_user)
        number, by = found.project.number, found.seen_by
        name = by.name if by and not first else ""
    if first:
        flash(_("已阅项目%(number)s的签约提醒。", number=number), "success")
    else:
        flash(_("项目%(number)s的签约提醒已由%(name)s阅过。", number=number, name=name), "info")
    return redirect(url_for("announcements.listing"), 303)
