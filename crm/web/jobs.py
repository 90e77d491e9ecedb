"""任务: what is done beside the pages, how far it is, what went wrong; cancelled and tried again."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import work
from crm.db import transaction
from crm.errors import Refused
from crm.job_kinds import KINDS
from crm.messages import N_
from crm.models import JOB_STATES, Job, User
from crm.permissions import allowed, needs
from crm.services import job_list, jobs
from crm.web import job_words
from crm.web.parameters import Given, Pages
from crm.web.presentation import said

blueprint = Blueprint("jobs", __name__)

RESTARTED_ELSEWHERE = {"import.check": N_("请在导入页重新核对")}
"""Kinds whose retry is a step of the task they belong to, and where that is."""


class Subject(NamedTuple):
    """What a job is about: its name, the page that shows it where the person may open it."""

    name: str
    href: str | None
    restarts: bool


@blueprint.get("/jobs")
@needs("job:read")
def listing() -> str:
    """The jobs, newest first: one's own, or all of them for whoever looks after them."""
    given = Given(request.args)
    filters = job_list.Filters(given.one_of("state", JOB_STATES), given.one_of("kind", KINDS))
    page = job_list.listing(
        _person(),
        filters,
        given.place_by_id(),
    )
    kept = given.kept("state", "kind")
    return render_template(
        "jobs/listing.html",
        page=page,
        pages=Pages.of(page, kept, "jobs.listing", [job.id for job in page.lines]),
        filters=filters,
        narrowed=filters != job_list.Filters(),
        state_choices=[(code, _(name)) for code, (name, _mark) in job_words.STATES.items()],
        kind_choices=[(code, _(kind.sentence)) for code, kind in KINDS.items()],
        ignored=given.ignored,
        all_jobs=allowed(_person(), "job:manage"),
        alive=jobs.workers_alive(),
        mark_of=job_words.mark_of,
        kind_name=job_words.kind_name,
        progress=job_words.progress,
        took=job_words.took,
        results=job_words.RESULTS,
        subject=subject_of,
    )


@blueprint.post("/jobs/<id:number>/cancel")
@needs("job:read")
def cancel(number: int) -> Response:
    """Cancels a job: at once while it is queued, at its next step while it runs."""
    with transaction():
        job = job_list.visible_by_id(number, _person())
        jobs.cancel(job, actor=_person())
        work.given_up(job)
        at_once = job.finished_at is not None
    flash(_("已取消") if at_once else _("正在取消：做完手上的一步就停"), "success")
    return redirect(url_for("jobs.listing"), 303)


@blueprint.post("/jobs/<id:number>/retry")
@needs("job:read")
def retry(number: int) -> Response:
    """Queues a failed or cancelled job anew."""
    with transaction():
        job = job_list.visible_by_id(number, _person())
        if job.kind in RESTARTED_ELSEWHERE:
            raise Refused(RESTARTED_ELSEWHERE[job.kind])
        jobs.try_again(job, actor=_person())
    flash(_("已重新排队"), "success")
    return redirect(url_for("jobs.listing"), 303)


def subject_of(job: Job) -> Subject | None:
    """What a job is about, as the person may see it."""
    restarts = job.kind in RESTARTED_ELSEWHERE
    if job.subject_type not in job_words.SUBJECTS or job.subject_id is None:
        return Subject("", None, restarts) if restarts else None
    name, endpoint, permission = job_words.SUBJECTS[job.subject_type]
    href = url_for(endpoint, number=job.subject_id) if allowed(_person(), permission) else None
    return Subject(said(name, {"number": job.subject_id}), href, restarts)


def _person() -> User:
    person: User = current_user
    return person
