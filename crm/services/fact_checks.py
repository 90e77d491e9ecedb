"""What facts must be like before the books take them, whoever brings them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from crm.errors import Refused
from crm.messages import N_
from crm.models import Unit
from crm.sheets.vocabulary import MARKS, ORIGINS

STREETS = ("from_street", "site_street", "statistical_street")
DAYS = (
    ("signed_on", N_("签约日期")),
    ("construction_started_on", N_("开工日期")),
    ("completed_on", N_("建成投产日期")),
)


def check(values: Mapping[str, Any], units: Mapping[int, Unit]) -> None:
    """Raises Refused where a version of a project's facts is none that a registry could have held.

    `values` are its columns: a name, a unit in the books, streets that are streets, known origin and mark, a day and
    days in order, a sum that is none below zero.
    """
    if not values["name"]:
        raise Refused(N_("项目名称是空的"), field="name")
    if not (values["attracted_by_id"] or values["served_by_id"]):
        raise Refused(N_("招商单位和现服务单位都是空的；至少填一个"), field="attracted_by")
    for fact in STREETS:
        street = values[f"{fact}_id"]
        if street is not None and units[street].kind != "street":
            raise Refused(N_("没有名为“%(found)s”的街道"), field=fact, found=units[street].name)
    for fact, choices in (
        ("origin", ORIGINS.values()),
        ("named_major", (None, *MARKS.values())),
        ("above_scale_industrial", (True, False)),
    ):
        if values[fact] not in choices:
            known = "、".join(map(str, choices))
            raise Refused(
                N_("填的是“%(found)s”；只能填%(choices)s"), field=fact, found=values[fact], choices=known
            )
    fen = values["total_investment_fen"]
    if fen is not None and fen < 0:
        wrong = N_("“%(found)s”不是金额；请填不小于0的数字，单位亿元")
        raise Refused(wrong, field="total_investment_fen", found=fen)
    _check_days(values)


def _check_days(values: Mapping[str, Any]) -> None:
    given = [(values[column], column, label) for column, label in DAYS if values[column] is not None]
    if not given:
        raise Refused(N_("签约、开工、建成投产日期都是空的；至少填一个"), field="signed_on")
    for (earlier, _, _), (later, column, label) in pairwise(given):
        if later < earlier:
            message = N_("%(label)s%(day)s早于前一个日期%(earlier)s")
            raise Refused(message, field=column, label=label, day=later, earlier=earlier)
