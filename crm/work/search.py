"""What an import left to be done: what is decided today beside its projects, and the indexes that searches and duplicates are found by."""

from __future__ import annotations

from crm import clock
from crm.messages import N_
from crm.services import names, search, standing
from crm.work.runs import Run


def index(run: Run) -> dict[str, int]:
    """Has what is decided stand beside every project and indexes those that wait for it, some thousand a step; returns how many, in whole steps."""
    run.say(N_("归属转入新的一天"))
    more = True
    while more:
        with run.step():
            more = standing.roll(clock.today())
    run.say(N_("建立检索"))
    more = True
    while more:
        with run.step():
            more = search.index_pending()
            run.done += search.AT_ONCE if more else 0
    run.say(N_("整理企业名称"))
    more = True
    while more:
        with run.step():
            more = names.index_pending()
    return {}
