"""The facts of a project as fields of a form: what each is called, what may be chosen, texts and values both ways."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.errors import Refused
from crm.messages import N_
from crm.models import Area, Industry, Unit
from crm.models.projects import NAMED_MAJOR, ORIGINS
from crm.money import exact_yi, fen_from_yi
from crm.periods import parse_day
from crm.services import industries, projects
from crm.services.attribution import Rulebook
from crm.services.projects import VERSIONED
from crm.sheets.credit_codes import credit_code
from crm.web.parameters import plain
from crm.web.presentation import unit_name, word

YES, NO = "yes", "no"
LONGEST = 1000
"""Characters of a text that are looked at at all."""

DAY_WRONG = N_("“%(found)s”不是日期；请写成2021-05-31的样子")
NOT_SENT = N_("这一项没有收到；请核对后再提交")


@dataclass(frozen=True)
class Field:
    """A fact in a form: `kind` is text, code, industry, unit, street, area, origin, mark, flag, day or sum."""

    name: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False


GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        N_("项目和企业"),
        (
            Field("name", "text", N_("项目名称"), required=True),
            Field("investor", "text", N_("投资企业")),
            Field("credit_code", "code", N_("统一社会信用代码"), N_("18位，末位为校验码")),
            Field(
                "industry_code",
                "industry",
                N_("行业"),
                N_("四位代码或行业名称（GB/T 4754-2017）"),
                required=True,
            ),
            Field("total_investment_fen", "sum", N_("总投资"), N_("亿元，精确到分")),
        ),
    ),
    (
        N_("单位和地点"),
        (
            Field("attracted_by", "unit", N_("招商单位")),
            Field(
                "served_by",
                "unit",
                N_("现服务单位"),
                N_("2020年4月27日账上的服务单位；此后登记的，为登记时的服务单位"),
            ),
            Field("origin", "origin", N_("项目来源"), required=True),
            Field("from_street", "street", N_("原所在街道"), N_("扩产或搬迁的项目填写")),
            Field("site_street", "street", N_("选址街道")),
            Field("site_area", "area", N_("选址片区")),
            Field("statistical_street", "street", N_("统计归属街道")),
            Field("above_scale_industrial", "flag", N_("规上工业"), required=True),
            Field("named_major", "mark", N_("重大项目标记"), N_("只由区商务局设定")),
        ),
    ),
    (
        N_("日期"),
        (
            Field("signed_on", "day", N_("签约日期")),
            Field("construction_started_on", "day", N_("开工日期")),
            Field("completed_on", "day", N_("建成投产日期"), N_("开始生产之日，不是竣工之日")),
        ),
    ),
)
FIELDS: Mapping[str, Field] = {field.name: field for _title, group in GROUPS for field in group}

FIELD_LABELS = {name: field.label for name, field in FIELDS.items()} | {"valid_from": N_("变更生效的日期")}
"""What each field is called where an error leads to it."""

LABELS = {column: FIELDS[column.removesuffix("_id")].label for column in VERSIONED}
"""What each fact's column is called where a change of it is shown."""


@dataclass(frozen=True)
class Choices:
    """What may be chosen: pairs of value and text, for each kind of field."""

    of: Mapping[str, Sequence[tuple[str, str]]]

    @classmethod
    def of_books(cls, book: Rulebook) -> Choices:
        """The units, streets, areas and words of the books."""
        units: Sequence[Unit] = list(book.units.values())
        areas: Sequence[Area] = list(book.areas.values())
        return cls(
            {
                "unit": [(unit.code, unit_name(unit)) for unit in units],
                "street": [(unit.code, unit_name(unit)) for unit in units if unit.is_street],
                "area": [(area.name, area.name) for area in areas],
                "origin": [(code, word(code)) for code in ORIGINS],
                "mark": [(code, word(code)) for code in NAMED_MAJOR],
                "flag": [(YES, _("是")), (NO, _("否"))],
            }
        )

    def text(self, field: Field, value: str) -> str:
        """A field's text as a person reads it; the name of an industry is asked of the database."""
        if field.kind == "sum" and value:
            return _("%(yi)s亿元", yi=value)
        if field.kind == "industry" and value:
            known = industries.industry(value)
            return f"{known.code} {known.name}" if known else value
        return dict(self.of.get(field.kind, ())).get(value, value)


def is_day(text: str) -> bool:
    """Can a date input show this text? Empty ones it can; what is no day is shown as it was typed."""
    try:
        return not text or bool(parse_day(text))
    except ValueError:
        return False


def texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts by their names as the form writes them, each exactly."""
    return {name: _text(field, facts[name]) for name, field in FIELDS.items()}


def texts_of(version: Any, book: Rulebook) -> dict[str, str]:
    """A version of a project's facts as the form writes them."""
    return texts(projects.named({column: getattr(version, column) for column in VERSIONED}, book))


def _text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.kind == "sum":
        return exact_yi(value)
    if field.kind == "flag":
        return YES if value else NO
    return value.isoformat() if isinstance(value, date) else str(value)


def sent(values: Mapping[str, str]) -> dict[str, str]:
    """The texts a form sent, without control characters and blanks around them; what it lacks is left out."""
    return {name: plain(values[name])[:LONGEST].strip() for name in FIELDS if name in values}


def facts(given: Mapping[str, str], choices: Choices) -> tuple[dict[str, Any], list[Refused]]:
    """The facts that texts name, and everything wrong with the others, each beside its field."""
    found: dict[str, Any] = {}
    wrong: list[Refused] = []
    for name, field in FIELDS.items():
        if name not in given:
            wrong.append(Refused(NOT_SENT, field=name))
            continue
        try:
            found[name] = _value(field, given[name], choices)
        except Refused as problem:
            wrong.append(problem)
    return found, wrong


def _value(field: Field, text: str, choices: Choices) -> Any:
    if field.kind in choices.of:
        known = dict(choices.of[field.kind])
        if text and text not in known:
            message = N_("没有“%(found)s”这个选项；请从列表中选")
            raise Refused(message, field=field.name, found=text)
        if not text and field.required:
            raise Refused(N_("请选择一项"), field=field.name)
        return text == YES if field.kind == "flag" else text or None
    return READERS[field.kind](field, text) if text else _nothing(field)


def _nothing(field: Field) -> None:
    # an empty name is refused with the books' own words
    if field.required and field.kind != "text":
        raise Refused(N_("请填写这一项"), field=field.name)


def _day(field: Field, text: str) -> date:
    try:
        return parse_day(text)
    except ValueError:
        raise Refused(DAY_WRONG, field=field.name, found=text) from None


def _sum(field: Field, text: str) -> int:
    try:
        return fen_from_yi(unicodedata.normalize("NFKC", text).replace(",", ""))
    except ValueError:
        wrong = N_("“%(found)s”不是金额；请填不小于0的数字，单位亿元，精确到分")
        raise Refused(wrong, field=field.name, found=text) from None


def _code(field: Field, text: str) -> str:
    code = credit_code(text)
    if code is None:
        wrong = N_("“%(found)s”不是有效的统一社会信用代码（18位，末位校验）")
        raise Refused(wrong, field=field.name, found=text)
    return code


def _industry(field: Field, text: str) -> str:
    """A code stands; a name is looked up among the classes."""
    first = text.split()[0]
    if first.isascii() and first.isdecimal():
        return first
    named: Industry | None = industries.class_named(text)
    if named is None:
        wrong = N_("没有名为“%(found)s”的行业小类；请按代码填写，或先查行业代码")
        raise Refused(wrong, field=field.name, found=text)
    return named.code


READERS: Mapping[str, Callable[[Field, str], Any]] = {
    "text": lambda _field, text: text,
    "code": _code,
    "industry": _industry,
    "day": _day,
    "sum": _sum,
}
