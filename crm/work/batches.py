"""Putting a batch of transfers into effect, after the bureau's head confirmed it."""

from __future__ import annotations

from sqlalchemy import func, select

from crm.db import db
from crm.errors import NotFound
from crm.messages import N_
from crm.models import Transfer, User
from crm.services import batch_effect
from crm.work.runs import Run


def confirm(run: Run) -> dict[str, int]:
    """All of it in one step, so that no part of it is ever seen alone; returns how many transfers took effect."""
    number = int(run.payload["batch"])
    run.say(N_("核对名单"))
    with run.step() as session:
        run.total = session.scalar(
            select(func.count()).where(Transfer.batch_id == number, Transfer.state == "confirming")
        )
        run.say(N_("名单里的项目一并生效"))
    with run.step():
        actor = db.session.get(User, int(run.payload["by"]))
        if actor is None:
            raise NotFound()
        run.done = batch_effect.put_into_effect(number, int(run.payload["round"]), actor=actor)
        run.total = run.done
    return {"transfers": run.done}
