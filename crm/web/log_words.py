"""How the log says what it holds: subjects, details, groups of actions. It says numbers, and nothing of a project."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _

from crm.actions import ACTIONS
from crm.messages import N_
from crm.models import AuditEvent
from crm.periods import ALWAYS
from crm.web.company_words import FIELDS
from crm.web.fact_form import LABELS as PROJECT_LABELS
from crm.web.lead_form import LABELS as LEAD_LABELS
from crm.web.presentation import ROLES

SUBJECTS = {
    "adjudicator_terms": N_("裁定机关"),
    "areas": N_("片区"),
    "books": N_("账套"),
    "enterprises": N_("企业"),
    "imports": N_("导入"),
    "jobs": N_("后台任务"),
    "leads": N_("线索"),
    "projects": N_("项目"),
    "proposals": N_("修改建议"),
    "reading_terms": N_("口径"),
    "setting_terms": N_("本区参数"),
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
    "address": N_("网络地址"),
    "attempt": N_("第几次核对"),
    "before": N_("变更前"),
    "business_day": N_("业务日期"),
    "changed": N_("更新"),
    "choice": N_("取值"),
    "clause": N_("条款"),
    "code": N_("代码"),
    "contact": N_("联系人"),
    "digest": N_("摘要SHA-256"),
    "effective_from": N_("生效日期"),
    "entries": N_("条数"),
    "errors": N_("有错"),
    "file_name": N_("文件名"),
    "filters": N_("条件"),
    "first": N_("首个项目"),
    "format": N_("格式"),
    "included": N_("是否在内"),
    "key": N_("参数"),
    "kind": N_("类别"),
    "language": N_("语言"),
    "last": N_("末个项目"),
    "list": N_("清单"),
    "login": N_("登录名"),
    "month": N_("月份"),
    "name": N_("名称"),
    "new": N_("新增"),
    "note": N_("说明"),
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
    "value": N_("取值"),
    "year": N_("年度"),
}
"""What the details of an event are called; any other keeps its own name."""

NOT_TOLD = ("projects", "leads", "enterprises")
"""What the log names by its number alone, because who reads the log may not read it."""

TOLD_OF_PROJECTS = frozenset(
    {
        "action", "attempt", "changed", "contact", "errors", "format", "kind", "language", "month", "new", "number", "rows",
        "rows_sha256", "same", "sha256", "valid_from", "version",
    }
)  # fmt: skip
"""The details of an event about one of them that are shown as they are."""

LABELS = LEAD_LABELS | PROJECT_LABELS

SIGN_INS = "sign_in"
REVEALED = "revealed"

SPECIAL = {
    SIGN_INS: (N_("登录情况"), ("signed_in", "sign_in_failed", "signed_out", "locked_out", "sessions_ended")),
    REVEALED: (N_("导出和打印"), ("exported", "printed", "read", "downloaded")),
}
"""Groups that are told by how a code ends."""

GROUPS = {
    "lead": N_("线索"),
    "project": N_("项目"),
    "company": N_("企业"),
    "contact": N_("联系人"),
    "import": N_("导入"),
    "attribution": N_("归属"),
    "user": N_("账号"),
    "unit": N_("单位"),
    "street": N_("街道"),
    "area": N_("片区"),
    "plate": N_("板块"),
    "reading": N_("口径"),
    "adjudicator": N_("裁定机关"),
    "setting": N_("本区参数"),
    "proposal": N_("修改建议"),
    "target": N_("目标任务"),
    "month": N_("月份"),
    "brief": N_("简报"),
    "books": N_("账套"),
    "job": N_("后台任务"),
    "attachment": N_("附件"),
    "log": N_("日志"),
}
"""Groups that are told by how a code begins."""


def groups() -> list[tuple[str, str]]:
    """Code and name of every group of actions."""
    return [(code, _(name)) for code, (name, _ends) in SPECIAL.items()] + [
        (code, _(name)) for code, name in GROUPS.items()
    ]


def actions_of(group: str | None) -> tuple[str, ...] | None:
    """The codes of a group; None where there is no group."""
    if group is None:
        return None
    if group in SPECIAL:
        ends = SPECIAL[group][1]
        return tuple(code for code in ACTIONS if code.split(".")[1] in ends)
    return tuple(code for code in ACTIONS if code.split(".")[0] == group)


def action(code: str) -> str:
    """What an action is called."""
    return _(ACTIONS[code].sentence) if code in ACTIONS else code


def subject(event: AuditEvent) -> str:
    """What the event is about, by kind and number: the log names no project."""
    if event.subject_type is None:
        return ""
    name = _(SUBJECTS[event.subject_type]) if event.subject_type in SUBJECTS else event.subject_type
    return f"{name} {event.subject_id or ''}".strip()


def detail(event: AuditEvent) -> list[tuple[str, str]]:
    """Name and text of each detail. Of a project, lead or enterprise only what tells one change from another, never a fact itself: who
    reads the log may not read them.
    """
    found = []
    for name, value in event.detail.items():
        if value in (None, "", {}, []):
            continue
        if event.subject_type in NOT_TOLD and name not in TOLD_OF_PROJECTS:
            value = _columns(value) if name in ("before", "after") else _("（不在日志中显示）")
            if name == "before" and "after" in event.detail:
                continue
        elif name == "role" and isinstance(value, str):
            value = _(ROLES.get(value, value))
        label = (
            _("变更的内容") if isinstance(value, _Columns) else _(DETAILS[name]) if name in DETAILS else name
        )
        found.append((label, _plain(value)))
    return found


_FIELDS = {
    **{name: field.label for name, field in FIELDS.items()},
    "parent_id": FIELDS["parent"].label,
    **LABELS,
}


class _Columns(str):
    """The names of what changed, without what it was."""


def _columns(value: Any) -> _Columns:
    names = value if isinstance(value, dict) else {}
    return _Columns("、".join(_(_FIELDS[name]) if name in _FIELDS else name for name in names))


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
