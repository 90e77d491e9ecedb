"""Why: the clauses asked about a project on a day, what each saw, and which readings shaped the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.messages import N_
from crm.rules.duties import (
    ATTRACTION_RULE,
    READS,
    WORK_SAFETY_RULE,
    Responsibility,
    attraction,
    attribute,
    work_safety,
)
from crm.rules.facts import CHOICES, Facts, Ground
from crm.rules.language import Verdict
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.rules.timeline import RESPONSIBILITIES, Attribution, Stretch, named

LABELS = {
    "attracted_by": N_("招商单位"),
    "served_by": N_("现服务单位"),
    "books": N_("账面单位"),
    "origin": N_("项目来源"),
    "from_street": N_("原所在街道"),
    "site": N_("选址"),
    "site_street": N_("选址街道"),
    "site_area": N_("选址片区"),
    "statistical_street": N_("统计归属街道"),
    "above_scale_industrial": N_("规上工业"),
    "named_major": N_("重大项目标记"),
    "begins_on": N_("起始日"),
    "completed_on": N_("建成投产日期"),
    "plate": N_("板块"),
    "reading": N_("口径"),
}
"""What each fact is called, as a message."""

RESPONSIBILITY_NAMES = {
    "attraction": N_("招商引资"),
    "landing": N_("项目落地建设服务"),
    "enterprise_service": N_("企业经济和社会服务"),
    "indicators": N_("经济指标"),
    "policy_delivery": N_("政策兑现"),
    "work_safety": N_("安全生产"),
}
RULE_NAMES = {
    "2-attraction": N_("谁招商谁为招商单位"),
    "2-street-duty": N_("属地街道负责"),
    "2-work-safety": N_("安全生产属地管理"),
    "3.1-retain": N_("存量项目在板块内，产业办保留"),
    "3.1-transfer": N_("存量项目在板块外，划转属地街道"),
    "3.1-named-major": N_("重大项目和全产业链项目，机电产业办全程负责"),
    "3.1-sme-city": N_("中小企业城整体划转慈惠街"),
    "3.1-changqing": N_("长青街属地项目整体划转长青街"),
    "3.2-unsited": N_("尚未选址，暂由招商的产业办负责"),
    "3.2-in-plate": N_("板块内，产业办全程负责"),
    "3.2-no-plate": N_("产业办没有板块，建成前产业办为主体"),
    "3.2-out-of-plate": N_("板块外，建成前产业办为主体，建成后移交属地街道"),
    "3.3-street-move": N_("街道间扩产搬迁，以新选址街道为主"),
    "3.4-operating-place": N_("统计归属不一致，按实际经营地"),
    "none": N_("通知未作规定，待裁定"),
    "succession": N_("由承继单位接续"),
}
"""What each rule is called in one line, as a message; the clause's own words stand with the rule."""

STATUS_NAMES = {"decided": N_("已定"), "provisional": N_("暂定"), "undetermined": N_("未定")}

NOT_GIVEN = N_("未填")
NO_PLATE = N_("无")
WORDS = {
    "new_introduction": N_("新引进"),
    "expansion": N_("扩产"),
    "relocation": N_("搬迁"),
    "boe": N_("京东方"),
    "corning": N_("康宁"),
    "full_chain": N_("全产业链"),
    "True": N_("是"),
    "False": N_("否"),
}
"""What identifiers of origin and mark are called, as messages."""


@dataclass(frozen=True)
class Sight:
    """A fact as it was met: whose label, and its values as units, places, days or words still to be named."""

    fact: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Effect:
    """A reading that shaped the answer: under another choice these responsibilities would go elsewhere."""

    code: str
    choice: str
    other: str
    changes: tuple[tuple[Responsibility, Attribution | None], ...]


@dataclass(frozen=True)
class Succession:
    """承继: the rule names one unit for a responsibility, and another answers for it."""

    responsibility: Responsibility
    unit: str
    successor: str


@dataclass(frozen=True)
class Explanation:
    """The answer for one project on one day, and everything that led to it."""

    since: date
    notice: str
    rule: str
    attributions: tuple[tuple[Responsibility, Attribution], ...]
    verdicts: tuple[Verdict, ...]
    readings: tuple[Effect, ...]
    facts: Facts
    successions: tuple[Succession, ...] = ()


def explain(stretch: Stretch) -> Explanation:
    """The explanation of a stretch of a project's timeline."""
    names = named(stretch.outcome, stretch.facts, stretch.ground.successors)
    return Explanation(
        stretch.from_,
        stretch.outcome.notice,
        stretch.outcome.rule,
        tuple((r, a) for r, a in zip(RESPONSIBILITIES, names, strict=True) if a is not None),
        stretch.outcome.verdicts,
        tuple(effects(stretch)),
        stretch.facts,
        tuple(successions(stretch)),
    )


def successions(stretch: Stretch) -> list[Succession]:
    """Where a unit leads in the place of the one that the rule names."""
    if not stretch.ground.successors:
        return []
    before = named(stretch.outcome, stretch.facts)
    after = named(stretch.outcome, stretch.facts, stretch.ground.successors)
    return [
        Succession(responsibility, was.lead, now.lead)
        for responsibility, was, now in zip(RESPONSIBILITIES, before, after, strict=True)
        if was is not None and now is not None and was.lead != now.lead
    ]


def effects(stretch: Stretch) -> list[Effect]:
    """The readings whose other choice would change the answer of a stretch, and to what."""
    found = []
    successors = stretch.ground.successors
    before = named(stretch.outcome, stretch.facts, successors)
    for code, choices in CHOICES.items():
        chosen = getattr(stretch.ground.readings, code)
        for other in choices:
            if other == chosen:
                continue
            ground = stretch.ground.read_as(code, other)
            case = ground.case(stretch.facts, stretch.begins_on, stretch.completed_on, stretch.from_)
            after = named(attribute(case, ground.readings, stretch.from_), stretch.facts, successors)
            changes = tuple(
                (r, now)
                for r, was, now in zip(RESPONSIBILITIES, before, after, strict=True)
                if _without_rule(was) != _without_rule(now)
            )
            if changes:
                found.append(Effect(code, chosen, other, changes))
    return found


def _without_rule(attribution: Attribution | None) -> Attribution | None:
    """What people feel of an attribution: the same units by another clause are no other answer."""
    return attribution._replace(rule="") if attribution is not None else None


def sight(fact: str, facts: Facts, ground: Ground, begins_on: date | None) -> Sight:
    """What a condition met when it looked at a fact: unit codes, area names, days, words or yes and no."""
    kind, _, subject = fact.partition(":")
    if kind == "reading":
        return Sight(fact, (getattr(ground.readings, subject),))
    if kind == "plate":
        return Sight(fact, tuple(ground.plates.get(getattr(facts, subject) or "", ())))
    if kind == "site":
        return Sight(fact, tuple(place for place in (facts.site_street, facts.site_area) if place))
    value: Any = begins_on if kind == "begins_on" else getattr(facts, kind)
    return Sight(fact, () if value is None else (value,))


def shown(seen: Sight, name: Callable[[str], str], translate: Callable[[str], str]) -> str:
    """A fact as a person reads it: its label and its values; `name` names units and areas, `translate` messages."""
    kind = seen.fact.partition(":")[0]
    label = translate(LABELS[kind])
    if kind == "plate":
        label = f"{label}({translate(LABELS[seen.fact.partition(':')[2]])})"
    if kind == "reading":
        label = seen.fact.partition(":")[2]
    texts = []
    for value in seen.values:
        if isinstance(value, date):
            texts.append(value.isoformat())
        elif kind in ("origin", "named_major", "above_scale_industrial"):
            texts.append(translate(WORDS[str(value)]))
        else:
            texts.append(str(value) if kind == "reading" else name(str(value)))
    empty = NO_PLATE if kind == "plate" else NOT_GIVEN
    return f"{label}: {' · '.join(texts) or translate(empty)}"


def reference(rule: str) -> str:
    """Where in the notice a rule stands, such as 三 二是; a dash where the notice is silent."""
    return next((c.reference for c in WLKB_2020_1.clauses if c.id == rule), "–")


def words(rule: str, *, completed: bool) -> tuple[str, str, str]:
    """A rule's reference, its clause's own words and how they are read, a message; empty where the notice is silent."""
    for function, name in ((attraction, ATTRACTION_RULE), (work_safety, WORK_SAFETY_RULE)):
        if rule == name:
            return "二", (function.__doc__ or "").strip(), READS[function.__name__]
    for clause in WLKB_2020_1.clauses:
        if clause.id == rule and clause.stage in ("always", "completed" if completed else "pipeline"):
            return clause.reference, clause.words, clause.reads
    return "", "", ""
