"""导入: upload a registry, see every error beside its cell or what will change, then apply it or give it up."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from crm.db import only_reading, transaction
from crm.errors import Refused, Stale
from crm.messages import N_
from crm.models import Import
from crm.periods import ALWAYS
from crm.permissions import needs
from crm.services import history, imports, job_list, jobs, previewing, staging
from crm.services.attribution import rulebook
from crm.services.cells import Names
from crm.services.previewing import Preview
from crm.services.units import all_units
from crm.sheets import corrections, template
from crm.sheets.tables import NotATable
from crm.uploads import keep, kept
from crm.web import job_words
from crm.web.forms import actor
from crm.web.parameters import Given, plain
from crm.web.presentation import said

blueprint = Blueprint("imports", __name__)

A_PAGE = 50
SHOWN_NEW = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATES = {
    "staging": (N_("核对中"), "info"),
    "checked": (N_("待写入"), "warning"),
    "applied": (N_("已写入"), "success"),
    "failed": (N_("未通过"), "error"),
    "abandoned": (N_("已放弃"), "quiet"),
}
"""What each state of an import is called, and the kind of mark it gets."""
WITH_ERRORS = (N_("有错误"), "error")
SILENT = (N_("已中断"), "error")
THE_SAME = (N_("无变化"), "quiet")


def mark_of(import_: Import, queued: bool) -> tuple[str, str]:
    """How an import stands, as a person sees it: what it is called, and the kind of mark it gets; `queued` says whether
    a worker has it in hand or will.
    """
    if imports.is_silent(import_) and not queued:
        return SILENT
    if import_.status == "checked" and import_.error_rows:
        return WITH_ERRORS
    if import_.status == "checked" and not import_.new_rows and not import_.changed_rows:
        return THE_SAME
    return STATES[import_.status]


@blueprint.get("/imports")
@needs("project:import")
def listing() -> str:
    """The form to upload with, and earlier imports."""
    return _listing()


@blueprint.get("/imports/<id:number>")
@needs("project:import")
def show(number: int) -> str:
    """How far an import is; then its errors, or what it will change."""
    import_ = imports.by_id(number)
    job = job_list.open_of(import_) if import_.status == "staging" else None
    given = Given(request.args)
    after = given.whole("after") or 0
    wrong = imports.rows(import_, "error", after=after, limit=A_PAGE) if import_.status != "staging" else []
    changed: list[Preview] = []
    new: list[Preview] = []
    if import_.status == "applied" or imports.is_applicable(import_):
        changed = previewing.previews(import_, "changed", after=after, limit=A_PAGE)
    if import_.status == "applied" and not after:
        new = previewing.entered(import_, limit=SHOWN_NEW)
    elif imports.is_applicable(import_) and not after:
        new = previewing.previews(import_, "new", limit=SHOWN_NEW)
    shown = [row.row_number for row in wrong] or [preview.row_number for preview in changed]
    return render_template(
        "imports/show.html",
        import_=import_,
        state=mark_of(import_, job is not None),
        job=job,
        progress=job_words.progress(job) if job else None,
        ahead=job_list.ahead_of(job) if job and job.state == "queued" else 0,
        alive=jobs.workers_alive() if job else 0,
        always=ALWAYS,
        silent=imports.is_silent(import_) and job is None,
        applicable=imports.is_applicable(import_),
        wrong=wrong,
        changed=changed,
        new=new,
        names=Names.of_books(),
        units={unit.id: unit for unit in all_units()},
        following=shown[-1] if len(shown) == A_PAGE else None,
        after=after,
    )


@blueprint.get("/imports/template.xlsx")
@needs("project:import")
def empty_template() -> Response:
    """An empty workbook to fill in, with the names that the books accept today."""
    vocabulary = staging.vocabulary(rulebook())
    return _workbook(lambda path: template.write(path, vocabulary), _("项目登记表模板.xlsx"))


@blueprint.post("/imports/<id:number>/errors.xlsx")
@needs("project:import")
def error_workbook(number: int) -> Response:
    """The rows as they were uploaded, with a column of reasons; who took them stands in the log."""

    def words(text: str, values: Mapping[str, str]) -> str:
        return said(text, dict(values))

    with only_reading():
        import_ = imports.by_id(number)
        uploaded, errors = kept(import_.sha256), imports.errors(import_)
    try:
        answer = _workbook(
            lambda path: corrections.write(path, uploaded, errors, words), _("登记表错误.xlsx")
        )
    except NotATable as problem:
        raise Refused(problem.error.message, **problem.error.values) from problem
    with transaction():
        history.record("import.exported", imports.by_id(number), actor=actor(), errors=len(errors))
    return answer


@blueprint.post("/imports")
@needs("project:import")
def upload() -> Redirect | tuple[str, int]:
    """Keeps the file and queues its check."""
    file = request.files.get("file")
    given = Given(request.form)
    effective_from = given.day("effective_from")
    if file is None or not file.filename:
        return _listing({"file": _("请选择要导入的文件")}), 400
    if given.ignored:
        return _listing({"effective_from": _("不是日期；请写成2021-05-31的样子")}), 400
    with only_reading():
        # Copying takes its time: nobody's writing waits for it.
        path = keep(file.stream)
    try:
        with transaction():
            import_ = imports.start(
                path, plain(file.filename), effective_from=effective_from or ALWAYS, actor=actor()
            )
            _queue_check(import_)
            number = import_.id
    except Refused as refused:
        return _listing({refused.field or "file": said(refused.message, refused.values)}), 400
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.post("/imports/<id:number>/apply")
@needs("project:import")
def apply(number: int) -> Redirect:
    """Enters a checked import into the books; where they changed meanwhile it is to be checked again."""
    try:
        with transaction():
            applied = imports.apply(imports.by_id(number), actor=actor())
            imports.queue_indexing(applied, actor=actor())
            _queue_clearing(applied)
    except Stale as stale:
        flash(said(stale.message, stale.values), "warning")
        return redirect(url_for("imports.show", number=number), 303)
    flash(_("已写入账中"), "success")
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.post("/imports/<id:number>/restart")
@needs("project:import")
def restart(number: int) -> Redirect:
    """Checks an import again, from its first row."""
    kept(imports.by_id(number).sha256)
    with transaction():
        _queue_check(imports.restart(imports.by_id(number), actor=actor()))
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.post("/imports/<id:number>/abandon")
@needs("project:import")
def abandon(number: int) -> Redirect:
    """Gives an import up; nothing of it was written."""
    with transaction():
        _queue_clearing(imports.abandon(imports.by_id(number), actor=actor()))
    flash(_("已放弃，没有写入任何内容"), "success")
    return redirect(url_for("imports.listing"), 303)


def _queue_check(import_: Import) -> None:
    jobs.enqueue(
        "import.check",
        key=f"import.check:{import_.id}:{import_.attempt}",
        payload={"import": import_.id, "attempt": import_.attempt},
        actor=actor(),
        subject=import_,
    )


def _queue_clearing(import_: Import) -> None:
    key = f"import.clear:{import_.id}"
    jobs.enqueue("import.clear", key=key, payload={"import": import_.id}, actor=actor(), subject=import_)


def _listing(errors: dict[str, str] | None = None) -> str:
    before = Given(request.args).whole("before")
    found = imports.earlier(before, A_PAGE + 1)
    return render_template(
        "imports/listing.html",
        found=found[:A_PAGE],
        before=before,
        following=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        mark_of=mark_of,
        queued=job_list.with_open_jobs(
            "imports", [import_.id for import_ in found if import_.status == "staging"]
        ),
        errors=errors or {},
        most=current_app.config["MAX_CONTENT_LENGTH"] // 2**20,
    )


def _workbook(write: Callable[[Path], None], name: str) -> Response:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        write(path)
        content = BytesIO(path.read_bytes())
    return send_file(content, mimetype=XLSX, as_attachment=True, download_name=name)
