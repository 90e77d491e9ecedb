"""What a person sees when something went wrong: what it was, and what to do next; machines get problem+json."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.web.access_log import request_id
from crm.web.addresses import wants_json
from crm.web.presentation import said

KNOWN = {
    400: (N_("请求不完整"), N_("浏览器发来的内容不完整或格式不对。请返回上一页重试。")),
    401: (N_("请先登录"), N_("登录后才能打开这个地址。")),
    403: (N_("没有权限"), N_("您的岗位没有此项权限。如工作需要，请联系系统管理员调整岗位。")),
    404: (N_("没有找到"), N_("这个地址没有内容，可能写错了，或者该记录不在账上。")),
    405: (N_("不能这样打开"), N_("这个地址只接受页面上的按钮提交。请从页面进入。")),
    409: (N_("内容已变化"), N_("该记录已被他人修改，请刷新后重试")),
    413: (N_("文件太大"), N_("上传的文件超过了上限%(most)s MB。请拆成几份再传。")),
    415: (N_("格式不支持"), N_("系统不认识这种内容格式。")),
    429: (N_("操作太频繁"), N_("请稍等片刻再试。")),
    500: (
        N_("系统出错"),
        N_("这不是您的操作造成的，账上的数据没有改变。请稍后重试；若仍出现，请告诉系统管理员下面的编号。"),
    ),
    503: (N_("暂时不可用"), N_("系统正忙或数据库暂时连不上，请稍后重试。")),
}
"""Status → title and next step, as messages."""

REFUSED = N_("不能办理")
"""The title of what the books refuse; the sentence says why."""

EXPIRED = (N_("表单已失效"), N_("页面打开得太久，或登录已换人。请返回上一页，刷新后重新提交。"))


def init(app: Flask) -> None:
    """Registers the handlers."""
    # Chinese in problem+json is to be read, not decoded.
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Refusals, _refusals)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(InternalServerError, _failure)


def answer(status: int, title: str, detail: str, **more: Any) -> tuple[Response | str, int]:
    """One error, as a page or as problem+json (RFC 9457)."""
    if wants_json():
        response = jsonify(
            {
                "type": "about:blank",
                "status": status,
                "title": title,
                "detail": detail,
                "request": request_id(),
                **more,
            }
        )
        response.mimetype = "application/problem+json"
        return response, status
    return render_template("errors/error.html", status=status, title=title, detail=detail), status


def _refused(error: Refused) -> tuple[Response | str, int]:
    status = {NotFound: 404, NotAllowed: 403, Stale: 409}.get(type(error), 400)
    title, next_step = (gettext(text) for text in KNOWN[status])
    if status == 400:
        title = gettext(REFUSED)
    # What the kind of error says by itself is less than its next step; a message of its own is more.
    usual = isinstance(error, NotFound | NotAllowed | Stale) and error.message == type(error)().message
    return answer(status, title, next_step if usual else said(error.message, error.values), field=error.field)


def _refusals(error: Refusals) -> tuple[Response | str, int]:
    title = gettext(REFUSED)
    listed = [{"field": one.field, "detail": said(one.message, one.values)} for one in error]
    return answer(400, title, "\n".join(one["detail"] or "" for one in listed), errors=listed)


def _expired(error: CSRFError) -> tuple[Response | str, int]:
    title, detail = (gettext(text) for text in EXPIRED)
    return answer(400, title, detail)


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    title, detail = KNOWN.get(error.code, KNOWN[400 if error.code < 500 else 500])
    most = current_app.config["MAX_CONTENT_LENGTH"] // 2**20
    try:
        body, status = answer(error.code, gettext(title), gettext(detail) % {"most": most})
    except OperationalError as silent:
        # the page names whoever is signed in, whom the database could not tell
        return _busy(silent)
    response = current_app.make_response((body, status))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _busy(error: OperationalError) -> tuple[Response | str, int]:
    """The database did not answer in time, or not at all: no fault of the request, which can be tried again."""
    current_app.logger.error("the database did not answer: %s", error.orig)
    return _without_database(503)


def _failure(error: InternalServerError) -> tuple[Response | str, int]:
    if isinstance(error.original_exception, OperationalError):
        return _busy(error.original_exception)
    return _without_database(500)


def _without_database(status: int) -> tuple[Response | str, int]:
    # Whatever failed may have left the session unusable, and the database may be what failed: this page asks nothing.
    db.session.rollback()
    if "_login_user" not in g:
        # whoever it is could not be asked for, and rendering would ask again
        g._login_user = AnonymousUserMixin()
    title, detail = (gettext(text) for text in KNOWN[status])
    if wants_json():
        return answer(status, title, detail)
    return render_template("errors/failure.html", status=status, title=title, detail=detail), status
