"""How a job reads on a page: its state, how far it is, how long it took and may still take."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _

from crm import clock
from crm.job_kinds import KINDS
from crm.messages import N_
from crm.models import Job

STATES = {
    "queued": (N_("排队中"), "info"),
    "running": (N_("进行中"), "info"),
    "done": (N_("已完成"), "success"),
    "failed": (N_("失败"), "error"),
    "cancelled": (N_("已取消"), "quiet"),
}
"""What each state is called, and the kind of mark it gets."""
STOPPING = (N_("正在取消"), "warning")
RETRYING = (N_("等待重试"), "warning")

RESULTS = {
    "attribution.rebuild": N_("%(projects)s个项目，%(changes)s处变化"),
    "batch.confirm": N_("%(transfers)s个项目划转生效"),
}
"""What came of a job of a kind, where it says more than that it is done."""

SUBJECTS = {
    "imports": (N_("导入%(number)s"), "imports.show", "project:import"),
    "transfer_batches": (N_("划转批次%(number)s"), "batches.show", "transfer:read"),
    "proposals": (N_("修改建议%(number)s"), "proposals.show", "rule:read"),
}
"""Table that a job can be about → what its row is called, the page that shows it and the right to open that."""

TELLING = timedelta(seconds=3)
"""How long a job runs before its speed says anything about its end."""


class Progress(NamedTuple):
    """How far a job is: steps done of about how many (none: not known), and about how long the rest takes."""

    done: int
    total: int | None
    rest: str


def mark_of(job: Job) -> tuple[str, str]:
    """What its state is called, and the kind of mark it gets."""
    if job.finished_at is None and job.cancel_requested:
        return STOPPING
    if job.state == "queued" and job.error:
        return RETRYING
    return STATES[job.state]


def kind_name(code: str) -> str:
    """What a kind is called; one that is not in the list any more keeps its code."""
    return _(KINDS[code].sentence) if code in KINDS else code


def progress(job: Job) -> Progress:
    """How far an open job is."""
    rest = ""
    if job.state == "running" and job.started_at and job.total and 0 < job.done < job.total:
        so_far = clock.real_now() - job.started_at
        if so_far > TELLING:
            rest = _("约还需%(time)s", time=duration(so_far / job.done * (job.total - job.done)))
    return Progress(job.done, job.total, rest)


def took(job: Job) -> str:
    """How long it worked, or works already; nothing where it has not begun."""
    if job.started_at is None:
        return ""
    return duration((job.finished_at or clock.real_now()) - job.started_at)


def duration(length: timedelta) -> str:
    """A length of time, to the second below a minute and to the minute below a day."""
    seconds = max(round(length.total_seconds()), 1)
    if seconds < 60:
        return _("%(seconds)s秒", seconds=seconds)
    if seconds < 3600:
        return _("%(minutes)s分钟", minutes=round(seconds / 60))
    return _("%(hours)s小时%(minutes)s分", hours=seconds // 3600, minutes=seconds % 3600 // 60)
