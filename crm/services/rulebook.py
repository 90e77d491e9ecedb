"""What the rulebook decides: how many projects by each rule, which ones, and how its settings came to be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import AdjudicatorTerm, Decision, Outcome, PlateTerm, Project, ReadingTerm, User, as_of, terms
from crm.permissions import visible_to
from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES
from crm.services import attribution

KEPT_SECONDS = 60
"""How long a count is given again while no decision was added: at a million projects one takes seconds."""
KEPT_AT_MOST = 32

Found = Mapping[int, int]
_kept: WeakKeyDictionary[Any, dict[tuple[object, ...], tuple[float, Found]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Counts:
    """How many projects each rule decides on a day, apart by whether they are completed."""

    before: Mapping[str, int]
    completed: Mapping[str, int]

    def of(self, rule: str, stage: str = "always") -> int:
        """The projects that a rule decides at a stage of the notice."""
        return (self.before.get(rule, 0) if stage != "completed" else 0) + (
            self.completed.get(rule, 0) if stage != "pipeline" else 0
        )


def counts(user: User, day: date, known: datetime | None = None) -> Counts:
    """The projects by rule on a day, as far as the person may see them: by outcome, of which there are few."""
    found = _by_outcome(user, day, known)
    before: Counter[str] = Counter()
    completed: Counter[str] = Counter()
    for outcome_id, rules, is_completed in _rules(found):
        for rule in rules:
            (completed if is_completed else before)[rule] += found[outcome_id]
    return Counts(before, completed)


def projects(
    user: User, rule: str, day: date, known: datetime | None = None, *, before: str | None = None, limit: int
) -> list[tuple[Project, Decision]]:
    """Projects that a rule decides on a day with their decision, newest numbers first, below a number."""
    ids = [outcome_id for outcome_id, rules, _ in _rules(_by_outcome(user, day, known)) if rule in rules]
    query = (
        select(Project, Decision)
        .join(Decision, Decision.id == attribution.current(day, known))
        .where(Decision.outcome_id.in_(ids), visible_to(user))
        .order_by(Project.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Project.number < before)
    return [(project, decision) for project, decision in db.session.execute(query)]


def reading_terms(known: datetime | None = None) -> dict[str, list[ReadingTerm]]:
    """Code R1 to R11 → what was chosen from which day on, in order of days; the last of one day counts."""
    found: dict[str, dict[date, ReadingTerm]] = {}
    for term in db.session.scalars(terms(ReadingTerm, known)):
        found.setdefault(term.code, {})[term.valid_from] = term
    return {code: list(rows.values()) for code, rows in found.items()}


def in_force(rows: Sequence[ReadingTerm], day: date) -> ReadingTerm | None:
    """The one that holds on a day; none before the first."""
    return next((row for row in reversed(rows) if row.valid_from <= day), None)


def plate_terms(day: date, known: datetime | None = None) -> list[PlateTerm]:
    """The places in the offices' plates on a day, in the order in which they were laid down."""
    return [term for term in db.session.scalars(as_of(PlateTerm, day, known)) if term.included]


def adjudicator_term(day: date, known: datetime | None = None) -> AdjudicatorTerm | None:
    """Who may rule on a day, and since when; none where it was never set."""
    return db.session.scalars(as_of(AdjudicatorTerm, day, known)).first()


def _by_outcome(user: User, day: date, known: datetime | None) -> Found:
    kept = _kept.setdefault(db.engine, {})
    seen = visible_to(user)
    newest = db.session.scalar(select(func.max(Decision.id)))
    key = (newest, day, known, str(seen.compile(compile_kwargs={"literal_binds": True})))
    now = time.monotonic()
    if key in kept and now - kept[key][0] < KEPT_SECONDS:
        return kept[key][1]
    later = aliased(Decision)
    follows = [
        later.project_id == Decision.project_id,
        later.from_day <= day,
        or_(
            later.from_day > Decision.from_day,
            and_(later.from_day == Decision.from_day, later.id > Decision.id),
        ),
    ]
    held = [Decision.from_day <= day]
    if known is not None:
        follows.append(later.recorded_at <= known)
        held.append(Decision.recorded_at <= known)
    query = (
        select(Decision.outcome_id, func.count())
        .join(Project, Project.id == Decision.project_id)
        .where(*held, ~exists().where(*follows), Decision.outcome_id.is_not(None), seen)
        .group_by(Decision.outcome_id)
    )
    found: Found = {outcome_id: count for outcome_id, count in db.session.execute(query) if outcome_id}
    if len(kept) >= KEPT_AT_MOST:
        kept.clear()
    kept[key] = (now, found)
    return found


def _rules(found: Found) -> list[tuple[int, set[str], bool]]:
    """For each outcome the rules that decide something in it, and whether its projects are completed."""
    landing = RESPONSIBILITIES.index(Responsibility.LANDING)
    apart = [RESPONSIBILITIES.index(one) for one in (Responsibility.ATTRACTION, Responsibility.WORK_SAFETY)]
    query = select(Outcome.id, Outcome.body).where(Outcome.id.in_(found)).order_by(Outcome.id)
    rows = []
    for outcome_id, body in db.session.execute(query):
        duties = body["duties"]
        rules = {body["rule"], *(duties[index]["rule"] for index in apart if duties[index] is not None)}
        rows.append((outcome_id, rules, duties[landing] is None))
    return rows
