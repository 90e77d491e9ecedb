"""Having searches find by the index what an import brought; until then they look through it."""

from __future__ import annotations

from crm.messages import N_
from crm.services import search
from crm.work.runs import Run


def index(run: Run) -> dict[str, int]:
    """Indexes every project that waits for it, some thousand a step; returns how many, in whole steps."""
    run.say(N_("建立检索"))
    more = True
    while more:
        with run.step():
            more = search.index_pending()
            run.done += search.AT_ONCE if more else 0
    return {}
