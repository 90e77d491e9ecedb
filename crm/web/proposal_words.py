"""Proposals in words: what each kind is called, what it is about, what its values mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.extensions import language
from crm.messages import N_
from crm.models import Unit
from crm.services import proposal_kinds
from crm.services.policy import DAYS, PERCENT, SETTINGS, Setting
from crm.services.proposal_kinds import NOBODY
from crm.web.presentation import days, figure, unit_name
from crm.web.reading_words import questions

KIND_NAMES = {
    "reading": N_("文件理解口径"),
    "adjudicator": N_("裁定机关"),
    "plate": N_("板块"),
    "setting": N_("本区参数"),
    "succession": N_("单位承继"),
}

STATE_NAMES = {
    "open": (N_("待确认"), "warning"),
    "confirmed": (N_("已确认"), "success"),
    "declined": (N_("不同意"), "error"),
    "withdrawn": (N_("已撤回"), "quiet"),
}
"""What each state is called, and the kind of mark it gets."""

JOB_STATES = {
    "queued": N_("重新判定全部项目：排队中，尚未开始。在此之前各页面仍是原来的归属。"),
    "running": N_("正在重新判定全部项目。完成以前，部分页面仍是原来的归属。"),
    "done": N_("全部项目已按新规定重新判定。"),
    "failed": N_("重新判定没有完成，请联系系统管理员。各页面可能仍是原来的归属。"),
    "cancelled": N_("重新判定被取消，请联系系统管理员。各页面可能仍是原来的归属。"),
}
"""How far the registry is after a confirmation."""

ANCHORS = {"reading": "readings", "adjudicator": "ground", "plate": "ground", "succession": "ground"}
"""Where on the rulebook's page each kind stands."""


def address(kind: str, payload: Mapping[str, Any]) -> str:
    """The page on which what a change is about can be read, at its place."""
    if kind == "setting":
        return url_for("settings.listing", _anchor=payload["key"])
    return url_for("rulebook.notice", _anchor=payload.get("code") or ANCHORS[kind])


def title(kind: str, payload: Mapping[str, Any], codes: Mapping[str, Unit]) -> str:
    """What a change is about."""
    if kind == "reading":
        found = questions().get(payload["code"])
        return f"{payload['code']} {found.text if found else ''}".strip()
    if kind == "plate":
        place = proposal_kinds.places().get(payload["place"])
        office = unit_name(codes.get(payload["office"]))
        return str(_("%(office)s的板块：%(place)s", office=office, place=unit_name(place)))
    if kind == "succession":
        return str(_("%(unit)s由谁承继", unit=unit_name(codes.get(payload["unit"]))))
    if kind == "setting":
        setting = SETTINGS.get(payload["key"])
        return str(_(setting.name)) if setting else payload["key"]
    return str(_(KIND_NAMES[kind]))


def value(kind: str, payload: Mapping[str, Any], found: str, codes: Mapping[str, Unit]) -> str:
    """What one of its values means."""
    if kind == "reading":
        question = questions().get(payload["code"])
        return question.meaning(found) if question and found else str(_("从未设定，按内置的第一项"))
    if kind == "plate":
        return str(_("在板块以内") if found == "in" else _("不在板块以内"))
    if kind == "setting":
        return _setting_value(payload["key"], found)
    return str(_("没有")) if found in (NOBODY, "") else unit_name(codes.get(found))


def _setting_value(key: str, found: str) -> str:
    setting = SETTINGS.get(key)
    if setting is None:
        return found
    if found:
        return amount(setting, found)
    return str(_("本区未定，按默认值%(value)s", value=amount(setting, setting.default)))


def amount(setting: Setting, value: int | str) -> str:
    """A setting's value with its unit: 90天, 85%, 10倍."""
    number = int(value)
    if setting.unit == DAYS:
        return days(number)
    between = "" if setting.unit == PERCENT or language() == "zh" else " "
    return f"{figure(number)}{between}{_(setting.unit)}"
