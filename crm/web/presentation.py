"""How values look on a page: days, instants, sums, names of units in the language of the page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.units import format_unit
from flask import Flask, current_app, session
from flask_babel import format_date, get_translations, gettext
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from crm import clock, money
from crm.extensions import LANGUAGES, language, sentences
from crm.messages import N_
from crm.models import Area, Books, Unit, User
from crm.periods import Month
from crm.permissions import allowed
from crm.rules.explanation import RESPONSIBILITY_NAMES, RULE_NAMES, STATUS_NAMES, WORDS
from crm.services import books
from crm.web.addresses import here

THEMES = {"auto": N_("随系统"), "light": N_("浅色"), "dark": N_("深色")}
"""The appearances a person can choose between."""

ROLES = {
    "staff": N_("经办员"),
    "unit_head": N_("单位负责人"),
    "reviewer": N_("审核员"),
    "bureau_head": N_("商务局负责人"),
    "leader": N_("区领导"),
    "working_group": N_("工作专班"),
    "administrator": N_("系统管理员"),
    "auditor": N_("审计员"),
}
"""What each role is called."""

NO_POST = N_("无在任岗位")

SHORT_NAMES = {
    "attraction": N_("招商"),
    "landing": N_("落地"),
    "enterprise_service": N_("服务"),
    "indicators": N_("指标"),
    "policy_delivery": N_("兑现"),
    "work_safety": N_("安全"),
}
"""What each responsibility is called where there is little room."""

UNIT_KINDS = {"office": N_("产业办"), "street": N_("街道"), "department": N_("部门")}

STAGES = {
    "signed": N_("已签约"),
    "construction_started": N_("已开工"),
    "completed": N_("已建成投产"),
}
"""How far a project has come on a day."""


def init(app: Flask) -> None:
    """Makes the filters and names that every template may use."""
    app.jinja_env.filters |= {
        "day": day,
        "long_day": long_day,
        "month_name": month_name,
        "instant": instant,
        "instant_text": instant_text,
        "yi": money.yi,
        "wan": money.wan,
        "figure": figure,
        "days": days,
        "unit_name": unit_name,
        "unit_class": unit_class,
        "responsibility": lambda code: gettext(RESPONSIBILITY_NAMES[str(code)]),
        "short_responsibility": lambda code: gettext(SHORT_NAMES[str(code)]),
        "status": lambda code: gettext(STATUS_NAMES[str(code)]),
        "rule": lambda code: gettext(RULE_NAMES[str(code)]),
        "stage": lambda code: gettext(STAGES[code]),
        "role": lambda code: gettext(ROLES[code] if code else NO_POST),
        "unit_kind": lambda code: gettext(UNIT_KINDS[code]),
        "word": word,
    }
    app.jinja_env.globals |= {
        "LANGUAGES": LANGUAGES,
        "THEMES": THEMES,
        "said": said,
        "many": many,
    }
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_about_this_request)


def _about_this_request() -> dict[str, Any]:
    return {
        "_": sentences(),
        "language": language(),
        "theme": theme(),
        "may": lambda permission: allowed(_person(), permission),
        "open_books": open_books,
        "has_endpoint": lambda name: name in current_app.view_functions,
        "here": here(),
        "today": clock.today,
    }


def open_books() -> Books | None:
    """The books as the banner shows them; none where the database cannot be asked."""
    try:
        return books.books()
    except SQLAlchemyError:
        return None


def theme() -> str:
    """The appearance chosen in this session; `auto` follows the person's system."""
    chosen = session.get("theme")
    return chosen if chosen in THEMES else "auto"


def day(value: date | None) -> Markup:
    """A day as 2021-06-03, marked up for machines; nothing for none."""
    if value is None:
        return Markup("")
    written = value.isoformat()
    return Markup(f'<time datetime="{written}">{written}</time>')


def long_day(value: date) -> str:
    """A day as a sentence has it: 2021年6月3日, 3 June 2021."""
    if language() == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return format_date(value, "d MMMM y")


def month_name(value: Month) -> str:
    """A month as a sentence has it: 2021年5月, May 2021."""
    if language() == "zh":
        return f"{value.year}年{value.month}月"
    return format_date(value.first, "MMMM y")


def instant(value: datetime) -> Markup:
    """An instant by the clock on a wall in the district, to the minute."""
    machine = clock.shanghai(value).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, instant_text(value))


def instant_text(value: datetime) -> str:
    """The same where no mark-up can stand."""
    return clock.shanghai(value).strftime("%Y-%m-%d %H:%M")


def figure(value: int) -> str:
    """A count with grouped thousands."""
    return f"{value:,}"


def many(message: str, count: int, **values: Any) -> Markup:
    """A sentence with a count in it, as the language of this request says it of one and of many; Chinese says both alike."""
    return Markup(get_translations().ngettext(message, message, count)) % {"count": figure(count), **values}


def days(count: int) -> str:
    """A count of days: 1天, 1 day, 30 days."""
    if language() == "zh":
        return f"{figure(count)}天"
    return format_unit(count, "duration-day", locale=language())


def unit_name(unit: Unit | Area | None) -> str:
    """A unit's short name in the language of the page, an area's own; nothing for none."""
    if unit is None:
        return ""
    if isinstance(unit, Unit) and language() == "en":
        return unit.name_en
    return unit.name


def unit_class(unit: Unit) -> str:
    """The classes that give a unit its colour: its own, and its kind's where it has none of its own."""
    return f"unit-kind-{unit.kind} unit-{unit.code.replace('_', '-')}"


def word(identifier: str | None) -> str:
    """What an identifier of origin or of a mark is called; nothing for none."""
    return gettext(WORDS[identifier]) if identifier in WORDS else (identifier or "")


def said(message: object, values: dict[str, Any] | None = None) -> str:
    """A stored message in the language of the page, its placeholders filled; values that are messages too."""
    text = gettext(str(message))
    if not values:
        return text
    return text % {name: gettext(v) if isinstance(v, str) and v else v for name, v in values.items()}


def _person() -> User | None:
    return current_user if current_user.is_authenticated else None
