"""Who is entitled to what, on any day, as known on any day; and deciding it again when facts change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.db import db
from crm.models import (
    Area,
    AuditEvent,
    Decision,
    FactColumns,
    PlateTerm,
    Project,
    ProjectFacts,
    ReadingTerm,
    Unit,
    terms,
)
from crm.periods import ALWAYS
from crm.rules import duties
from crm.rules.duties import Responsibility
from crm.rules.facts import Facts, Ground, Readings
from crm.rules.timeline import RESPONSIBILITIES, Grounds, Stretch, Versions, named, stretches
from crm.services import carry_overs, holdings, outcomes, standing, successions, transfer_overtaking

LEADS = tuple(f"{responsibility}_id" for responsibility in RESPONSIBILITIES)
Row = tuple[Any, ...]
"""A decision's outcome, six leads, status and suggestion: what makes two decisions differ."""

NOTHING: Row = (None,) * (len(LEADS) + 2) + (None,)
REMEMBERED = 50_000
"""Distinct decisions kept worked out."""

COLUMNS = ("outcome_id", *LEADS, "status", "suggestion_id")
current = standing.current


@dataclass
class Rulebook:
    """The units and the ground as the books have them, for deciding many projects with few queries."""

    units: Mapping[int, Unit]
    areas: Mapping[int, Area]
    grounds: Grounds
    _outcomes: dict[duties.Outcome, int] = field(default_factory=dict)
    _rows: dict[tuple[Any, ...], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = {unit.code: unit.id for unit in self.units.values()}
        self.names = {unit.code: unit for unit in self.units.values()}
        self.area_ids = {area.name: area.id for area in self.areas.values()}

    def facts(self, row: FactColumns) -> Facts:
        """A row's facts as the rules see them."""
        return Facts(
            self._code(row.attracted_by_id),
            self._code(row.served_by_id),
            row.origin,
            self._code(row.from_street_id),
            self._code(row.site_street_id),
            self.areas[row.site_area_id].name if row.site_area_id else None,
            self._code(row.statistical_street_id),
            row.above_scale_industrial,
            row.named_major,
            row.signed_on,
            row.construction_started_on,
            row.completed_on,
        )

    def unit_id(self, code: str | None) -> int | None:
        """A unit's id by its code; None where nobody is named."""
        return self.ids[code] if code is not None else None

    def _code(self, unit_id: int | None) -> str | None:
        return self.units[unit_id].code if unit_id is not None else None

    def decisions(self, versions: Versions) -> list[tuple[date, Row]]:
        """What is to be stored for a project: from which day on which decision, those that differ only."""
        return self.decided(stretches(versions, self.grounds))

    def decided(self, timeline: Sequence[Stretch]) -> list[tuple[date, Row]]:
        """What is to be stored of a timeline that was worked out, as decisions() gives it."""
        rows = [self._rows.get(_key(stretch)) for stretch in timeline]
        if None in rows:
            self.remember(stretch.outcome for stretch in timeline)
            rows = [self._row(stretch) for stretch in timeline]
        found: list[tuple[date, Row]] = []
        for stretch, row in zip(timeline, rows, strict=True):
            assert row is not None
            if not found or found[-1][1] != row:
                found.append((stretch.from_, row))
        return found

    def remember(self, decided: Iterable[duties.Outcome]) -> None:
        """Makes sure that outcomes are stored, and knows their ids from then on."""
        # mostly the same few objects, and to look one up is to read all it says
        distinct = {id(outcome): outcome for outcome in decided}.values()
        unknown = {outcome for outcome in distinct if outcome not in self._outcomes}
        if unknown:
            self._outcomes |= outcomes.store(unknown)

    def _row(self, stretch: Stretch) -> Row:
        """A stretch's decision, kept: in a registry the same few units stand in the same few cases."""
        attributions = named(stretch.outcome, stretch.facts, stretch.ground.successors)
        leads = [self.ids[a.lead] if a is not None else None for a in attributions]
        service = attributions[RESPONSIBILITIES.index(Responsibility.ENTERPRISE_SERVICE)]
        assert service is not None
        suggestion = self.ids[service.suggestion] if service.suggestion else None
        if len(self._rows) > REMEMBERED:
            self._rows.clear()
        row = (self._outcomes[stretch.outcome], *leads, str(service.status), suggestion)
        return self._rows.setdefault(_key(stretch), row)


def _key(stretch: Stretch) -> tuple[Any, ...]:
    """What a stretch's decision depends on; a ground keeps its outcomes, so that each stays the one it is."""
    facts = stretch.facts
    return id(stretch.outcome), facts.attracted_by, facts.served_by, facts.site_street, facts.from_street


def rulebook(known: datetime | None = None) -> Rulebook:
    """The rulebook as known at an instant (None: now): four statements and the tables of names."""
    units = {unit.id: unit for unit in db.session.scalars(select(Unit).order_by(Unit.position))}
    areas = {area.id: area for area in db.session.scalars(select(Area))}
    plates = list(db.session.scalars(terms(PlateTerm, known)))
    readings = list(db.session.scalars(terms(ReadingTerm, known)))
    succeeded = successions.all_terms(known)
    kinds = {unit.code: unit.kind for unit in units.values()}
    grounds = []
    days = {term.valid_from for rows in (plates, readings, succeeded) for term in rows}
    for day in sorted(days or {ALWAYS}):
        held: dict[tuple[int, int | None, int | None], PlateTerm] = {}
        for term in plates:
            if term.valid_from <= day:
                held[term.office_id, term.street_id, term.area_id] = term
        # in the order in which they were laid down: R3 asks which office the notice names first
        places = [
            (units[term.office_id].code, _place(term, units, areas))
            for term in sorted(held.values(), key=lambda term: term.id)
            if term.included
        ]
        chosen = {term.code: term.choice for term in readings if term.valid_from <= day}
        held_by = {term.unit_id: term.successor_id for term in succeeded if term.valid_from <= day}
        successors = {
            units[unit_id].code: units[successor_id].code
            for unit_id, successor_id in successions.resolved(held_by).items()
        }
        grounds.append((day, Ground(kinds, places, Readings(**chosen), successors)))
    return Rulebook(units, areas, grounds)


def _place(term: PlateTerm, units: Mapping[int, Unit], areas: Mapping[int, Area]) -> str:
    return units[term.street_id].code if term.street_id is not None else areas[term.area_id or 0].name


def versions(rows: Iterable[ProjectFacts], book: Rulebook) -> list[tuple[date, Facts]]:
    """A project's facts from each day on, of rows in order of first day and recording."""
    return list({row.valid_from: book.facts(row) for row in rows}.items())


def timeline(project: Project, book: Rulebook, known: datetime | None = None) -> list[Stretch]:
    """A project's whole timeline as the rules give it from what was known at an instant (None: now)."""
    rows = db.session.scalars(terms(ProjectFacts, known).where(ProjectFacts.project_id == project.id))
    return timeline_of(rows, book)


def timeline_of(rows: Iterable[ProjectFacts], book: Rulebook) -> list[Stretch]:
    """The timeline that versions of one project's facts give."""
    history = versions(sorted(rows, key=lambda row: (row.valid_from, row.id)), book)
    return stretches(history, book.grounds) if history else []


def entitled_by(
    timeline: Sequence[Stretch], book: Rulebook
) -> list[tuple[date, None, str, int | None, int | None]]:
    """Who is entitled from each day on by a timeline that was worked out, as `dues.between` takes it."""
    found: list[tuple[date, None, str, int | None, int | None]] = []
    for stretch in timeline:
        names = named(stretch.outcome, stretch.facts, stretch.ground.successors)
        service, indicators = (
            names[RESPONSIBILITIES.index(duty)]
            for duty in (Responsibility.ENTERPRISE_SERVICE, Responsibility.INDICATORS)
        )
        if service is not None and indicators is not None:
            units = (book.ids[indicators.lead], book.ids[service.lead])
            found.append((stretch.from_, None, str(service.status), *units))
    return found


def policy_apart(timeline: Sequence[Stretch], book: Rulebook) -> list[tuple[date, int | None]]:
    """From each day on who is entitled to 政策兑现 where reading R9 parts it from the service; nobody where it goes along."""
    found: list[tuple[date, int | None]] = []
    for stretch in timeline:
        names = named(stretch.outcome, stretch.facts, stretch.ground.successors)
        one = names[RESPONSIBILITIES.index(Responsibility.POLICY_DELIVERY)]
        apart = stretch.ground.readings.R9 == "site-street" and one is not None
        found.append((stretch.from_, book.ids[one.lead] if apart and one else None))
    return found


def decided(project: Project, known: datetime | None = None) -> list[Decision]:
    """What is stored for a project: the decision from each day on, in order of days."""
    query = select(Decision).where(Decision.project_id == project.id)
    if known is not None:
        query = query.where(Decision.recorded_at <= known)
    rows = db.session.scalars(query.order_by(Decision.from_day, Decision.id))
    return list({row.from_day: row for row in rows}.values())


def entitled(project: Project, day: date, known: datetime | None = None) -> Decision | None:
    """The decision in force for a project on a day, as known at an instant; none before it begins."""
    before = [row for row in decided(project, known) if row.from_day <= day]
    return before[-1] if before and before[-1].outcome_id is not None else None


def row_of(decision: Decision) -> Row:
    """What makes a stored decision differ from another."""
    return tuple(getattr(decision, column) for column in COLUMNS)


def missing(stored: Sequence[tuple[date, Row]], wanted: Sequence[tuple[date, Row]]) -> list[tuple[date, Row]]:
    """The rows to add so that the stored ones, which cannot be changed, say what is wanted on every day."""
    old, new = dict(stored), dict(wanted)
    added = []
    said = meant = NOTHING
    for day in sorted({*old, *new}):
        meant = new.get(day, meant)
        said = old.get(day, said)
        if said != meant:
            added.append((day, meant))
            said = meant
    return added


def decide(
    project_ids: Sequence[int], book: Rulebook, *, event: AuditEvent
) -> list[tuple[int, date, Row, Row]]:
    """Decides projects again and stores what differs; returns project id, day, what was said and what is said now.

    Two statements to read however many projects, and where something differs one to write it, two to put what holds
    today beside the projects, one for the transfers under way (those that lose their ground end) and one for what was
    carried over of them. Raises RulesConflict.
    """
    facts = _by_project(
        select(ProjectFacts).where(ProjectFacts.project_id.in_(project_ids)), ProjectFacts.valid_from
    )
    stored = _by_project(select(Decision).where(Decision.project_id.in_(project_ids)), Decision.from_day)
    added: list[dict[str, Any]] = []
    changes: list[tuple[int, date, Row, Row]] = []
    for project_id in project_ids:
        before = list({row.from_day: row_of(row) for row in stored.get(project_id, ())}.items())
        wanted = book.decisions(versions(facts[project_id], book))
        for day, row in missing(before, wanted):
            was = next((old for since, old in reversed(before) if since <= day), NOTHING)
            added.append({"project_id": project_id, "from_day": day, "event_id": event.id, "recorded_at": event.at, **dict(zip(COLUMNS, row, strict=True))})  # fmt: skip
            changes.append((project_id, day, was, row))
    if added:
        db.session.execute(Decision.__table__.insert(), added)  # type: ignore[attr-defined]
    # the first holder goes by the facts as well: it is looked at even where nothing is decided anew
    seated = holdings.seat(project_ids, event)
    if added or seated:
        moved = list(dict.fromkeys([*(project_id for project_id, *_ in changes), *seated]))
        standing.refresh(moved)
        transfer_overtaking.overtake(moved, actor=event.actor)
        carry_overs.correct(moved, actor=event.actor)
    return changes


def _by_project(query: Any, first_day: Any) -> dict[int, list[Any]]:
    entity = query.column_descriptions[0]["entity"]
    found: dict[int, list[Any]] = {}
    for row in db.session.scalars(query.order_by(entity.project_id, first_day, entity.id)):
        found.setdefault(row.project_id, []).append(row)
    return found
