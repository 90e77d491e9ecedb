"""By when each step of a transfer is to be done."""

from __future__ import annotations

from datetime import date, timedelta

from crm import clock
from crm.services import policy

DAYS = {
    "filling": "transfer_fill_days",
    "signing": "transfer_sign_days",
    "confirming": "transfer_confirm_days",
}
"""Step → the setting that says how long it may take."""


def due_on(step: str) -> date:
    """By when a step that begins today is to be done: one statement."""
    today = clock.today()
    return today + timedelta(days=policy.on(today)[DAYS[step]])
