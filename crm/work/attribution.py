"""Deciding every project again, after the rules, a reading or a plate changed."""

from __future__ import annotations

from sqlalchemy import func, select

from crm.messages import N_
from crm.models import Project
from crm.services import rebuilding
from crm.work.runs import Run


def rebuild(run: Run) -> dict[str, int]:
    """Decides all projects, some thousand a step, going on after the last one kept; returns how many and how many changes."""
    after = int(run.position.get("after", 0))
    changes = int(run.position.get("changes", 0))
    run.say(N_("重新判定"))
    more = True
    while more:
        with run.step() as session:
            if run.total is None:
                run.total = session.scalar(select(func.count()).select_from(Project))
            part = rebuilding.rebuild(after=after, actor=run.actor())
            run.done += part.projects
            run.total = max(run.total or 0, run.done)
            changes += len(part.changes)
            after = part.last or after
            run.position = {"after": after, "changes": changes}
            more = part.last is not None
    return {"projects": run.done, "changes": changes}
