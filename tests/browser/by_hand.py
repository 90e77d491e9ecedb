"""Who holds what in the demonstration, worked out by hand from the projects' facts and the words of the notice: without
the rules, the holdings or anything else of the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from crm.sheets.vocabulary import rows

Held = dict[str, Decimal | None]
"""A unit's list: project number → its total investment in 亿元, none where the books hold no sum."""

NOTICE = "2020-04-27"

PLATES = {
    "机电产业办": {"长青街", "径河街"},
    "食品医药产业办": {"走马岭街"},
    "综合保税物流产业办": {"综保区一期", "综保区二期", "走马岭街"},
    "高新技术产业办": {"长青街1平方公里经济园区"},
    "临空产业办": {"柏泉街"},
}
"""Clause 三 一是: the offices' plates. 现代服务产业办 has none."""

OFFICES = {*PLATES, "现代服务产业办"}

HANDED_OVER_BEFORE = {"XM2020021": "走马岭街"}
"""The transfer that the demonstration confirmed."""

COLUMNS = {"completed_on": "建成投产日期", "site_street": "选址街道", "total_investment_fen": "总投资亿元"}


def facts() -> dict[str, dict[str, str]]:
    """The projects by number, as the books have them in the end."""
    found = {line["项目编号"]: dict(line) for line in rows("demonstration/projects.csv")}
    for change in rows("demonstration/changes.csv"):
        if change["fact"] in COLUMNS:
            found[change["number"]][COLUMNS[change["fact"]]] = change["value"]
    return found


PROJECTS = facts()


def in_the_books(line: Mapping[str, str]) -> str:
    """The unit in the books."""
    return line["现服务单位"] or line["招商单位"]


def begun(line: Mapping[str, str]) -> str:
    """The day on which the project began; empty where it has no date."""
    return line["签约日期"] or min(filter(None, (line["开工日期"], line["建成投产日期"])), default="")


def first_holder(line: Mapping[str, str]) -> str:
    """Whoever had it in the books where it began by the notice; later the office that brought it in, 机电 what is marked."""
    if not begun(line) or begun(line) <= NOTICE:
        return in_the_books(line)
    if line["重大项目标记"]:
        return "机电产业办"
    moved = line["项目来源"] in ("扩产", "搬迁") and line["原所在街道"] not in ("", line["选址街道"])
    if moved and line["选址街道"] and not {line["招商单位"], line["现服务单位"]} & OFFICES:
        return line["选址街道"]
    return line["招商单位"] if line["招商单位"] in OFFICES else in_the_books(line)


def classified() -> dict[str, str]:
    """Clause 三 一是: the stock out of its office's plate, and the street that it passes to."""
    found = {}
    for number, line in PROJECTS.items():
        stock = line["建成投产日期"] and line["建成投产日期"] <= NOTICE
        street, area, plate = line["选址街道"], line["选址片区"], PLATES.get(in_the_books(line))
        if stock and street and plate and area != "中小企业城" and not {street, area} & plate:
            found[number] = street
    return found


def worked_out(unit: str, moves: Mapping[str, str]) -> Held:
    """The unit's list by hand, once these projects have passed on."""
    holders = (
        {number: first_holder(line) for number, line in PROJECTS.items()} | HANDED_OVER_BEFORE | dict(moves)
    )
    sums = {number: line["总投资亿元"] for number, line in PROJECTS.items()}
    return {
        number: Decimal(sums[number]) if sums[number] else None
        for number, holder in holders.items()
        if holder == unit
    }
