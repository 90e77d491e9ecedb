"""The facts of a lead as fields of a form: what each is called, what may be chosen, texts and values both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.errors import Refused
from crm.messages import N_
from crm.models import LEAD_SOURCES, Area, Unit
from crm.money import exact_yi
from crm.services import units
from crm.web.fact_form import LONGEST, NO, READERS, YES, Field
from crm.web.lead_words import SOURCES
from crm.web.parameters import plain
from crm.web.presentation import unit_name

GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        N_("谁要来"),
        (
            Field(
                "name", "text", N_("企业名称，或暂定的项目名称"), N_("像的线索会随着输入列出"), required=True
            ),
            Field("is_company", "flag", N_("上面写的是企业名称吗"), required=True),
            Field("investor", "text", N_("投资方"), N_("与企业不同时填写，如母公司")),
            Field("credit_code", "code", N_("统一社会信用代码"), N_("知道就填，18位")),
        ),
    ),
    (
        N_("从哪里来，下一步"),
        (
            Field("source", "source", N_("线索来源"), required=True),
            Field("source_note", "text", N_("来源说明"), N_("如展会名称、引荐人")),
            Field("next_step", "text", N_("下一步做什么")),
            Field("next_step_on", "day", N_("下一步的日期")),
        ),
    ),
    (
        N_("内容和地点"),
        (
            Field("industry_code", "industry", N_("行业"), N_("代码或名称（GB/T 4754-2017）")),
            Field("intended_investment_fen", "sum", N_("意向投资"), N_("亿元")),
            Field("site_street", "street", N_("意向街道")),
            Field("site_area", "area", N_("意向片区")),
            Field("place", "text", N_("具体位置")),
            Field("note", "text", N_("备注")),
        ),
    ),
)
FIELDS: Mapping[str, Field] = {field.name: field for _title, group in GROUPS for field in group}
FIELD_LABELS = {name: field.label for name, field in FIELDS.items()}

LABELS = FIELD_LABELS | {
    "site_street_id": FIELD_LABELS["site_street"],
    "site_area_id": FIELD_LABELS["site_area"],
    "name": N_("名称"),
    "is_company": N_("是企业名称"),
}
"""What each fact's column is called where a change of it is shown."""

BY_ID = {"street": "site_street_id", "area": "site_area_id"}
"""Kinds of field that name a row, and the fact that is its id."""


@dataclass(frozen=True)
class Choices:
    """What may be chosen: pairs of value and text, for each kind of field, and the rows that some values name."""

    of: Mapping[str, Sequence[tuple[str, str]]]
    ids: Mapping[str, Mapping[str, int]]

    @classmethod
    def of_books(cls) -> Choices:
        """The streets, areas and words of the books: two statements."""
        streets: Sequence[Unit] = [unit for unit in units.all_units() if unit.is_street]
        areas: Sequence[Area] = units.all_areas()
        return cls(
            {
                "street": [(unit.code, unit_name(unit)) for unit in streets],
                "area": [(area.name, area.name) for area in areas],
                "source": [(code, _(SOURCES[code])) for code in LEAD_SOURCES],
                "flag": [(YES, _("是")), (NO, _("还不是，是暂定的项目名称"))],
            },
            {
                "street": {unit.code: unit.id for unit in streets},
                "area": {area.name: area.id for area in areas},
            },
        )

    def text(self, field: Field, value: str) -> str:
        """A field's text as a person reads it."""
        if field.kind == "sum" and value:
            return _("%(yi)s亿元", yi=value)
        return dict(self.of.get(field.kind, ())).get(value, value)

    def named(self, kind: str, key: int | None) -> str:
        """The value that names a row; empty for none."""
        return next((value for value, id_ in self.ids[kind].items() if id_ == key), "")


def sent(values: Mapping[str, str]) -> dict[str, str]:
    """The texts a form sent, without control characters and blanks around them; what it lacks is empty."""
    blank = dict.fromkeys(FIELDS, "") | {"is_company": YES}
    return blank | {name: plain(values[name])[:LONGEST].strip() for name in FIELDS if name in values}


def facts(given: Mapping[str, str], choices: Choices) -> tuple[dict[str, Any], list[Refused]]:
    """The facts that texts name, and everything wrong with the others, each beside its field."""
    found: dict[str, Any] = {}
    wrong: list[Refused] = []
    for name, field in FIELDS.items():
        fact = BY_ID.get(field.kind, name)
        try:
            found[fact] = _value(field, given[name], choices)
        except Refused as problem:
            wrong.append(problem)
    return found, wrong


def texts(known: Mapping[str, Any], choices: Choices) -> dict[str, str]:
    """Facts as the form writes them, each exactly."""
    return {name: _text(field, known[BY_ID.get(field.kind, name)], choices) for name, field in FIELDS.items()}


def _value(field: Field, text: str, choices: Choices) -> Any:
    if field.kind in choices.of:
        known = dict(choices.of[field.kind])
        if text and text not in known:
            message = N_("没有“%(found)s”这个选项；请从列表中选")
            raise Refused(message, field=field.name, found=text)
        if field.kind == "flag":
            return text != NO
        return choices.ids[field.kind].get(text) if field.kind in choices.ids else text or None
    if field.kind == "text":
        return text
    return READERS[field.kind](field, text) if text else None


def _text(field: Field, value: Any, choices: Choices) -> str:
    if field.kind in choices.ids:
        return choices.named(field.kind, value)
    if value is None:
        return ""
    if field.kind == "sum":
        return exact_yi(value)
    if field.kind == "flag":
        return YES if value else NO
    return value.isoformat() if isinstance(value, date) else str(value)
