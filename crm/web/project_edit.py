"""修改项目: the facts of one project in a form, what the change does, what others did meanwhile, then saved."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import Project, ProjectFacts
from crm.permissions import needs, require
from crm.services import edits, project_history, projects
from crm.services.attribution import Rulebook, rulebook
from crm.services.project_history import Entry
from crm.web import fact_form
from crm.web.edit_preview import START, Since, beside_fields, preview, say_saved, version_sent
from crm.web.fact_form import FIELD_LABELS, FIELDS, GROUPS, Choices
from crm.web.fact_names import Names
from crm.web.parameters import plain
from crm.web.versions import Merge, merge

blueprint = Blueprint("project_edit", __name__)

Answer = str | tuple[str, int] | Response

NOTHING_CHANGED = N_("没有任何改动：各项都与账上一致")
UNKNOWN_VERSION = N_("这张表单已经失效；请从项目页重新打开修改页")


class Books:
    """A project's recorded versions, for the form and for what others did meanwhile."""

    def __init__(self, project: Project, book: Rulebook) -> None:
        self.project, self.book = project, book
        found = project_history.recorded(project)
        self.rows: list[ProjectFacts] = [row for row, _event in found]
        self.entries = project_history.entries(found)
        self.newest = max(row.id for row in self.rows)
        self.choices = Choices.of_books(book)

    def texts(self, version: int) -> dict[str, str]:
        """The facts of today as they stood when this version was the newest; raises Refused where it never was."""
        if version not in {row.id for row in self.rows}:
            raise Refused(UNKNOWN_VERSION)
        held = project_history.on([row for row in self.rows if row.id <= version], clock.today(), None)
        return fact_form.texts_of(held or self.rows[0], self.book)

    def since(self, version: int) -> list[Entry]:
        """What was recorded after a version, newest first."""
        return [entry for entry in self.entries if entry.version > version]


@blueprint.get("/projects/<number>/edit")
@needs("project:edit")
def edit(number: str) -> str:
    """The facts as the books have them today, in a form."""
    project, books = _open(number)
    return _form(project, books, books.texts(books.newest), Since(START, ""), books.newest)


@blueprint.post("/projects/<number>/edit")
@needs("project:edit")
def change(number: str) -> Answer:
    """Shows what an edit does (`step` preview), goes back to the form (back), or saves it (save)."""
    for _attempt in range(3):
        try:
            return _change(number)
        except Stale:
            # somebody was quicker between our reading and our lock: once more, on what is there now
            continue
    raise Stale()


def _change(number: str) -> Answer:
    project, books = _open(number)
    given, since, version = fact_form.sent(request.form), Since.sent(), version_sent()
    base, theirs = books.texts(version), books.texts(books.newest)
    if request.form.get("step") == "back":
        return _form(project, books, theirs | given, since, version)
    facts, wrong = fact_form.facts(given, books.choices)
    try:
        valid_from = since.day()
    except Refused as problem:
        wrong.append(problem)
    if wrong:
        unread = {problem.field or "" for problem in wrong}
        known, _wrong = fact_form.facts(theirs, books.choices)
        wrong += edits.problems(facts, known, unread, books.book)
        return _form(project, books, theirs | given, since, version, beside_fields(wrong)), 400
    merged = merge(base, theirs, fact_form.texts(facts))
    if merged.conflicts:
        return _conflict(project, books, merged, since, version), 409
    values = {one.name: facts[one.name] for one in merged.fields if one.by_me and one.mine != one.theirs}
    if not values:
        nothing = {"": [_(NOTHING_CHANGED)]}
        return _form(project, books, merged.values, since, books.newest, nothing), 400
    keep = request.form.get("step") == "save" and version == books.newest
    try:
        with transaction(keep=keep):
            done = edits.edit(
                project,
                values,
                version=books.newest,
                valid_from=valid_from,
                actor=current_user,
                book=books.book,
            )
    except (Refused, Refusals) as problem:
        if isinstance(problem, Stale) or (isinstance(problem, NotAllowed) and problem.field is None):
            raise
        found = [problem] if isinstance(problem, Refused) else list(problem)
        project, books = _open(number)
        return _form(project, books, merged.values, since, version, beside_fields(found)), 400
    if keep:
        say_saved(done)
        return redirect(url_for("projects.project", number=done.number))
    return preview(
        project,
        done,
        action=url_for("project_edit.change", number=project.number),
        version=books.newest,
        since=since,
        kept=merged.values,
        merged_in=merged.taken_over,
        theirs=books.since(version),
        choices=books.choices,
    )


def _open(number: str) -> tuple[Project, Books]:
    project = projects.by_number(plain(number), current_user)
    require(current_user, "project:edit", project)
    return project, Books(project, rulebook())


def _form(
    project: Project,
    books: Books,
    texts: Mapping[str, str],
    since: Since,
    version: int,
    errors: Mapping[str, list[str]] | None = None,
) -> str:
    return render_template(
        "projects/edit.html",
        project=project,
        groups=GROUPS,
        field_labels=FIELD_LABELS,
        is_day=fact_form.is_day,
        texts=texts,
        choices=books.choices,
        may_set={name: edits.may_set(current_user, name) for name in FIELDS},
        held_since=project_history.held_since(books.rows, clock.today()),
        since=since,
        version=version,
        errors=errors or {},
    )


def _conflict(project: Project, books: Books, merged: Merge, since: Since, version: int) -> str:
    return render_template(
        "projects/conflict.html",
        project=project,
        merged=merged,
        who=_who_changed(books, version),
        theirs=books.since(version),
        fields=FIELDS,
        choices=books.choices,
        names=Names.of(books.book.units.values(), books.book.areas.values()),
        since=since,
        version=books.newest,
    )


def _who_changed(books: Books, version: int) -> dict[str, Entry]:
    """Fact → the newest change of it that was recorded after a version."""
    found: dict[str, Entry] = {}
    for entry in books.since(version):
        for column, _old, _new in entry.changes:
            found.setdefault(column.removesuffix("_id"), entry)
    return found
