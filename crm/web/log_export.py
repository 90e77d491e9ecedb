"""导出日志: exactly what the page shows, every page of it, as csv or xlsx; that it was exported stands in the log too."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, request, send_file
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.db import only_reading, transaction
from crm.errors import Refused
from crm.messages import N_
from crm.models import Access, AuditEvent
from crm.permissions import needs
from crm.services import accesses, event_list, history
from crm.services.paging import Place
from crm.sheets import lists
from crm.web import log_words
from crm.web.log import Chosen, ChosenAccesses
from crm.web.parameters import Given

blueprint = Blueprint("log_export", __name__)

AT_ONCE = 1_000
"""Entries read in one go: between them whoever wants to write may."""

IN_MEMORY = 16 * 2**20
"""Bytes up to which an export is sent from memory."""

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Row = Sequence[str]
Part = Callable[[int | None], tuple[list[Row], int | None]]
"""The rows below a number, and the number below which more may follow."""


@blueprint.post("/log/export")
@needs("log:export")
def events() -> Response:
    """The events that the form's filters leave."""
    given = Given(request.form)
    with only_reading():
        chosen = Chosen.of(given)
        filters, kept = chosen.filters, chosen.kept

    def part(below: int | None) -> tuple[list[Row], int | None]:
        page = event_list.listing(filters, Place(after=below), size=AT_ONCE)
        return [_event(event) for event in page.lines], page.lines[-1].id if page.has_next else None

    head = [
        _("序号"), _("时间"), _("业务日期"), _("人员"), _("登录名"), _("事项"), _("对象"), _("内容"), _("摘要SHA-256"),
    ]  # fmt: skip
    return _file(given, "events", _("日志"), head, part, kept)


@blueprint.post("/log/access/export")
@needs("log:export")
def access() -> Response:
    """The requests that the form's filters leave."""
    given = Given(request.form)
    with only_reading():
        chosen = ChosenAccesses.of(given)
        filters, kept = chosen.filters, chosen.kept

    def part(below: int | None) -> tuple[list[Row], int | None]:
        page = accesses.listing(filters, Place(after=below), size=AT_ONCE)
        return [_access(row) for row in page.lines], page.lines[-1].id if page.has_next else None

    head = [
        _("序号"), _("时间"), _("人员"), _("登录名"), _("方法"), _("地址"), _("参数名"), _("状态码"), _("毫秒"),
        _("网络地址"), _("请求编号"),
    ]  # fmt: skip
    return _file(given, "accesses", _("访问记录"), head, part, kept)


def _file(given: Given, name: str, title: str, head: Row, part: Part, kept: dict[str, str]) -> Response:
    kind = given.one_of("format", KINDS) or "csv"
    # Nothing lies about afterwards: what is small is sent from memory, and a long list's file ends with the answer.
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        if kind == "csv":
            count = lists.write_csv(file, head, _rows(part))
        else:
            count = lists.write_xlsx(file, title, head, _rows(part))
    except ValueError as error:
        file.close()
        raise Refused(
            N_("超过%(most)s行，xlsx放不下：请缩小日期范围，或导出为csv"), most=lists.MOST_ROWS
        ) from error
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with transaction():
        history.record(
            "log.exported",
            actor=current_user,
            list=name,
            format=kind,
            rows=count,
            sha256=sha256,
            filters=kept,
        )
    if file.tell() <= IN_MEMORY:
        file.seek(0)
        content = file.read()
        file.close()
        file = BytesIO(content)
    file.seek(0)
    day = clock.shanghai(clock.real_now()).date()
    return send_file(
        file, mimetype=KINDS[kind], as_attachment=True, download_name=f"{title}{day.isoformat()}.{kind}"
    )


def _rows(part: Part) -> Iterator[Row]:
    below: int | None = None
    while True:
        with only_reading():
            rows, below = part(below)
        yield from rows
        if below is None:
            return


def _event(event: AuditEvent) -> Row:
    detail = "；".join(f"{name}：{text}" for name, text in log_words.detail(event))
    return [
        str(event.id), _time(event), event.business_day.isoformat(),
        event.actor.name if event.actor else _("系统"), event.actor.login if event.actor else "",
        log_words.action(event.action), log_words.subject(event), detail, event.digest,
    ]  # fmt: skip


def _access(row: Access) -> Row:
    return [
        str(row.id), _time(row), row.user.name if row.user else "", row.user.login if row.user else "",
        row.method, row.path, row.parameters, str(row.status), str(row.milliseconds), row.address, row.request,
    ]  # fmt: skip


def _time(row: Any) -> str:
    return clock.shanghai(row.at).strftime("%Y-%m-%d %H:%M:%S")
