"""What a lead is made of, and everything that can be wrong with it, whoever brings it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from crm import clock
from crm.errors import Refused
from crm.messages import N_
from crm.models import LEAD_SOURCES, Lead
from crm.money import LARGEST_FEN
from crm.services import industries, units
from crm.sheets.credit_codes import credit_code

FACTS = (
    "name",
    "is_company",
    "credit_code",
    "investor",
    "source",
    "source_note",
    "industry_code",
    "intended_investment_fen",
    "site_street_id",
    "site_area_id",
    "place",
    "next_step",
    "next_step_on",
    "note",
)
"""What is entered of a lead; the credit code is the enterprise's."""

TEXTS = {"name": 200, "investor": 200, "source_note": 100, "place": 200, "next_step": 200, "note": 1000}
"""Each text and how many characters it may have."""

LATEST = timedelta(days=3 * 366)
"""How far off the next step may be."""


def facts_of(lead: Lead) -> dict[str, Any]:
    """The facts as the books have them."""
    found = {fact: getattr(lead, fact) for fact in FACTS if fact != "credit_code"}
    return found | {"credit_code": lead.enterprise.credit_code if lead.enterprise else None}


def problems(
    facts: Mapping[str, Any], known: Mapping[str, Any] | None = None, unread: Collection[str] = ()
) -> list[Refused]:
    """Everything wrong with the facts of a lead, each with its field; `known` are those it has already.

    A name and a source, texts that are not too long, a valid credit code, an industry of the standard, a street and an
    area of it, a sum that is none below zero, and a next step with its day. Nothing is said of fields in `unread`.
    """
    found = [*_texts(facts), *_choices(facts), *_place(facts, known or {}), *_next_step(facts, known or {})]
    return [problem for problem in found if problem.field not in unread]


def _texts(facts: Mapping[str, Any]) -> Iterator[Refused]:
    if not facts.get("name"):
        yield Refused(N_("请填写企业名称，或暂定的项目名称"), field="name")
    for fact, most in TEXTS.items():
        length = len(facts.get(fact) or "")
        if length > most:
            yield Refused(N_("长度%(found)s字，最多%(most)s字"), field=fact, found=length, most=most)


def _choices(facts: Mapping[str, Any]) -> Iterator[Refused]:
    if facts.get("source") not in LEAD_SOURCES:
        yield Refused(N_("请选择线索来源"), field="source")
    code = facts.get("credit_code")
    if code and credit_code(code) != code:
        wrong = N_("“%(found)s”不是有效的统一社会信用代码（18位，末位校验）")
        yield Refused(wrong, field="credit_code", found=code)
    industry = facts.get("industry_code")
    if industry and industries.industry(industry) is None:
        wrong = N_("GB/T 4754-2017里没有代码为“%(found)s”的行业；请写名称或代码，从提示中选")
        yield Refused(wrong, field="industry_code", found=industry)
    fen = facts.get("intended_investment_fen")
    if fen is not None and not 0 <= fen <= LARGEST_FEN:
        wrong = N_("“%(found)s”不是金额；请填不小于0的数字，单位亿元")
        yield Refused(wrong, field="intended_investment_fen", found=fen)


def _place(facts: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Refused]:
    street, area = facts.get("site_street_id"), facts.get("site_area_id")
    if (street, area) in ((None, None), (known.get("site_street_id"), known.get("site_area_id"))):
        return
    if street is not None and street not in {one.id for one in units.active_streets(clock.today())}:
        yield Refused(N_("请从列表中选择街道"), field="site_street")
    if area is None:
        return
    areas = {one.id: lies_in for one, lies_in in units.active_areas(clock.today()).items()}
    if area not in areas:
        yield Refused(N_("请从列表中选择片区"), field="site_area")
    elif street is not None and areas[area] not in (None, street):
        yield Refused(N_("这个片区不在所选街道"), field="site_area")


def _next_step(facts: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Refused]:
    step, day = facts.get("next_step"), facts.get("next_step_on")
    if step and day is None:
        yield Refused(N_("请填写下一步的日期"), field="next_step_on")
    if day is not None and not step:
        yield Refused(N_("请写明下一步做什么"), field="next_step")
    if day is None or day == known.get("next_step_on"):
        return
    today: date = clock.today()
    if day < today:
        yield Refused(N_("下一步的日期%(day)s已经过去；请填今天或以后的日期"), field="next_step_on", day=day)
    elif day > today + LATEST:
        yield Refused(N_("下一步的日期%(day)s太远；请填三年以内的日期"), field="next_step_on", day=day)
