"""What the notices leave to the district: each setting has a default, and from a day on what the district has set.

See practice.md of the domain notes: a setting that the district never set is marked 本区未定 wherever it shows. A change
never rewrites a closed month, nor a clock that is running: who starts one keeps the day it ends on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import SettingTerm, User, as_of, terms
from crm.services import history


@dataclass(frozen=True)
class Setting:
    """One thing the district may set: a whole number between two others."""

    key: str
    name: str
    unit: str
    default: int
    least: int
    most: int
    published: str
    """What is published elsewhere, as a message id; empty where nothing is."""

    @property
    def about(self) -> str:
        """What it decides, as a message id."""
        return ABOUT[self.key]


DAYS, PERCENT, LEADS, TIMES, YI = N_("天"), "%", N_("条"), N_("倍"), N_("亿元")

JIANGMEN = N_("江门2024：1天内响应，3天内研判（重大项目1周），1周内反馈，每2周报告一次")
GUANGZHOU = N_("广州：1个月没有进展的线索，可以转给其他区")
INACTIVITY = N_("某开发区2026年方案：策划45天，在谈30天，签约20天，落地15天")
LEVELS = N_("某开发区2026年方案：四级查重")

SETTINGS: dict[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("response_days", N_("响应时限"), DAYS, 1, 1, 30, JIANGMEN),
        Setting("triage_days", N_("研判时限"), DAYS, 3, 1, 60, JIANGMEN),
        Setting("feedback_days", N_("反馈时限"), DAYS, 7, 1, 90, JIANGMEN),
        Setting("report_days", N_("报告间隔"), DAYS, 14, 1, 180, JIANGMEN),
        Setting("protection_days", N_("首谈保护期"), DAYS, 90, 1, 730, GUANGZHOU),
        Setting("notice_days", N_("保护期满前提醒"), DAYS, 7, 1, 90, INACTIVITY),
        Setting("negotiating_days", N_("在谈无进展提醒"), DAYS, 30, 1, 365, INACTIVITY),
        Setting("signed_days", N_("签约后无进展提醒"), DAYS, 15, 1, 365, INACTIVITY),
        Setting("landed_days", N_("落地后无进展提醒"), DAYS, 20, 1, 365, INACTIVITY),
        Setting("answer_days", N_("流转答复时限"), DAYS, 7, 1, 90, ""),
        Setting("transfer_due_days", N_("应划转后提出的时限"), DAYS, 30, 1, 365, ""),
        Setting("transfer_fill_days", N_("填写移交清单的时限"), DAYS, 10, 1, 180, ""),
        Setting("transfer_sign_days", N_("承接单位签字的时限"), DAYS, 7, 1, 180, ""),
        Setting("transfer_confirm_days", N_("商务局确认划转的时限"), DAYS, 7, 1, 180, ""),
        Setting("claims_most", N_("一个单位最多同时承接的公共池线索"), LEADS, 10, 1, 1_000, ""),
        Setting("alike_percent", N_("名称相近（三级）"), PERCENT, 85, 50, 100, LEVELS),
        Setting("similar_percent", N_("名称有些相近（四级）"), PERCENT, 60, 40, 100, LEVELS),
        Setting("unusual_times", N_("签约金额达到中位数的多少倍算异常"), TIMES, 10, 2, 1_000, ""),
    )
}
"""Key → the setting, in the order of the page."""

ABOUT = {
    "response_days": N_("线索到单位后，几天内要登记第一次联系，电话也算"),
    "triage_days": N_("提交研判后，商务局几天内要作出结论"),
    "feedback_days": N_("线索到单位后，几天内要登记第一次进展，电话不算"),
    "report_days": N_("有了进展以后，每隔几天要再登记一次进展"),
    "protection_days": N_("首谈单位受保护的天数，每次进展后重新起算；说明理由可延长一次，期满进入公共池"),
    "notice_days": N_("保护期满前几天开始提醒"),
    "negotiating_days": N_("在谈线索几天没有进展就提醒"),
    "signed_days": N_("签约后几天没有进展就提醒"),
    "landed_days": N_("落地后几天没有进展就提醒"),
    "answer_days": N_("对方单位几天内要答复流转或合作"),
    "transfer_due_days": N_("应属与实属不一致后，几天内要提出划转；过了时限由系统提出"),
    "transfer_fill_days": N_("提出划转后，移交单位几天内要填好移交清单并签字"),
    "transfer_sign_days": N_("收到移交清单后，承接单位几天内要签字或退回"),
    "transfer_confirm_days": N_("双方签字后，商务局几天内要确认"),
    "claims_most": N_("从公共池承接、尚未办结的线索，一个单位最多同时有几条"),
    "alike_percent": N_("名称相似度达到多少、投资方相同，算三级疑似重复"),
    "similar_percent": N_("名称相似度达到多少，算四级疑似重复"),
    "unusual_times": N_("签约金额达到近期中位数的几倍，提醒商务局"),
}
"""Key → what the setting decides."""

IN_ORDER = (("similar_percent", "alike_percent"), ("notice_days", "protection_days"))
"""Pairs of settings of which the first must be less than the second, on every day."""


@dataclass(frozen=True)
class Policy:
    """The settings of one day."""

    terms: Mapping[str, SettingTerm]
    """What the district has set, by key."""

    def __getitem__(self, key: str) -> int:
        """The value that holds; raises KeyError for no setting."""
        setting = SETTINGS[key]
        return int(self.terms[key].value) if key in self.terms else setting.default

    def is_set(self, key: str) -> bool:
        """Has the district set it? Otherwise the default holds, marked 本区未定."""
        return key in self.terms


def on(day: date | None = None, known: datetime | None = None) -> Policy:
    """The settings of a day (none: today), as known at an instant: one statement."""
    terms = db.session.scalars(as_of(SettingTerm, day or clock.today(), known))
    return Policy({term.key: term for term in terms})


def set_value(key: str, value: int, *, basis: str, valid_from: date, actor: User | None) -> SettingTerm:
    """From a day on the district has set this.

    Raises Refused for no setting, for a value out of its bounds, and for one that clashes with another setting.
    """
    if key not in SETTINGS:
        raise Refused(N_("没有这项设置"), field="key")
    setting = SETTINGS[key]
    if not setting.least <= value <= setting.most:
        message = N_("请填%(least)s至%(most)s之间的整数")
        raise Refused(message, field="value", least=setting.least, most=setting.most)
    refused = clash(key, value, valid_from)
    if refused is not None:
        raise refused
    term = SettingTerm(key=key, value=str(value), basis=basis, valid_from=valid_from)
    db.session.add(term)
    db.session.flush()
    history.record("setting.set", term, actor=actor, key=key, value=value, valid_from=valid_from)
    return term


def all_terms(known: datetime | None = None) -> dict[str, list[SettingTerm]]:
    """Key → everything the district ever set of it, as known at an instant, in order of first days: one statement.

    Of rows with one first day the last counts.
    """
    found: dict[str, list[SettingTerm]] = {}
    for term in db.session.scalars(terms(SettingTerm, known)):
        found.setdefault(term.key, []).append(term)
    return found


def held(terms_of_it: Sequence[SettingTerm], day: date) -> SettingTerm | None:
    """Of the rows of one setting the one that holds on a day; none before the first."""
    return next((term for term in reversed(terms_of_it) if term.valid_from <= day), None)


def clash(key: str, value: int, valid_from: date) -> Refused | None:
    """Why this value cannot hold from a day on beside what other settings are then, or will be; none where it can."""
    known = all_terms()
    days = [term.valid_from for rows in known.values() for term in rows]
    ends = min((term.valid_from for term in known.get(key, []) if term.valid_from > valid_from), default=None)
    later = sorted(day for day in days if valid_from < day and (ends is None or day < ends))
    for lesser, greater in IN_ORDER:
        if key not in (lesser, greater):
            continue
        other = greater if key == lesser else lesser
        for day in (valid_from, *later):
            term = held(known.get(other, []), day)
            standing = int(term.value) if term else SETTINGS[other].default
            if (value >= standing) if key == lesser else (standing >= value):
                message = N_("“%(lesser)s”须小于“%(greater)s”，而从%(day)s起“%(other)s”是%(standing)s")
                return Refused(
                    message,
                    field="value",
                    lesser=SETTINGS[lesser].name,
                    greater=SETTINGS[greater].name,
                    day=day.isoformat(),
                    other=SETTINGS[other].name,
                    standing=standing,
                )
    return None
