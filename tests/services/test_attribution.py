"""What the books decide is what the exchange format decides, today and as known before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from crm import clock
from crm.db import count_statements, db
from crm.models import Decision, Outcome, Project, Unit
from crm.periods import ALWAYS
from crm.rules.timeline import periods
from crm.services import attribution, history, outcomes, projects, readings
from crm.sheets import tables
from crm.sheets.attribution import lines
from crm.sheets.registry import Registry, RegistryRow
from crm.sheets.vocabulary import seeded_vocabulary
from tests.founded import database

__all__ = ["database"]

CASES = Path(__file__).parents[1] / "cases"
AS_OF = date(2021, 5, 31)


def example() -> list[RegistryRow]:
    """The worked example's projects."""
    return list(Registry(seeded_vocabulary()).read(tables.read(CASES / "registry.csv")))


def named(number: str) -> RegistryRow:
    """One project of the worked example."""
    return next(row for row in example() if row.number == number)


@pytest.fixture
def books(session: Any) -> Any:
    """Seeded books on 3 June 2021."""
    with clock.at(date(2021, 6, 3)):
        yield session


def test_the_worked_example_in_the_books(books: Any) -> None:
    book = attribution.rulebook()
    for row in example():
        projects.register(row, actor=None, book=book)
    names = {unit.code: unit.name for unit in books.query(Unit)}
    found: list[tuple[str, ...]] = []
    for project in books.query(Project).order_by(Project.number):
        timeline = attribution.timeline(project, book)
        assert [(s.from_) for s in timeline][:1] == [d.from_day for d in attribution.decided(project)][:1]
        found.extend(lines(project.number, periods(timeline), names, AS_OF))
    expected = (CASES / "attribution.csv").read_text().splitlines()[1:]
    assert [",".join(line) for line in found] == expected


def test_stored_decisions_say_what_the_rules_say_on_every_day(books: Any) -> None:
    project = projects.register(named("C02"), actor=None)
    for day, lead in (
        (date(2020, 7, 31), None),
        (date(2020, 8, 1), "jd"),
        (date(2021, 4, 14), "jd"),
        (date(2021, 4, 15), "jinyinhu"),
    ):
        found = attribution.entitled(project, day)
        unit = db.session.get(Unit, found.indicators_id) if found else None
        assert (unit.code if unit else None) == lead, day


def test_a_correction_is_known_only_from_when_it_was_recorded(books: Any) -> None:
    before, after = datetime(2021, 5, 1, tzinfo=UTC), datetime(2021, 5, 20, tzinfo=UTC)
    with clock.at(date(2021, 5, 1), before):
        project = projects.register(named("C02"), actor=None)
    with clock.at(date(2021, 5, 20), after):
        changed = projects.change(project, {"completed_on": date(2021, 5, 10)}, actor=None)
    assert changed == ["completed_on"]
    day = date(2021, 4, 20)
    street, office = (books.query(Unit).filter_by(code=code).one().id for code in ("jinyinhu", "jd"))
    as_known = attribution.entitled(project, day, known=before)
    assert as_known is not None and as_known.indicators_id == street
    now = attribution.entitled(project, day)
    assert now is not None and now.indicators_id == office
    assert attribution.entitled(project, date(2021, 5, 10)).indicators_id == street  # type: ignore[union-attr]
    assert [s.from_ for s in attribution.timeline(project, attribution.rulebook(), before)] == [
        date(2020, 8, 1),
        date(2021, 4, 15),
    ]


def test_a_project_that_begins_later_than_once_thought_has_nothing_before(books: Any) -> None:
    project = projects.register(named("C02"), actor=None)
    projects.change(project, {"signed_on": date(2020, 9, 1)}, actor=None)
    assert attribution.entitled(project, date(2020, 8, 15)) is None
    assert attribution.entitled(project, date(2020, 9, 1)) is not None


def test_a_site_chosen_later_holds_from_its_day(books: Any) -> None:
    project = projects.register(named("C04"), actor=None)
    projects.change(project, {"site_street": "cihui"}, valid_from=date(2021, 5, 6), actor=None)
    found = [(row.from_day, row.status) for row in attribution.decided(project)]
    assert found == [(date(2021, 3, 1), "provisional"), (date(2021, 5, 6), "decided")]
    # a correction from the beginning leaves alone what was changed later
    projects.change(project, {"site_street": "zoumaling", "name": "健康食品总部园"}, actor=None)
    history_rows = projects.facts_history(project)
    newest = {row.valid_from: row for row in history_rows}
    assert newest[ALWAYS].site_street_id != newest[date(2021, 5, 6)].site_street_id
    assert {row.name for row in newest.values()} == {"健康食品总部园"}
    assert project.site_street_id == newest[date(2021, 5, 6)].site_street_id


def test_the_same_change_twice_writes_nothing_the_second_time(books: Any) -> None:
    project = projects.register(named("C04"), actor=None)
    assert projects.change(project, {"site_street": "cihui"}, actor=None)
    count = books.query(Decision).count()
    assert projects.change(project, {"site_street": "cihui"}, actor=None) == []
    assert books.query(Decision).count() == count


def test_a_reading_set_later_moves_only_what_it_shapes(books: Any) -> None:
    inside = projects.register(named("C01"), actor=None)
    outside = projects.register(named("C03"), actor=None)
    readings.set_reading("R1", choice="street", basis="会议纪要", valid_from=date(2021, 3, 1), actor=None)
    event = history.record("attribution.rebuilt", actor=None)
    changes = attribution.decide([inside.id, outside.id], attribution.rulebook(), event=event)
    assert [(project_id, day) for project_id, day, _, _ in changes] == [(outside.id, date(2021, 3, 1))]
    found = {row.from_day: row for row in attribution.decided(outside)}
    assert found[date(2021, 3, 1)].indicators_id == outside.site_street_id
    assert found[date(2020, 10, 1)].indicators_id == outside.attracted_by_id


def test_deciding_many_takes_the_same_statements_as_deciding_few(books: Any) -> None:
    book = attribution.rulebook()
    made = [projects.register(row, actor=None, book=book) for row in example()]
    event = history.record("attribution.rebuilt", actor=None)
    with count_statements() as seen:
        assert attribution.decide([project.id for project in made], book, event=event) == []
    assert seen.count == 3, "two for what is decided, one for who holds first"


def test_the_explanation_kept_with_a_decision_reads_back_as_it_was(books: Any) -> None:
    book = attribution.rulebook()
    for number in ("C02", "C08", "F12"):
        project = projects.register(named(number), actor=None, book=book)
        kept = [db.session.get(Outcome, row.outcome_id) for row in attribution.decided(project)]
        timeline = attribution.timeline(project, book)
        assert [outcomes.load(row.body) for row in kept if row] == [stretch.outcome for stretch in timeline]
