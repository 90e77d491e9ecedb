"""What stands beside the projects is what the decisions say, after any history and on any day it is rolled to."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm import clock
from crm.db import count_statements, transaction
from crm.models import Decision, Holding, Project, Standing
from crm.rules.facts import Facts
from crm.services import attribution, holdings, projects, rebuilding, standing
from crm.sheets.registry import RegistryRow
from tests.founded import database
from tests.importing import EXAMPLE, applied
from tests.services.test_histories import TODAY, change, facts, rule

__all__ = ["database"]


def beside(session: Any) -> dict[str, tuple[Any, ...]]:
    """What stands beside each project."""
    columns = [getattr(Project, name) for name in standing.COLUMNS if name != "standing_until"]
    return {number: tuple(rest) for number, *rest in session.execute(select(Project.number, *columns))}


def by_decisions(session: Any, day: date) -> dict[str, tuple[Any, ...]]:
    """What the decisions and the holdings themselves say."""
    columns = (Decision.id, Decision.indicators_id, Decision.enterprise_service_id, Decision.status)
    held = (Holding.indicators_id, Holding.enterprise_service_id)
    query = select(Project.number, *columns, *held).outerjoin(
        Decision, Decision.id == attribution.current(day)
    )
    query = query.outerjoin(Holding, Holding.id == holdings.current(day))
    return {number: tuple(rest) for number, *rest in session.execute(query)}


def rolled(day: date) -> int:
    """Rolls to a day and counts the steps."""
    steps = 1
    while standing.roll(day):
        steps += 1
    assert standing.is_of(day)
    return steps


def roll_apart() -> None:
    """Rolls to today as an edge does."""
    with transaction():
        rolled(TODAY)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_the_decisions_say_after_every_change_and_on_every_day(
    session: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(standing, "AT_ONCE", 2)
    opened = datetime(2021, 6, 3, 1, tzinfo=UTC)
    day = TODAY
    rolled(day)
    made: list[Project] = []
    for step in range(18):
        with clock.at(TODAY, opened + timedelta(minutes=step)):
            if len(made) < 5:
                row = RegistryRow(2, f"P{step}", "项目", "", None, "3525", Facts(**facts(chance)), None)
                made.append(projects.register(row, actor=None))
            elif chance.random() < 0.6:
                change(chance, chance.choice(made))
            elif chance.random() < 0.5:
                rule(chance, session)
            else:
                day = TODAY - timedelta(chance.randint(-400, 1400))
                # an interrupted roll to another day leaves nothing behind
                standing.roll(TODAY - timedelta(chance.randint(-400, 1400)))
                rolled(day)
        assert beside(session) == by_decisions(session, day), (seed, step, day)
    with clock.at(TODAY):
        rebuilding.rebuild(after=0, actor=None)
    versions = {project.id: project.version for project in made}
    for moved in range(-1500, 400, 97):
        rolled(TODAY + timedelta(moved))
        assert beside(session) == by_decisions(session, TODAY + timedelta(moved))
    session.expire_all()
    assert {project.id: project.version for project in made} == versions


def test_a_day_of_which_it_is_not_is_said(session: Any) -> None:
    rolled(TODAY)
    assert not standing.is_of(TODAY + timedelta(days=1))
    session.get(Standing, 1).rolled_from = TODAY - timedelta(days=1)
    session.flush()
    assert not standing.is_of(TODAY)


def test_a_project_in_hand_shows_what_was_decided_meanwhile(session: Any) -> None:
    with clock.at(TODAY):
        rolled(TODAY)
        made = Facts(attracted_by="jd", origin="new_introduction", site_street="cihui", signed_on=TODAY)
        project = projects.register(RegistryRow(2, "P1", "项目", "", None, "3525", made, None), actor=None)
        assert project.indicators_id == project.attracted_by_id
        assert project.attribution_status == "decided"
        version = project.version
        projects.change(project, {"attracted_by": "cihui"}, actor=None)
        assert project.indicators_id == project.site_street_id == project.enterprise_service_id
        assert project.version == version + 1


def test_rolling_where_nothing_moves_costs_next_to_nothing(session: Any) -> None:
    rolled(TODAY)
    with count_statements() as seen:
        assert standing.roll(TODAY) is False
    assert seen.count == 1


def test_an_import_leaves_the_same_beside_new_and_changed_projects(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        with transaction() as session:
            rolled(TODAY)
        with clock.at(TODAY):
            applied(EXAMPLE)
            assert not standing.is_of(TODAY), "the decisions are asked until it was rolled"
            roll_apart()
            assert beside(session) == by_decisions(session, TODAY)
            assert {row[3] for row in beside(session).values()} >= {"decided", "undetermined"}
            text = EXAMPLE.read_text().replace("机电产业办", "临空产业办")
            changed = tmp_path / "changed.csv"
            changed.write_text(text)
            before = beside(session)
            applied(changed, date(2021, 6, 1))
            roll_apart()
            assert beside(session) == by_decisions(session, TODAY) != before
