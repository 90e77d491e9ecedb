"""The columns that a list of projects can have: a closed list, the same on the page and in an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from flask_babel import gettext as _

from crm.messages import N_
from crm.models import Area, Unit
from crm.money import FEN_PER_YI
from crm.rules.explanation import STATUS_NAMES
from crm.services.project_list import Line
from crm.web import presentation

Value = str | date | Decimal | None


@dataclass(frozen=True)
class Names:
    """What lines refer to by id or code."""

    units: Mapping[int, Unit]
    areas: Mapping[int, Area]
    industries: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One column: its title (a message id), what it is sorted by, and its plain value for an export."""

    title: str
    value: Callable[[Line, Names], Value]
    sort: str | None = None
    unit: str = ""
    fact: str = ""
    """The fact whose value may be 演示."""


def _unit(line: Line, names: Names, column: str) -> Value:
    found = getattr(line.facts, column)
    return presentation.unit_name(names.units[found]) if found else None


def _lead(line: Line, names: Names, column: str) -> Value:
    found = getattr(line.decision, column) if line.decision else None
    return presentation.unit_name(names.units[found]) if found else None


def _holder(line: Line, names: Names, column: str) -> Value:
    found = getattr(line, column)
    return presentation.unit_name(names.units[found]) if found else None


def _fact(line: Line, _names: Names, column: str) -> Value:
    found: Value = getattr(line.facts, column)
    return found


def _area(line: Line, names: Names) -> Value:
    return names.areas[line.facts.site_area_id].name if line.facts.site_area_id else None


def _industry(line: Line, names: Names) -> Value:
    code = line.facts.industry_code
    return f"{code} {names.industries.get(code, '')}".strip() if code else None


def _investment(line: Line, _names: Names) -> Value:
    fen = line.facts.total_investment_fen
    return None if fen is None else Decimal(fen) / FEN_PER_YI


def _status(line: Line, _names: Names) -> Value:
    return _(STATUS_NAMES[line.decision.status]) if line.decision and line.decision.status else None


def _stage(line: Line, _names: Names) -> Value:
    return _(presentation.STAGES[line.stage]) if line.stage else None


COLUMNS: dict[str, Column] = {
    "number": Column(N_("编号"), lambda line, _names: line.project.number, sort="number"),
    "name": Column(N_("项目名称"), partial(_fact, column="name"), sort="name", fact="name"),
    "investor": Column(N_("投资企业"), partial(_fact, column="investor"), fact="investor"),
    "industry": Column(N_("行业"), _industry, fact="industry_code"),
    "stage": Column(N_("阶段"), _stage),
    "attracted_by": Column(N_("招商单位"), partial(_unit, column="attracted_by_id"), fact="attracted_by"),
    "served_by": Column(N_("现服务单位"), partial(_unit, column="served_by_id"), fact="served_by"),
    "origin": Column(
        N_("项目来源"), lambda line, _names: presentation.word(line.facts.origin) or None, fact="origin"
    ),
    "site_street": Column(N_("选址街道"), partial(_unit, column="site_street_id"), fact="site_street"),
    "site_area": Column(N_("选址片区"), _area, fact="site_area"),
    "held_indicators": Column(N_("经济指标实属"), partial(_holder, column="held_indicators_id")),
    "held_enterprise_service": Column(
        N_("企业服务实属"), partial(_holder, column="held_enterprise_service_id")
    ),
    "indicators": Column(N_("经济指标应属"), partial(_lead, column="indicators_id")),
    "enterprise_service": Column(N_("企业服务应属"), partial(_lead, column="enterprise_service_id")),
    "due": Column(N_("应划转自"), lambda line, _names: line.due_since),
    "status": Column(N_("判定"), _status),
    "suggestion": Column(N_("建议单位"), partial(_lead, column="suggestion_id")),
    "rule": Column(N_("依据规则"), lambda line, _names: line.rule),
    "signed_on": Column(
        N_("签约日期"), partial(_fact, column="signed_on"), sort="signed_on", fact="signed_on"
    ),
    "construction_started_on": Column(
        N_("开工日期"), partial(_fact, column="construction_started_on"), fact="construction_started_on"
    ),
    "completed_on": Column(N_("建成投产日期"), partial(_fact, column="completed_on"), fact="completed_on"),
    "investment": Column(
        N_("总投资"), _investment, sort="total_investment_fen", unit=N_("亿元"), fact="total_investment_fen"
    ),
}

DEFAULT = (
    "number", "name", "investor", "stage", "attracted_by", "site_street", "held_indicators", "indicators", "status",
    "signed_on", "investment",
)  # fmt: skip

ALWAYS_SHOWN = "name"
"""A line without its name leads nowhere."""


def ordered(chosen: list[str]) -> tuple[str, ...]:
    """The chosen columns in the order of the list, the name among them; the usual ones where none is chosen."""
    return tuple(key for key in COLUMNS if key in chosen or key == ALWAYS_SHOWN) if chosen else DEFAULT
