"""答复流转和合作: the unit that was asked accepts or declines."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from crm.db import transaction
from crm.errors import Refused
from crm.permissions import needs
from crm.services import reassignments
from crm.services.reassignment_checks import LONGEST
from crm.web.forms import actor, back, long_text, version

blueprint = Blueprint("reassignment_answers", __name__)


@blueprint.post("/reassignments/<id:offer>/accept")
@needs("lead:reassign")
def accept(offer: int) -> Redirect:
    """Puts the offer into effect."""
    try:
        with transaction():
            reassignments.accept(offer, version=version(), actor=actor())
    except Refused as refused:
        return back(refused, "reassignments.show", offer=offer)
    flash(_("已同意，即时生效"), "success")
    return redirect(url_for("reassignments.show", offer=offer), 303)


@blueprint.post("/reassignments/<id:offer>/decline")
@needs("lead:reassign")
def decline(offer: int) -> Redirect:
    """Ends the offer without effect, with a reason."""
    try:
        with transaction():
            reassignments.decline(offer, version=version(), note=long_text("note", LONGEST), actor=actor())
    except Refused as refused:
        return back(refused, "reassignments.show", offer=offer)
    flash(_("已答复不同意，线索没有改变"), "success")
    return redirect(url_for("reassignments.show", offer=offer), 303)
