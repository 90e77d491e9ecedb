"""待办: what of transfers waits for the person who is signed in, or for the unit, and what nobody has proposed."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import current_user

from crm.permissions import needs
from crm.services import desk, handed_over, policy, unproposed
from crm.services.handover import SECTION_NAMES
from crm.web import batch_words, transfer_words

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@needs("transfer:read")
def show() -> str:
    """What waits, oldest first, and what the person may propose."""
    settings = policy.on()
    return render_template(
        "desk/show.html",
        tasks=desk.tasks(current_user),
        most=desk.MOST,
        handed_over=handed_over.waiting_for(current_user),
        unproposed=unproposed.of(current_user, settings["transfer_due_days"]),
        settings=settings,
        words=transfer_words,
        section_names=SECTION_NAMES,
        kind_names=batch_words.KIND_NAMES,
    )
