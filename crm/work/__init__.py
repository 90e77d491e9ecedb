"""What is done beside the pages: which function does each kind of job, and what follows when one is given up.

An edge like the pages and the commands: a function works in short transactions of its own, each a step of its run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from crm.models import Job
from crm.work import attribution, batches, catching_up, day, imports
from crm.work.runs import Run


class Work(NamedTuple):
    """The function that does a kind of job, and the one called in the transaction in which it fails or is cancelled."""

    do: Callable[[Run], Mapping[str, Any] | None]
    given_up: Callable[[Job], None] | None = None


WORK: dict[str, Work] = {
    "import.check": Work(imports.check, imports.check_given_up),
    "import.clear": Work(imports.clear),
    "search.index": Work(catching_up.index),
    "attribution.rebuild": Work(attribution.rebuild),
    "batch.confirm": Work(batches.confirm),
    "day.begin": Work(day.begin),
}
"""Kind of job → what does it; the kinds are those of crm/job_kinds.py."""


def given_up(job: Job) -> None:
    """What follows from a job that failed or was cancelled, in the caller's transaction."""
    follow = WORK[job.kind].given_up
    if follow is not None and job.state in ("failed", "cancelled"):
        follow(job)


__all__ = ["WORK", "Run", "Work", "given_up"]
