"""Everything the page of one project shows, put together for a day and for the books as known on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from flask_babel import gettext

from crm.extensions import language
from crm.models import DUTIES, Holding, Industry, Project, ProjectFacts, ProjectReport, User
from crm.permissions import may
from crm.rules.explanation import Explanation, Sight, explain, shown, sight, words
from crm.rules.language import Seen, Verdict
from crm.rules.timeline import Attribution, Period, Stretch, periods
from crm.services import attribution, dues, holdings, industries, outlook, project_history, projects
from crm.services.dues import Due
from crm.services.outlook import Kept
from crm.services.project_filters import Stage, stage_of
from crm.services.project_history import Entry
from crm.sheets.vocabulary import rows as seed_rows
from crm.web.fact_names import Names
from crm.web.lanes import Held as HeldSpan
from crm.web.lanes import Lanes, draw
from crm.web.moment import Moment


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
class Entitled:
    """Who is entitled to a responsibility on the day asked about: since when, and until when where a change is known."""

    period: Period
    since: date
    until: date | None
    """The days from and until which this unit leads, whoever assists."""
    reference: str


@dataclass(frozen=True)
class ProjectPage:
    """One project at a moment: on a day, as the books knew it on a day."""

    project: Project
    moment: Moment
    facts: ProjectFacts | None
    industry: Industry | None
    stage: Stage | None
    names: Names
    timeline: Sequence[Stretch]
    periods: Sequence[Period]
    lanes: Lanes | None
    why: Why | None
    kept: Kept | None
    holdings: Sequence[HeldSpan]
    dues: Sequence[Due]
    entries: Sequence[Entry]
    reports: Sequence[ProjectReport]
    may_edit: bool

    @classmethod
    def of(cls, number: str, user: User, moment: Moment) -> ProjectPage:
        """The page of a project; raises NotFound where there is none that the person may see."""
        project = projects.by_number(number, user)
        instant = moment.instant
        book = attribution.rulebook(instant)
        found = project_history.recorded(project)
        pairs = [(row, event) for row, event in found if instant is None or row.recorded_at <= instant]
        rows = [row for row, _ in pairs]
        timeline = attribution.timeline_of(rows, book)
        held = [stretch for stretch in timeline if stretch.from_ <= moment.on]
        facts = project_history.on(rows, moment.on, instant)
        runs = periods(timeline)
        names = Names.of(book.units.values(), book.areas.values())
        holders = holdings.of(project, instant)
        kept = spans(holders, attribution.policy_apart(timeline, book), names)
        return cls(
            project,
            moment,
            facts,
            industries.industry(facts.industry_code) if facts and facts.industry_code else None,
            stage_of(facts, moment.on) if facts else None,
            names,
            timeline,
            runs,
            draw(runs, moment.today, moment.on, kept),
            why(held[-1]) if held else None,
            outlook.kept(project, held[-1], moment.on, instant) if held else None,
            kept,
            dues.between(
                attribution.entitled_by(timeline, book),
                [
                    (row.from_day, row.indicators_id, row.enterprise_service_id, row.recorded_at)
                    for row in holders
                ],
                moment.on,
            ),
            project_history.entries(pairs),
            project.reports,
            may(user, "project:edit", project),
        )

    def entitled(self, responsibility: str) -> Entitled | None:
        """Who is entitled to a responsibility on the day; none where nobody is."""
        day, own = self.moment.on, [one for one in self.periods if one.responsibility == responsibility]
        found = next((one for one in own if one.from_ <= day and (one.to is None or day < one.to)), None)
        if found is None:
            return None
        since, until = found.from_, found.to
        for before in reversed(own):
            if before.to == since and _leads_on(before, found):
                since = before.from_
        for after in own:
            if after.from_ == until and _leads_on(found, after):
                until = after.to
        completed = self.stage == "completed"
        return Entitled(found, since, until, words(found.attribution.rule, completed=completed)[0])

    def held(self, responsibility: str) -> HeldSpan | None:
        """Who holds indicators, service or policy on the day; none where nobody does, and of what is held as entitled."""
        for span in self.holdings:
            if (
                span.responsibility == responsibility
                and span.from_ <= self.moment.on
                and (span.to is None or self.moment.on < span.to)
            ):
                return span
        return None

    def coming(self, responsibility: str) -> HeldSpan | None:
        """Who holds it next, where another is entitled than holds and nothing is due: a transfer is confirmed; else none."""
        held, entitled = self.held(responsibility), self.entitled(responsibility)
        if held is None or entitled is None or self.due(responsibility):
            return None
        attributed = entitled.period.attribution
        if attributed.lead == held.unit or attributed.status == "undetermined":
            return None
        spans = (one for one in self.holdings if one.responsibility == responsibility)
        return next((one for one in spans if one.from_ == held.to), None)

    def due(self, responsibility: str) -> Due | None:
        """The transfer of a responsibility that is due on the day; none where none is."""
        return next((due for due in self.dues if responsibility in due.duties), None)

    @property
    def status(self) -> str | None:
        """How sure the attribution is on the day: that of the service."""
        service = self.entitled("enterprise_service")
        return str(service.period.attribution.status) if service else None

    @property
    def leads(self) -> list[str]:
        """The codes of the units in the picture, in the order of the unit table."""
        found = {period.attribution.lead for period in self.periods} | {span.unit for span in self.holdings}
        return [code for code in self.names.codes if code in found]

    @property
    def is_open(self) -> bool:
        """Is any period not decided?"""
        return any(period.attribution.status != "decided" for period in self.periods)

    @property
    def once_completed(self) -> tuple[Attribution, Attribution] | None:
        """Who will have service and indicators when the project is completed; none where it is, or nothing is decided."""
        return outlook.once_completed(self.why.stretch) if self.why else None

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
            self._reading(one) if one.fact.startswith("reading:") else shown(one, self.names.named, gettext)
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


def _leads_on(before: Period, after: Period) -> bool:
    """Does the same unit go on leading, as surely as before?"""
    return (before.attribution.lead, before.attribution.status) == (
        after.attribution.lead,
        after.attribution.status,
    )


def spans(rows: Sequence[Holding], apart: Sequence[tuple[date, int | None]], names: Names) -> list[HeldSpan]:
    """The unbroken times in which one unit holds a responsibility, in the order of responsibilities and days.

    `apart`: who is entitled to 政策兑现 where a reading parts it from the service.
    """
    made: list[HeldSpan] = []
    held: dict[str, Sequence[tuple[date, int | None, int | None]]] = {
        duty: [(row.from_day, getattr(row, f"{duty}_id"), row.transfer_id) for row in rows] for duty in DUTIES
    }
    held["policy_delivery"] = holdings.policy_delivery(rows, apart)
    for duty, days in held.items():
        last: int | None = None
        for day, unit_id, transfer_id in days:
            if unit_id == last:
                continue
            if last is not None:
                made[-1] = replace(made[-1], to=day)
            if unit_id is not None:
                made.append(HeldSpan(duty, names.units[unit_id].code, day, None, transfer_id))
            last = unit_id
    return made


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
