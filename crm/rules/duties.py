"""From the clause that decides to the six responsibilities: who leads each, who assists, and by which rule."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from crm.messages import N_
from crm.rules.facts import Case, Readings
from crm.rules.language import Clause, Result, Role, Status, Verdict
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1


class Responsibility(StrEnum):
    """The six responsibilities (职责) the notice divides, in the order in which they are always listed."""

    ATTRACTION = "attraction"
    LANDING = "landing"
    ENTERPRISE_SERVICE = "enterprise_service"
    INDICATORS = "indicators"
    POLICY_DELIVERY = "policy_delivery"
    WORK_SAFETY = "work_safety"


class Duty(NamedTuple):
    """One responsibility in one case: its lead and assists as roles, how sure, by which rule, what is suggested."""

    lead: Role
    assists: tuple[Role, ...]
    status: Status
    rule: str
    suggestion: Role | None


class Outcome(NamedTuple):
    """What is decided for every project that stands in the same relations, with what was seen on the way."""

    notice: str
    rule: str
    verdicts: tuple[Verdict, ...]
    duties: tuple[Duty | None, ...]
    """One for each responsibility, in their order; None where there is no such period."""


SILENT_RULE = "none"
ATTRACTION_RULE = "2-attraction"
WORK_SAFETY_RULE = "2-work-safety"
SITE_POLICY_RULE = "2-street-duty"
READS = {
    "attraction": N_("谁引进的项目，谁就是招商单位；只有写明“全程招商”的条款另定。"),
    "policy_delivery": N_("口径R9：政策兑现随企业服务走，还是有选址的归属地街道。"),
    "work_safety": N_("有选址才有此项职责；由招商或服务该项目的产业办协助。"),
}
"""How the clauses of the responsibilities decided apart are read, as messages; their words are the docstrings below."""


def attraction(case: Case, clause: Clause | None, result: Result) -> Duty:
    """产业建设管理办公室工作职责：以招商引资、项目落地建设服务、产业规划、产业政策与产业发展方向研究、行业统筹、统计等工作为主。"""
    if result.attraction is not None and clause is not None:
        return Duty(result.attraction, (), Status.DECIDED, clause.id, None)
    lead = Role.ATTRACTED_BY if case.attracted_by.is_named else Role.BOOKS
    assists = (result.attraction_assists,) if result.attraction_assists and not case.completed else ()
    return Duty(lead, assists, Status.DECIDED, ATTRACTION_RULE, None)


def policy_delivery(case: Case, readings: Readings, service: Duty) -> Duty:
    """街道办事处工作职责：负责划转到属地街道企业的经济和社会服务工作，政策兑现，并承接园区划转的存量项目和新入驻项目经济指标。"""
    if readings.R9 == "site-street" and case.sited:
        return Duty(Role.SITE, (), Status.DECIDED, SITE_POLICY_RULE, None)
    return service._replace(assists=())


def work_safety(case: Case, result: Result) -> Duty | None:
    """企业安全生产管理工作按照属地管理的原则，由属地街道负责，产业建设管理办公室协助配合。"""
    if not case.sited:
        return None
    if result.attraction is Role.JD:
        assists: tuple[Role, ...] = (Role.JD,)
    elif case.books.is_office:
        assists = (Role.BOOKS,)
    elif case.attracted_by.is_office:
        assists = (Role.ATTRACTED_BY,)
    else:
        assists = ()
    return Duty(Role.SITE, assists, Status.DECIDED, WORK_SAFETY_RULE, None)


def attribute(case: Case, readings: Readings, day: date) -> Outcome:
    """The outcome for a case under the version of the notice in force on a day; raises RulesConflict."""
    clause, result, verdicts = WLKB_2020_1.decide(case, readings, day)
    rule = clause.id if clause else SILENT_RULE
    assists = (result.assists,) if result.assists and not case.completed else ()
    service = Duty(result.lead, assists, result.status, rule, result.suggestion)
    return Outcome(
        WLKB_2020_1.number,
        rule,
        verdicts,
        (
            attraction(case, clause, result),
            None if case.completed else service,
            service,
            service._replace(lead=result.indicators or result.lead, assists=()),
            policy_delivery(case, readings, service),
            work_safety(case, result),
        ),
    )
