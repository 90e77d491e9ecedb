"""Everything the page of one project shows, put together for a day and for the books as known on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from flask_babel import gettext

from crm import clock, money
from crm.extensions import language
from crm.models import Area, Industry, Project, ProjectFacts, ProjectReport, Unit, User
from crm.rules.explanation import Explanation, Sight, explain, shown, sight, words
from crm.rules.language import Seen, Verdict
from crm.rules.timeline import Period, Stretch, periods
from crm.services import attribution, industries, project_history, projects
from crm.services.project_history import Entry
from crm.services.project_list import Stage, stage_of
from crm.sheets.vocabulary import rows as seed_rows
from crm.web import presentation
from crm.web.lanes import Lanes, draw
from crm.web.moment import end_of


@dataclass(frozen=True)
class Quotation:
    """A rule with the words of its clause, where it stands, and which responsibilities it decides."""

    rule: str
    reference: str
    words: str
    reading: str


@dataclass(frozen=True)
class Question:
    """A reading that shaped the answer, in words: the question, what was chosen, what else could be."""

    code: str
    question: str
    chosen: str
    other: str


@dataclass(frozen=True)
class Why:
    """The explanation of one day, with what the page needs to word it."""

    stretch: Stretch
    explanation: Explanation
    deciding: Quotation
    others: tuple[Quotation, ...]
    verdicts: tuple[Verdict, ...]
    """Every clause asked: the one that decides first, then those overruled, then the others in the notice's order."""


@dataclass(frozen=True)
class ProjectPage:
    """One project on a day (`on`), as the books knew it on a day (`known`, none: as they know it now)."""

    project: Project
    today: date
    on: date
    known: date | None
    facts: ProjectFacts | None
    industry: Industry | None
    stage: Stage | None
    units: Mapping[int, Unit]
    codes: Mapping[str, Unit]
    areas: Mapping[int, Area]
    timeline: Sequence[Stretch]
    periods: Sequence[Period]
    lanes: Lanes | None
    why: Why | None
    entries: Sequence[Entry]
    reports: Sequence[ProjectReport]

    @classmethod
    def of(cls, number: str, user: User, *, on: date | None, known: date | None) -> ProjectPage:
        """The page of a project; raises NotFound where there is none that the person may see."""
        project = projects.by_number(number, user)
        today = clock.today()
        known = known if known is not None and known < today else None
        instant = end_of(known) if known else None
        book = attribution.rulebook(instant)
        timeline = attribution.timeline(project, book, instant)
        day = on or today
        found = project_history.recorded(project)
        rows = [(row, event) for row, event in found if instant is None or row.recorded_at <= instant]
        held = [stretch for stretch in timeline if stretch.from_ <= day]
        facts = project_history.on([row for row, _ in rows], day, instant)
        runs = periods(timeline)
        return cls(
            project,
            today,
            day,
            known,
            facts,
            industries.industry(facts.industry_code) if facts and facts.industry_code else None,
            stage_of(facts, day) if facts else None,
            book.units,
            book.names,
            book.areas,
            timeline,
            runs,
            draw(runs, today, day),
            why(held[-1]) if held else None,
            project_history.entries(rows),
            project.reports,
        )

    def unit(self, code: str | None) -> Unit | None:
        """The unit with this code."""
        return self.codes.get(code) if code else None

    def is_invented(self, fact: str) -> bool:
        """Is the value of this fact 演示, as the books have it?"""
        return fact in self.project.invented

    def seen(self, step: Seen) -> list[str]:
        """What a condition looked at, worded: label and value."""
        if self.why is None:
            return []
        stretch = self.why.stretch
        met = (sight(fact, stretch.facts, stretch.ground, stretch.begins_on) for fact in step.facts)
        return [
            self._reading(one) if one.fact.startswith("reading:") else shown(one, self._name, gettext)
            for one in met
        ]

    def _reading(self, met: Sight) -> str:
        code, choice = met.fact.partition(":")[2], str(met.values[0])
        _question, meaning = _reading_texts(language()).get((code, choice), ("", choice))
        return f"{code}: {meaning}"

    def question(self, code: str, choice: str, other: str) -> Question:
        """A reading in words."""
        texts = _reading_texts(language())
        question = next((q for (of, _), (q, _meaning) in texts.items() if of == code), code)
        return Question(
            code,
            question,
            texts.get((code, choice), ("", choice))[1],
            texts.get((code, other), ("", other))[1],
        )

    def value(self, column: str, value: object) -> str:
        """A fact's value as a person reads it; nothing for none."""
        if value is None or value == "":
            return ""
        if column.endswith("_id"):
            named: Unit | Area = self.areas[value] if column == "site_area_id" else self.units[value]  # type: ignore[index]
            return presentation.unit_name(named)
        if column == "total_investment_fen":
            return gettext("%(yi)s亿元", yi=money.yi(int(str(value))))
        if isinstance(value, date):
            return value.isoformat()
        return presentation.word(str(value))

    def _name(self, value: str) -> str:
        unit = self.codes.get(value)
        return presentation.unit_name(unit) if unit else value


def why(stretch: Stretch) -> Why:
    """The explanation of a stretch, its clauses quoted."""
    explanation = explain(stretch)
    completed = stretch.case.completed

    def quoted(rule: str) -> Quotation:
        return Quotation(rule, *words(rule, completed=completed))

    rules = dict.fromkeys(attributed.rule for _, attributed in explanation.attributions)
    others = tuple(quoted(rule) for rule in rules if rule != explanation.rule)

    def rank(verdict: Verdict) -> int:
        return 2 if not verdict.applies else 1 if verdict.overruled_by else 0

    return Why(
        stretch, explanation, quoted(explanation.rule), others, tuple(sorted(explanation.verdicts, key=rank))
    )


@cache
def _reading_texts(of: str) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (row["code"], row["choice"]): (row[f"question_{of}"], row[f"meaning_{of}"])
        for row in seed_rows("readings.csv")
    }
