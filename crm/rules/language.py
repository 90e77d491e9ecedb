"""What a rule is, how it is walked, and how it explains itself.

A rule is a clause of a notice: how it is read, its own words in the docstring, then conditions, one line each
with its explanation, then what follows. The walk stops at the first condition that fails; what it saw is kept.
Rules speak of relations and of roles (the site, the unit in the books), never of names or days: so one
decision serves every project that stands in the same relations.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from crm.rules.facts import NOBODY, Case, Readings


class Stage(StrEnum):
    """Which of the notice's two tables a clause belongs to."""

    PIPELINE = "pipeline"
    COMPLETED = "completed"
    ALWAYS = "always"


class Role(StrEnum):
    """Whom an outcome names before names are filled in; `unit:` roles are named by the notice itself."""

    ATTRACTED_BY = "attracted_by"
    BOOKS = "books"
    SITE = "site_street"
    FROM_STREET = "from_street"
    JD = "unit:jd"
    CIHUI = "unit:cihui"
    CHANGQING = "unit:changqing"


class Status(StrEnum):
    """How sure an attribution is."""

    DECIDED = "decided"
    PROVISIONAL = "provisional"
    UNDETERMINED = "undetermined"


class Seen(NamedTuple):
    """One condition as it was met: the message, whether it held, and the facts it looked at."""

    message: str
    holds: bool
    facts: tuple[str, ...]


class Result(NamedTuple):
    """What a clause gives: who leads service, landing and indicators, and who assists the first two.

    `indicators` and `attraction` are given only where they part from what they would be otherwise.
    """

    lead: Role
    assists: Role | None = None
    indicators: Role | None = None
    attraction: Role | None = None
    attraction_assists: Role | None = None
    status: Status = Status.DECIDED
    suggestion: Role | None = None


Step = tuple[object, ...]
"""A message, whether it holds, and the names of the facts it looked at."""

Conditions = Generator[Step, None, Result]


ANY_CASE = Case(
    False, False, False, NOBODY, NOBODY, False, False, False, False, False, False, False, "full_chain"
)
"""A case that has every clause ask all its questions."""


@dataclass(frozen=True)
class Clause:
    """A clause of the notice with its code.

    Several functions may carry one id: the same clause speaks of a project before and after completion.
    """

    id: str
    reference: str
    stage: Stage
    overrides: frozenset[str]
    since: date | None
    until: date | None
    function: Callable[[Case, Readings], Conditions]
    reads: str = ""
    """How the program reads the words, as a message; nothing where they leave no choice."""

    @property
    def words(self) -> str:
        """The notice's own words: the docstring."""
        return inspect.cleandoc(self.function.__doc__ or "").replace("\n", "")

    def outline(self, readings: Readings) -> tuple[tuple[Seen, ...], Result]:
        """Every condition under these readings, and what follows where all hold.

        No project is asked: whether a condition holds means something only where it looks at a reading.
        """
        seen: list[Seen] = []
        steps = self.function(ANY_CASE, readings)
        while True:
            try:
                message, holds, *facts = next(steps)
            except StopIteration as end:
                return tuple(seen), end.value
            seen.append(Seen(message, bool(holds), tuple(facts)))  # type: ignore[arg-type]

    def holds_on(self, day: date) -> bool:
        """Whether this version of the clause is in force on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def walk(self, case: Case, readings: Readings) -> tuple[tuple[Seen, ...], Result | None]:
        """What the clause saw, up to the first condition that failed, and its result where all held."""
        seen: list[Seen] = []
        steps = self.function(case, readings)
        while True:
            try:
                message, holds, *facts = next(steps)
            except StopIteration as end:
                return tuple(seen), end.value
            seen.append(Seen(message, bool(holds), tuple(facts)))  # type: ignore[arg-type]
            if not holds:
                return tuple(seen), None


class Verdict(NamedTuple):
    """How one clause fared on a case: what it saw, whether it applies, and which clause overrules it."""

    rule: str
    reference: str
    seen: tuple[Seen, ...]
    applies: bool
    overruled_by: str | None


class RulesConflict(Exception):
    """Two clauses claim a case and neither overrules the other; the message names them."""

    def __init__(self, rules: Iterable[str], case: Case) -> None:
        self.rules = tuple(rules)
        super().__init__(f"{' / '.join(self.rules)}: two rules left standing for {case}")


@dataclass
class Notice:
    """A notice as rules: its clauses in its own order, and the passages that have no code."""

    number: str
    clauses: list[Clause] = field(default_factory=list)
    changes: list[date] = field(default_factory=list)
    """The days on which a version of a clause begins or ends, in order."""

    def clause(
        self,
        id: str,
        reference: str,
        *,
        stage: Stage = Stage.ALWAYS,
        overrides: Iterable[str] = (),
        since: date | None = None,
        until: date | None = None,
        reads: str = "",
    ) -> Callable[[Callable[[Case, Readings], Conditions]], Callable[[Case, Readings], Conditions]]:
        """Enters a function as a clause of this notice; `since` and `until` date an amended version, `reads` says
        how its words are understood.
        """

        def enter(function: Callable[[Case, Readings], Conditions]) -> Callable[[Case, Readings], Conditions]:
            self.clauses.append(
                Clause(id, reference, stage, frozenset(overrides), since, until, function, reads)
            )
            self.changes = sorted({*self.changes, *(day for day in (since, until) if day is not None)})
            return function

        return enter

    def in_force(self, case: Case, day: date) -> list[Clause]:
        """The clauses asked about a case on a day: those of its stage and of both stages."""
        stage = Stage.COMPLETED if case.completed else Stage.PIPELINE
        return [c for c in self.clauses if c.stage in (stage, Stage.ALWAYS) and c.holds_on(day)]

    def decide(
        self, case: Case, readings: Readings, day: date
    ) -> tuple[Clause | None, Result, tuple[Verdict, ...]]:
        """The clause that decides, its result, and how every clause asked fared.

        No clause means that the notice is silent: undetermined, with the unit in the books, and the suggestion
        属地服务、经济指标随着项目走. Raises RulesConflict where two clauses are left standing.
        """
        walked = [(clause, *clause.walk(case, readings)) for clause in self.in_force(case, day)]
        applying = [clause for clause, _, result in walked if result is not None]
        overruled = {
            other.id: clause.id
            for clause in reversed(applying)
            for other in applying
            if other.id in clause.overrides
        }
        standing = [clause for clause in applying if clause.id not in overruled]
        if len(standing) > 1:
            raise RulesConflict([clause.id for clause in standing], case)
        verdicts = tuple(
            Verdict(
                c.id,
                c.reference,
                seen,
                result is not None,
                overruled.get(c.id) if result is not None else None,
            )
            for c, seen, result in walked
        )
        for clause, _, result in walked:
            if standing and clause is standing[0] and result is not None:
                return clause, result, verdicts
        suggestion = Role.SITE if case.sited else None
        return None, Result(Role.BOOKS, status=Status.UNDETERMINED, suggestion=suggestion), verdicts
