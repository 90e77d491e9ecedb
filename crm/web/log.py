"""日志: what happened, by whom, when; for the auditor."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from crm.actions import ACTIONS
from crm.messages import N_
from crm.models import AuditEvent
from crm.periods import ALWAYS
from crm.permissions import needs
from crm.services import event_list
from crm.web.parameters import Given, Pages
from crm.web.presentation import ROLES

blueprint = Blueprint("log", __name__)

LARGEST_ID = 2**63 - 1

SUBJECTS = {
    "adjudicator_terms": N_("裁定机关"),
    "areas": N_("片区"),
    "books": N_("账套"),
    "imports": N_("导入"),
    "projects": N_("项目"),
    "reading_terms": N_("口径"),
    "streets": N_("街道"),
    "targets": N_("目标任务"),
    "units": N_("单位"),
    "users": N_("账号"),
}
"""What an event can be about, by the table it names."""

DETAILS = {
    "action": N_("动作"),
    "active": N_("是否有效"),
    "admin_code": N_("行政区划代码"),
    "after": N_("变更后"),
    "attempt": N_("第几次核对"),
    "before": N_("变更前"),
    "business_day": N_("业务日期"),
    "changed": N_("更新"),
    "choice": N_("取值"),
    "clause": N_("条款"),
    "code": N_("代码"),
    "effective_from": N_("生效日期"),
    "errors": N_("有错"),
    "file_name": N_("文件名"),
    "included": N_("是否在内"),
    "kind": N_("类别"),
    "language": N_("语言"),
    "login": N_("登录名"),
    "month": N_("月份"),
    "name": N_("名称"),
    "new": N_("新增"),
    "number": N_("编号"),
    "place": N_("地点"),
    "problems": N_("文件的问题"),
    "role": N_("岗位"),
    "rows": N_("行数"),
    "rows_sha256": N_("各行摘要SHA-256"),
    "same": N_("相同"),
    "sha256": N_("摘要SHA-256"),
    "street": N_("街道"),
    "unit": N_("单位"),
    "valid_from": N_("生效日期"),
    "year": N_("年度"),
}
"""What the details of an event are called; any other keeps its own name."""


@blueprint.get("/log")
@needs("log:read")
def listing() -> str:
    """The events, newest first, filtered as the address says."""
    given = Given(request.args)
    people = {user.login: user for user in event_list.actors()}
    action, actor = given.one_of("action", ACTIONS), given.one_of("actor", people)
    since, until = given.day("since"), given.day("until")
    filters = event_list.Filters(action, people[actor].id if actor else None, since, until)
    page = event_list.listing(
        filters,
        after=given.whole("after", LARGEST_ID),
        before=given.whole("before", LARGEST_ID),
        last=given.yes("last"),
    )
    kept = given.kept("action", "actor", "since", "until")
    pages = Pages.of(page, kept, "log.listing", [event.id for event in page.events])
    return render_template(
        "log/listing.html",
        page=page,
        pages=pages,
        filters=filters,
        narrowed=filters != event_list.Filters(),
        action=action or "",
        actor=actor or "",
        person_choices=[(login, user.name) for login, user in people.items()],
        action_choices=[(code, _(action.sentence)) for code, action in ACTIONS.items()],
        actions=ACTIONS,
        ignored=given.ignored,
        subject=_subject,
        detail=_detail,
    )


def _subject(event: AuditEvent) -> str:
    if event.subject_type is None:
        return ""
    name = _(SUBJECTS[event.subject_type]) if event.subject_type in SUBJECTS else event.subject_type
    return f"{name} {event.subject_id or ''}".strip()


def _detail(value: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            _(DETAILS[name]) if name in DETAILS else name,
            _(ROLES.get(found, found)) if name == "role" and isinstance(found, str) else _plain(found),
        )
        for name, found in value.items()
        if found not in (None, "", {}, [])
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict):
        return "；".join(f"{name}={_plain(found)}" for name, found in value.items())
    if value is None:
        return "–"
    if value == ALWAYS.isoformat():
        return _("自始")
    return str(value) if not isinstance(value, list) else json.dumps(value, ensure_ascii=False)
