"""A project through time: the days on which something changes, and who is entitled to what between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from crm.rules.duties import Outcome, Responsibility, attribute
from crm.rules.facts import NOTICE_DAY, Case, Facts, Ground
from crm.rules.language import Role, Status
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1

RESPONSIBILITIES = tuple(Responsibility)
NO_SUCCESSORS: Mapping[str, str] = {}
T = TypeVar("T")


class Stretch(NamedTuple):
    """From a day on: the facts and the ground that hold, the case they make and what is decided for it."""

    from_: date
    facts: Facts
    ground: Ground
    case: Case
    outcome: Outcome
    begins_on: date
    completed_on: date | None


class Attribution(NamedTuple):
    """One responsibility with names filled in: units by code."""

    lead: str
    assists: tuple[str, ...]
    status: Status
    rule: str
    suggestion: str | None


class Period(NamedTuple):
    """A responsibility's attribution over a half-open run of days."""

    responsibility: Responsibility
    attribution: Attribution
    from_: date
    to: date | None


Versions = Sequence[tuple[date, Facts]]
Grounds = Sequence[tuple[date, Ground]]


def edition(day: date) -> date:
    """The day that stands for the version of the notice in force: its last change, or the notice's own day."""
    return max((change for change in WLKB_2020_1.changes if change <= day), default=NOTICE_DAY)


def stretches(versions: Versions, grounds: Grounds) -> list[Stretch]:
    """A project's timeline, one stretch from each day on which its facts, the ground or the rules change.

    `versions` and `grounds` are in order of their first day; before the first of them the first holds. The days
    of a project's life are taken from its newest version: a changed day is a correction, never an event.
    Returns nothing for a project without any day. Raises RulesConflict.
    """
    newest = versions[-1][1]
    begins_on = newest.begins_on
    if begins_on is None:
        return []
    completed_on = newest.completed_on
    first = max(begins_on, grounds[-1][1].first_day)
    days = [first]
    if completed_on is not None and completed_on > first:
        days.append(completed_on)
    if len(versions) > 1 or len(grounds) > 1 or WLKB_2020_1.changes:
        changes = [*(day for day, _ in (*versions[1:], *grounds[1:])), *WLKB_2020_1.changes]
        days = sorted({*days, *(day for day in changes if day > first)})
    found = []
    for day in days:
        facts, ground = _in_force(versions, day), _in_force(grounds, day)
        case = ground.case(facts, begins_on, completed_on, day)
        found.append(Stretch(day, facts, ground, case, decided(case, ground, day), begins_on, completed_on))
    return found


def decided(case: Case, ground: Ground, day: date) -> Outcome:
    """The outcome for a case, worked out once for each ground: distinct cases are few, projects are many."""
    key = (case, edition(day)) if WLKB_2020_1.changes else case
    outcome = ground.outcomes.get(key)
    if outcome is None:
        outcome = ground.outcomes[key] = attribute(case, ground.readings, day)
    return outcome


def _in_force(rows: Sequence[tuple[date, T]], day: date) -> T:
    value = rows[0][1]
    if len(rows) == 1:
        return value
    for from_, later in rows[1:]:
        if from_ > day:
            break
        value = later
    return value


def named(
    outcome: Outcome, facts: Facts, successors: Mapping[str, str] = NO_SUCCESSORS
) -> list[Attribution | None]:
    """An outcome with the names of one project in place of roles, one for each responsibility.

    A unit that another one succeeds gives way to it, but for who brought the project in.
    """
    units: dict[Role | None, str | None] = {
        Role.ATTRACTED_BY: facts.attracted_by,
        Role.BOOKS: facts.served_by or facts.attracted_by,
        Role.SITE: facts.site_street,
        Role.FROM_STREET: facts.from_street,
        Role.JD: "jd",
        Role.CIHUI: "cihui",
        Role.CHANGQING: "changqing",
        None: None,
    }
    found = [
        None
        if duty is None
        else Attribution(
            units[duty.lead] or "",
            (units[duty.assists[0]] or "",) if duty.assists else (),
            duty.status,
            duty.rule,
            units[duty.suggestion],
        )
        for duty in outcome.duties
    ]
    return _succeeded(found, successors) if successors else found


def _succeeded(found: list[Attribution | None], successors: Mapping[str, str]) -> list[Attribution | None]:
    """The same with the units that answer for others in their place."""
    after: list[Attribution | None] = []
    for responsibility, one in zip(RESPONSIBILITIES, found, strict=True):
        if one is None:
            after.append(None)
            continue
        attracts = responsibility is Responsibility.ATTRACTION
        lead = one.lead if attracts else successors.get(one.lead, one.lead)
        assists = tuple(successors.get(unit, unit) for unit in one.assists)
        suggestion = successors.get(one.suggestion, one.suggestion) if one.suggestion else None
        # who leads does not assist as well
        assists = tuple(unit for unit in assists if unit != lead)
        after.append(one._replace(lead=lead, assists=assists, suggestion=suggestion))
    return after


def _named_once(stretch: Stretch) -> list[Attribution | None]:
    """What named() gives, remembered: in a registry the same few units stand in the same few cases."""
    facts = stretch.facts
    known = stretch.ground.named
    key = (id(stretch.outcome), facts.attracted_by, facts.served_by, facts.site_street, facts.from_street)
    found = known.get(key)
    if found is None:
        if len(known) > 50_000:
            known.clear()
        found = known[key] = named(stretch.outcome, facts, stretch.ground.successors)
    return found


def periods(timeline: Sequence[Stretch]) -> list[Period]:
    """The six responsibilities' periods: those that touch and agree are one, in order of responsibility and day."""
    columns = [(stretch.from_, _named_once(stretch)) for stretch in timeline]
    if len(columns) == 1:
        from_, attributions = columns[0]
        pairs = zip(RESPONSIBILITIES, attributions, strict=True)
        return [Period(responsibility, one, from_, None) for responsibility, one in pairs if one is not None]
    found: list[Period] = []
    for index, responsibility in enumerate(RESPONSIBILITIES):
        running: Attribution | None = None
        since = date.min
        for day, attributions in columns:
            now = attributions[index]
            if now == running:
                continue
            if running is not None:
                found.append(Period(responsibility, running, since, day))
            running, since = now, day
        if running is not None:
            found.append(Period(responsibility, running, since, None))
    return found
