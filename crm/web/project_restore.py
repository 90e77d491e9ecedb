"""恢复: what a recorded change replaced becomes the facts again, as a new entry, after a look at what that does."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.models import Project
from crm.periods import ALWAYS
from crm.permissions import needs, require
from crm.services import edits, project_history, projects
from crm.services.attribution import Rulebook, rulebook
from crm.web.edit_preview import (
    DAY,
    START,
    Since,
    beside_fields,
    preview,
    say_saved,
    version_sent,
)
from crm.web.fact_form import FIELD_LABELS, LABELS, is_day
from crm.web.fact_names import Names
from crm.web.parameters import plain

blueprint = Blueprint("project_restore", __name__)

RESTORE = "/projects/<number>/history/<id:event>/restore"


@blueprint.get(RESTORE)
@needs("project:edit")
def choose(number: str, event: int) -> str:
    """What a recorded change replaced, and from which day it is to hold again."""
    return _page(number, event, None, {})


@blueprint.post(RESTORE)
@needs("project:edit")
def restore(number: str, event: int) -> str | tuple[str, int] | Response:
    """Shows what restoring does (`step` preview), goes back (back), or does it (save)."""
    for _attempt in range(3):
        try:
            return _restore(number, event)
        except Stale:
            # recorded meanwhile: once more, on what is there now
            continue
    raise Stale()


def _restore(number: str, event: int) -> str | tuple[str, int] | Response:
    project, book = _open(number)
    since, version = Since.sent(), version_sent()
    if request.form.get("step") == "back":
        return _page(number, event, since, {})
    newest = projects.newest_version(project)
    keep = request.form.get("step") == "save" and version == newest
    try:
        valid_from = since.day()
        with transaction(keep=keep):
            done = edits.restore(
                project, event, version=newest, valid_from=valid_from, actor=current_user, book=book
            )
    except (Refused, Refusals) as problem:
        passed_on = isinstance(problem, NotFound | Stale | NotAllowed)
        if passed_on:
            raise
        found = [problem] if isinstance(problem, Refused) else list(problem)
        return _page(number, event, since, beside_fields(found)), 400
    if keep:
        say_saved(done)
        return redirect(url_for("projects.project", number=done.number))
    theirs = [] if version == newest else project_history.entries(project_history.recorded(project))
    return preview(
        project,
        done,
        action=url_for("project_restore.restore", number=project.number, event=event),
        version=newest,
        since=since,
        kept={},
        theirs=[entry for entry in theirs if entry.version > version],
    )


def _open(number: str) -> tuple[Project, Rulebook]:
    project = projects.by_number(plain(number), current_user)
    require(current_user, "project:edit", project)
    return project, rulebook()


def _page(number: str, event: int, since: Since | None, errors: dict[str, list[str]]) -> str:
    project, book = _open(number)
    facts, valid_from, recorded = edits.restorable(project, event, book)
    if since is None:
        since = Since(START, "") if valid_from == ALWAYS else Since(DAY, valid_from.isoformat())
    columns = projects.columns_of({k: v for k, v in facts.items() if k != "credit_code"}, book)
    columns |= {"credit_code": facts["credit_code"]} if "credit_code" in facts else {}
    rows = [row for row, _event in project_history.recorded(project)]
    held = {row.valid_from: row for row in sorted(rows, key=lambda row: row.id)}
    now = held[max(day for day in held)]
    return render_template(
        "projects/restore.html",
        project=project,
        recorded=recorded,
        valid_from=valid_from,
        always=ALWAYS,
        old=columns,
        now={column: getattr(now, column) for column in columns},
        labels=LABELS,
        field_labels=FIELD_LABELS,
        is_day=is_day,
        names=Names.of(book.units.values(), book.areas.values()),
        since=since,
        version=projects.newest_version(project),
        errors=errors,
    )
