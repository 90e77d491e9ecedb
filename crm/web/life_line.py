"""线索 → 在谈 → 签约 → 开工 → 竣工 → 投产: how far a lead has come, and how many days each step took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm import clock
from crm.messages import N_
from crm.models import Lead


@dataclass(frozen=True)
class Step:
    """One step: its day where it was reached, and the days since the step before it that has one."""

    name: str
    day: date | None
    days: int | None
    state: str
    """done, now (the last that was reached), ahead, or unkept where the books do not hold it."""
    running: int | None = None
    """Days since then, of the step that is the latest, while it goes on."""


def of(lead: Lead) -> list[Step]:
    """The steps of a lead; those of its project as its facts have them. At most one statement."""
    project = lead.project
    days: list[tuple[str, date | None, bool]] = [
        (N_("线索登记"), lead.logged_on, True),
        (N_("在谈"), lead.negotiating_on, True),
        (N_("签约"), project.signed_on if project else lead.signed_on, True),
        (N_("开工"), project.construction_started_on if project else None, True),
        # A building can stand complete before anything is produced; no fact of a project says when.
        (N_("竣工"), None, False),
        (N_("投产"), project.completed_on if project else None, True),
    ]
    reached = [place for place, (_name, day, _kept) in enumerate(days) if day is not None]
    latest, found = reached[-1], []
    before: date | None = None
    ends = lead.stage in ("withdrawn", "merged") or latest == len(days) - 1
    for place, (name, day, kept) in enumerate(days):
        state = (
            "now" if place == latest else "done" if day else "ahead" if kept and place > latest else "unkept"
        )
        took = (day - before).days if day and before else None
        running = (clock.today() - day).days if day and place == latest and not ends else None
        found.append(Step(name, day, took, state, running))
        before = day or before
    return found
