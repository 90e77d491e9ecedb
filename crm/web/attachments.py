"""附件: upload, look at, take home, renew, remove and put back; served only to those who may read the record's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

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
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Redirect

from crm.db import db, transaction
from crm.errors import NotFound, Refusals, Refused
from crm.messages import N_
from crm.models import Attachment, AttachmentVersion, Lead, Project, Transfer
from crm.permissions import needs
from crm.services import attachments
from crm.services.attachments import Upload
from crm.services.file_kinds import BY_TYPE, PDF, kind_of
from crm.storage import storage
from crm.web.parameters import Given, plain
from crm.web.presentation import many

blueprint = Blueprint("attachments", __name__)

MOST_AT_ONCE = 20
LONGEST_NAME = 150

PICTURE_POLICY = "default-src 'none'; sandbox"
"""A picture is only looked at: nothing in it runs."""

PDF_POLICY = "default-src 'none'; object-src 'self'; frame-ancestors 'self'"
"""A PDF is shown inside our own page, by the browser's viewer."""


@dataclass(frozen=True)
class Panel:
    """What the panel on a record's page shows."""

    kind: str
    key: int
    attachments: list[Attachment]
    removed: list[Attachment]
    may_add: bool
    most: int
    """MB a file."""

    @classmethod
    def of(cls, row: Any, *, may_add: bool = False) -> Panel | None:
        """The panel of a record, for the person who is signed in; none where its files are not for them.

        `may_add` where that is known already; whoever may add may read: one question where the answer is yes.
        """
        may_add = may_add or attachments.may(current_user, row, change=True)
        if not may_add and not attachments.may(current_user, row):
            return None
        found = attachments.of(row)
        there, removed = ([one for one in found if one.removed is gone] for gone in (False, True))
        return cls(row.__tablename__, row.id, there, removed, may_add, _most() // 2**20)


@blueprint.get("/attachments/<id:key>")
@needs("attachment:read")
def show(key: int) -> str:
    """One attachment: a preview, its versions, and what can be done with it."""
    attachment, row = attachments.by_id(key, current_user)
    number = Given(request.args).whole("number")
    shown = attachment.newest if number is None else attachments.version(attachment, number)
    kind = BY_TYPE.get(shown.media_type)
    return render_template(
        "attachments/show.html",
        attachment=attachment,
        shown=shown,
        preview=("pdf" if kind is PDF else "picture") if kind and kind.shown else None,
        may_change=attachments.may(current_user, row, change=True),
        back=_address(row),
        back_text=(row.project if isinstance(row, Transfer) else row).name,
    )


@blueprint.get("/attachments/<id:key>/versions/<id:number>")
@needs("attachment:read")
def content(key: int, number: int) -> Response:
    """The file, to be kept."""
    return _served(key, number, shown=False)


@blueprint.get("/attachments/<id:key>/versions/<id:number>/preview")
@needs("attachment:read")
def preview(key: int, number: int) -> Response:
    """The file, to be looked at in the page; only of kinds that cannot act."""
    return _served(key, number, shown=True)


@blueprint.post("/attachments/<kind>/<id:key>")
@needs("attachment:add")
def add(kind: str, key: int) -> Redirect:
    """Attaches what was chosen, all of it or nothing."""
    attachments.subject(kind, key, current_user, change=True)
    given = [file for file in request.files.getlist("file") if file.filename]
    if not given:
        raise Refused(N_("请选择要上传的文件"), field="file")
    if len(given) > MOST_AT_ONCE:
        raise Refused(N_("一次最多上传%(most)s个文件"), field="file", most=MOST_AT_ONCE)
    with _stored(given) as uploads, transaction():
        row = attachments.subject(kind, key, current_user, change=True)
        title = plain(request.form.get("title", ""))
        added = attachments.add(row, uploads, title=title, actor=current_user)
        target = _address(row)
    flash(many("已添加%(count)s个附件", len(added)), "success")
    return redirect(f"{target}#attachments", 303)


@blueprint.post("/attachments/<id:key>/renew")
@needs("attachment:add")
def renew(key: int) -> Redirect:
    """Adds a version."""
    attachments.by_id(key, current_user, change=True)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused(N_("请选择要上传的文件"), field="file")
    with _stored([file]) as uploads, transaction():
        attachment, row = attachments.by_id(key, current_user, change=True)
        attachments.renew(attachment, row, uploads[0], seen=_seen(), actor=current_user)
    flash(_("已保存新版本"), "success")
    return redirect(url_for("attachments.show", key=key), 303)


@blueprint.post("/attachments/<id:key>/rename")
@needs("attachment:add")
def rename(key: int) -> Redirect:
    """Gives it another title."""
    with transaction():
        attachment, row = attachments.by_id(key, current_user, change=True)
        title = plain(request.form.get("title", ""))
        attachments.rename(attachment, row, title, seen=_seen(), actor=current_user)
    flash(_("已改名"), "success")
    return redirect(url_for("attachments.show", key=key), 303)


@blueprint.post("/attachments/<id:key>/remove")
@needs("attachment:add")
def remove(key: int) -> Redirect:
    """Takes it off its record."""
    with transaction():
        attachment, row = attachments.by_id(key, current_user, change=True)
        attachments.remove(attachment, row, seen=_seen(), actor=current_user)
    flash(_("附件已移除；需要时可以恢复"), "success")
    return redirect(url_for("attachments.show", key=key), 303)


@blueprint.post("/attachments/<id:key>/restore")
@needs("attachment:add")
def restore(key: int) -> Redirect:
    """Puts it back."""
    with transaction():
        attachment, row = attachments.by_id(key, current_user, change=True)
        attachments.restore(attachment, row, seen=_seen(), actor=current_user)
    flash(_("附件已恢复"), "success")
    return redirect(url_for("attachments.show", key=key), 303)


@contextmanager
def _stored(files: list[FileStorage]) -> Iterator[list[Upload]]:
    """Puts files into the storage for what happens inside; where that fails they are taken away again.

    Raises Refusals with what is wrong with each of them.
    """
    # Copying takes its time: nobody's writing waits for it.
    db.session.rollback()
    kept: list[Upload] = []
    wrong: list[Refused] = []
    place = storage()
    try:
        for file in files:
            name = _file_name(file.filename or "")
            try:
                kind = kind_of(file.stream, name)
                kept.append(Upload(name, kind.media_type, place.put(file.stream, most=_most())))
            except Refused as refused:
                wrong.append(refused)
        if wrong:
            raise Refusals(wrong)
        yield kept
    except BaseException:
        for upload in kept:
            place.delete(upload.stored.name)
        raise
    finally:
        for file in files:
            file.close()


def _file_name(given: str) -> str:
    """The last part of what a browser called the file, its ending kept where it is too long."""
    name = " ".join(plain(PurePosixPath(given.replace("\\", "/")).name).split())
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"


def _served(key: int, number: int, *, shown: bool) -> Response:
    attachment, _row = attachments.by_id(key, current_user)
    found: AttachmentVersion = attachments.version(attachment, number)
    kind = BY_TYPE.get(found.media_type)
    if shown and not (kind and kind.shown):
        raise NotFound(N_("这种文件不能预览"))
    response = send_file(
        storage().open(found.stored_as),
        mimetype=found.media_type,
        as_attachment=not shown,
        download_name=found.file_name,
        etag=found.sha256,
        conditional=True,
        last_modified=found.recorded_at,
    )
    response.headers["Content-Security-Policy"] = PDF_POLICY if kind is PDF and shown else PICTURE_POLICY
    if kind is PDF and shown:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _address(row: Any) -> str:
    if isinstance(row, Lead):
        return url_for("leads.lead", number=row.number)
    if isinstance(row, Transfer):
        return url_for("transfers.show", transfer=row.id)
    assert isinstance(row, Project)
    return url_for("projects.project", number=row.number)


def _seen() -> int:
    return Given(request.form).whole("version") or 0


def _most() -> int:
    return int(current_app.config["LARGEST_FILE"])
