"""待办: what of transfers waits for the person who is signed in, or for the unit."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import current_user

from crm.permissions import needs
from crm.services import desk, policy
from crm.web import transfer_words

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@needs("transfer:read")
def show() -> str:
    """What waits, oldest first."""
    return render_template(
        "desk/show.html",
        tasks=desk.tasks(current_user),
        most=desk.MOST,
        settings=policy.on(),
        words=transfer_words,
    )
