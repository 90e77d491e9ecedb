"""What the rulebook shows, put together for a day and for the books as known on a day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask_babel import gettext as _

from crm.messages import N_
from crm.models import Area, PlateTerm, ReadingTerm, Unit, User
from crm.permissions import allowed
from crm.rules.duties import ATTRACTION_RULE, READS, WORK_SAFETY_RULE
from crm.rules.facts import Readings
from crm.rules.language import Clause, Result, Role, Seen, Status
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.rules.passages import Passage, passages
from crm.services import rulebook
from crm.services.rulebook import Counts
from crm.services.units import all_areas, all_units
from crm.web.moment import Moment
from crm.web.presentation import unit_name
from crm.web.reading_words import Question, questions

ROLE_NAMES = {
    Role.ATTRACTED_BY: N_("招商单位"),
    Role.BOOKS: N_("账面单位"),
    Role.SITE: N_("选址所在街道"),
    Role.FROM_STREET: N_("原所在街道"),
}
"""Whom a rule names before a project is known."""

STAGE_NAMES = {
    "pipeline": N_("建成投产前"),
    "completed": N_("建成投产后"),
    "always": N_("建成投产前后"),
}
"""Which of the notice's two tables a clause belongs to."""

READING = re.compile(r"R\d+")


@dataclass(frozen=True)
class Gift:
    """What a rule gives: responsibilities that go to one unit together, and who assists."""

    duties: tuple[str, ...]
    lead: str
    assists: str = ""
    until_completed: bool = False


@dataclass(frozen=True)
class Variant:
    """A clause at one stage: its conditions under the readings in force, and what it gives."""

    clause: Clause
    conditions: tuple[Seen, ...]
    gifts: tuple[Gift, ...]
    is_provisional: bool
    codes: tuple[str, ...]
    """The readings it depends on."""

    @property
    def is_off(self) -> bool:
        """Is there a reading in force under which it never applies?"""
        return any(not seen.holds for seen in self.conditions if seen.facts[0].startswith("reading:"))


@dataclass
class RulebookPage:
    """The rulebook at a moment, for a person."""

    user: User
    moment: Moment

    def __post_init__(self) -> None:
        self.units: Mapping[int, Unit] = {unit.id: unit for unit in all_units()}
        self.codes: Mapping[str, Unit] = {unit.code: unit for unit in self.units.values()}
        self.terms = rulebook.reading_terms(self.moment.instant)
        self.questions: Mapping[str, Question] = questions()
        self.number = WLKB_2020_1.number

    @cached_property
    def counts(self) -> Counts | None:
        """How many projects each rule decides; none for who may not read projects."""
        if not allowed(self.user, "project:read"):
            return None
        return rulebook.counts(self.user, self.moment.on, self.moment.instant)

    @cached_property
    def readings(self) -> Readings:
        """The choices in force; what is built in where the books say nothing."""
        held = {code: self.held(code) for code in self.questions}
        return Readings(**{code: term.choice for code, term in held.items() if term})

    def held(self, code: str) -> ReadingTerm | None:
        """The row by which a question is read."""
        return rulebook.in_force(self.terms.get(code, []), self.moment.on)

    @property
    def passages(self) -> Sequence[Passage]:
        """The whole notice."""
        return passages()

    def variants(self, rule: str, of: Passage | None = None) -> list[Variant]:
        """The clauses with this id, those of a passage alone where one is given."""
        clauses = of.clauses if of is not None else WLKB_2020_1.clauses
        return [self._variant(c) for c in clauses if c.id == rule and c.holds_on(self.moment.on)]

    def _variant(self, clause: Clause) -> Variant:
        conditions, result = clause.outline(self.readings)
        codes = [*READING.findall(clause.reads), *READING.findall(" ".join(str(s.facts) for s in conditions))]
        return Variant(
            clause,
            conditions,
            tuple(self._gifts(clause, result)),
            result.status is Status.PROVISIONAL,
            tuple(dict.fromkeys(codes)),
        )

    def _gifts(self, clause: Clause, result: Result) -> list[Gift]:
        pipeline = clause.stage != "completed"
        lead, assists = self.role(result.lead), self.role(result.assists)
        service = (*(("landing",) if pipeline else ()), "enterprise_service")
        found = []
        if result.attraction is not None:
            found.append(Gift(("attraction",), self.role(result.attraction)))
        elif result.attraction_assists is not None:
            assisting = self.role(result.attraction_assists)
            found.append(Gift(("attraction",), self.role(Role.ATTRACTED_BY), assisting, True))
        indicators = self.role(result.indicators or result.lead)
        policy = self.role(Role.SITE) if self.readings.R9 == "site-street" else lead
        rest: tuple[tuple[tuple[str, ...], str], ...] = (
            (service, lead),
            (("indicators",), indicators),
            (("policy_delivery",), policy),
        )
        if assists and pipeline:
            found.append(Gift(service, lead, assists, True))
            rest = rest[1:]
        for unit in dict.fromkeys(unit for _duties, unit in rest):
            together = (duty for duties, one in rest if one == unit for duty in duties)
            found.append(Gift(tuple(together), unit))
        return found

    def apart(self, rule: str) -> str:
        """How a responsibility decided apart from the clauses is read, as a message."""
        return {ATTRACTION_RULE: READS["attraction"], WORK_SAFETY_RULE: READS["work_safety"]}[rule]

    def role(self, role: Role | None) -> str:
        """Whom a rule names, in the language of the page; nothing for none."""
        if role is None:
            return ""
        if role in ROLE_NAMES:
            return str(_(ROLE_NAMES[role]))
        return unit_name(self.codes.get(role.value.partition(":")[2]))

    def overruled_by(self, rule: str) -> list[str]:
        """The rules that a rule gives way to, each once, in the notice's order."""
        return list(dict.fromkeys(c.id for c in WLKB_2020_1.clauses if rule in c.overrides))

    @cached_property
    def plates(self) -> list[tuple[Unit, list[tuple[PlateTerm, Unit | Area]]]]:
        """The offices, each with the places in its plate and the rows that put them there."""
        areas = {area.id: area for area in all_areas()}
        rows = rulebook.plate_terms(self.moment.on, self.moment.instant)
        return [
            (
                office,
                [
                    (row, self.units[row.street_id] if row.street_id is not None else areas[row.area_id or 0])
                    for row in rows
                    if row.office_id == office.id
                ],
            )
            for office in self.units.values()
            if office.is_office
        ]

    @cached_property
    def adjudicator(self) -> tuple[Unit | None, str]:
        """Who may rule, and since which day; an empty day where it was never set."""
        term = rulebook.adjudicator_term(self.moment.on, self.moment.instant)
        if term is None:
            return None, ""
        return self.units.get(term.unit_id or 0), term.valid_from.isoformat()


def place_of(rule: str, completed: bool = False) -> str:
    """Where on the rulebook's page a rule stands: the anchor of its passage."""
    stage = ("always", "completed" if completed else "pipeline")
    for passage in passages():
        if passage.apart == rule or any(c.id == rule and c.stage in stage for c in passage.clauses):
            return f"p{passage.number}"
    return "silent"
