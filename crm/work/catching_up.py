"""What an import, a new day, or a process that was stopped, left to be done: in steps of some thousand rows each."""

from __future__ import annotations

from collections.abc import Callable

from crm import clock
from crm.db import transaction
from crm.messages import N_
from crm.services import names, search, standing
from crm.work.runs import Run

Step = Callable[[], bool]
"""Does some of it within the caller's transaction; whether there may be more."""


def roll_standing() -> bool:
    """Has what is decided today stand beside some of the projects."""
    return standing.roll(clock.today())


LEFT: tuple[tuple[str, Step], ...] = (
    (N_("归属转入新的一天"), roll_standing),
    (N_("建立检索"), search.index_pending),
    (N_("整理企业名称"), names.index_pending),
)
"""What it is called, and the function that does some of it."""


def catch_up() -> None:
    """Does all that is left, in short transactions: for a server that is about to start."""
    for _, step in LEFT:
        more = True
        while more:
            with transaction():
                more = step()


def index(run: Run) -> dict[str, int]:
    """The same as a job, which says what it is about; returns nothing that is counted."""
    for name, step in LEFT:
        run.say(name)
        to_the_end(run, step)
    return {}


def to_the_end(run: Run, step: Step) -> None:
    """Does a step of a job again until there is no more of it."""
    more = True
    while more:
        with run.step():
            more = step()
