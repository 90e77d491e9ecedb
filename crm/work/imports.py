"""Checking an uploaded sheet, and clearing away what was staged of it."""

from __future__ import annotations

from crm.messages import N_
from crm.models import Job
from crm.services import imports, staging
from crm.sheets import limits
from crm.uploads import kept
from crm.work.runs import Cancelled, Run

CANCELLED = N_("核对已取消；需要时请重新核对")


def check(run: Run) -> dict[str, int]:
    """Stages an upload from its first row and checks it; returns how many rows were new, changed, the same or wrong."""
    number, attempt = int(run.payload["import"]), int(run.payload["attempt"])
    try:
        return _check(run, number, attempt)
    except staging.Superseded as superseded:
        raise Cancelled from superseded


def _check(run: Run, number: int, attempt: int) -> dict[str, int]:
    run.done, run.total = 0, None
    run.say(N_("清理上一次的暂存数据"))
    more = True
    while more:
        with run.step():
            import_ = imports.by_id(number)
            if (import_.status, import_.attempt) != ("staging", attempt):
                raise Cancelled
            more = imports.clear(import_)
            path = kept(import_.sha256)
    run.say(N_("读取文件"))
    run.total = limits.rows_about(path)
    with run.step():
        work = staging.begin(imports.by_id(number))
    run.say(N_("逐行核对"))
    for chunk in work.chunks(path):
        with run.step():
            work.stage(chunk)
            run.done = work.counts.total()
            if run.total is not None:
                run.total = max(run.total, run.done)
    run.total = run.done
    run.say(N_("核对投资企业"))
    with run.step():
        imports.finish(work, actor=run.actor())
    return dict(work.counts)


def check_given_up(job: Job) -> None:
    """The import says so, and can be checked again."""
    message = CANCELLED if job.state == "cancelled" else None
    imports.fail(int(job.payload["import"]), int(job.payload["attempt"]), actor=None, message=message)


def clear(run: Run) -> dict[str, int]:
    """Deletes the working rows of an import that is over, some thousand a step."""
    number = int(run.payload["import"])
    run.say(N_("清理暂存数据"))
    more = True
    while more:
        with run.step():
            more = imports.clear(imports.by_id(number))
            run.done += imports.AT_ONCE if more else 0
    return {}
