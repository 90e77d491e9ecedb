"""What facts must be like before the books take them, whoever brings them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import Unit
from crm.money import LARGEST_FEN
from crm.services import industries
from crm.sheets.credit_codes import credit_code
from crm.sheets.registry import LONGEST
from crm.sheets.vocabulary import MARKS, ORIGINS

STREETS = ("from_street", "site_street", "statistical_street")
DAYS = (
    ("signed_on", N_("签约日期")),
    ("construction_started_on", N_("开工日期")),
    ("completed_on", N_("建成投产日期")),
)


def check(values: Mapping[str, Any], units: Mapping[int, Unit]) -> None:
    """Raises Refused, or Refusals where there are several, for a version of a project's facts that no registry
    could have held; `values` are its columns.
    """
    refuse(problems(values, units))


def refuse(found: Sequence[Refused]) -> None:
    """Raises what was found: nothing, one refusal, or all of them together."""
    if len(found) == 1:
        raise found[0]
    if found:
        raise Refusals(found)


def problems(values: Mapping[str, Any], units: Mapping[int, Unit]) -> list[Refused]:
    """Everything wrong with a version of a project's facts, each with its field.

    It has a name, an industry of a known division, a unit in the books, streets that are streets, known origin and
    mark, a day and days in order, a valid credit code where it has one, and a sum that is none below zero.
    """
    return [*_identity(values), *_units(values, units), *_choices(values), *_sum(values), *_days(values)]


def _identity(values: Mapping[str, Any]) -> Iterator[Refused]:
    if not values["name"]:
        yield Refused(N_("项目名称是空的"), field="name")
    for fact, most in (("name", LONGEST["项目名称"]), ("investor", LONGEST["投资企业"])):
        if len(values[fact] or "") > most:
            message = N_("长度%(found)s字，最多%(most)s字")
            yield Refused(message, field=fact, found=len(values[fact]), most=most)
    code = values["credit_code"]
    if code is not None and credit_code(code) != code:
        wrong = N_("“%(found)s”不是有效的统一社会信用代码（18位，末位校验）")
        yield Refused(wrong, field="credit_code", found=code)
    industry = values["industry_code"] or ""
    if not (len(industry) == 4 and industry.isascii() and industry.isdecimal()):
        wrong = N_("“%(found)s”不是四位数字的行业代码（GB/T 4754-2017）")
        yield Refused(wrong, field="industry_code", found=industry)
    elif industries.industry(industry[:2]) is None:
        wrong = N_("行业代码“%(found)s”的前两位不是GB/T 4754-2017的大类")
        yield Refused(wrong, field="industry_code", found=industry)


def _units(values: Mapping[str, Any], units: Mapping[int, Unit]) -> Iterator[Refused]:
    if not (values["attracted_by_id"] or values["served_by_id"]):
        yield Refused(N_("招商单位和现服务单位都是空的；至少填一个"), field="attracted_by")
    for fact in STREETS:
        street = values[f"{fact}_id"]
        if street is not None and units[street].kind != "street":
            yield Refused(N_("没有名为“%(found)s”的街道"), field=fact, found=units[street].name)


def _choices(values: Mapping[str, Any]) -> Iterator[Refused]:
    for fact, choices in (
        ("origin", ORIGINS.values()),
        ("named_major", (None, *MARKS.values())),
        ("above_scale_industrial", (True, False)),
    ):
        if values[fact] not in choices:
            known = "、".join(map(str, choices))
            wrong = N_("填的是“%(found)s”；只能填%(choices)s")
            yield Refused(wrong, field=fact, found=values[fact], choices=known)


def _sum(values: Mapping[str, Any]) -> Iterator[Refused]:
    fen = values["total_investment_fen"]
    if fen is not None and not 0 <= fen <= LARGEST_FEN:
        wrong = N_("“%(found)s”不是金额；请填不小于0的数字，单位亿元")
        yield Refused(wrong, field="total_investment_fen", found=fen)


def _days(values: Mapping[str, Any]) -> Iterator[Refused]:
    given = [(values[column], column, label) for column, label in DAYS if values[column] is not None]
    if not given:
        yield Refused(N_("签约、开工、建成投产日期都是空的；至少填一个"), field="signed_on")
    for (earlier, _, _), (later, column, label) in pairwise(given):
        if later < earlier:
            message = N_("%(label)s%(day)s早于前一个日期%(earlier)s")
            yield Refused(message, field=column, label=label, day=later, earlier=earlier)
