"""Books of a revision that knew no holdings: bringing them up says who holds what as entering the projects had said it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from crm import clock, create_app
from crm.db import db, downgrade, transaction, upgrade
from crm.models import Decision, Holding, Project
from crm.rules.facts import NOTICE_DAY, Facts
from crm.services import history, holdings, projects
from crm.sheets.registry import RegistryRow
from tests.databases import Database
from tests.founded import database
from tests.services.test_histories import OFFICES, TODAY, change, facts

__all__ = ["database"]

BEFORE = "0017"
PROJECTS, CORRECTED, YET_TO_BEGIN = 18, 8, date(2022, 3, 1)
INSTANT = datetime(2021, 6, 3, 1, tzinfo=UTC)


def entered(chance: random.Random) -> set[int]:
    """Enters projects of every kind, one a minute, then changes some; the ids of those that were left as entered."""
    made = []
    for number in range(PROJECTS):
        given = facts(chance)
        if number == PROJECTS - 1:
            given |= {"signed_on": YET_TO_BEGIN, "construction_started_on": None, "completed_on": None}
        row = RegistryRow(2, f"P{number:02}", "项目", "", None, "3525", Facts(**given), None)
        with clock.at(TODAY, INSTANT + timedelta(minutes=number)), transaction():
            made.append(projects.register(row, actor=None).id)
    for turn in range(CORRECTED):
        project = db.session.get_one(Project, made[turn])
        with clock.at(TODAY, INSTANT + timedelta(days=1, minutes=turn)), transaction():
            change(chance, project)
        with clock.at(TODAY, INSTANT + timedelta(days=2, minutes=turn)), transaction():
            signed = {"signed_on": TODAY - timedelta(days=chance.randint(1, 1400)), "completed_on": None}
            projects.change(project, signed | {"construction_started_on": None}, actor=None)
        with clock.at(TODAY, INSTANT + timedelta(days=3, minutes=turn)), transaction():
            books = {"served_by": chance.choice(OFFICES)}
            projects.change(project, books, valid_from=NOTICE_DAY - timedelta(days=9), actor=None)
    return set(made[CORRECTED:])


def said() -> dict[int, list[holdings.Row]]:
    """Who holds each project from each day on, days on which nothing changes left out."""
    found: dict[int, list[holdings.Row]] = {}
    for project_id, rows in holdings.rows_of(list(db.session.scalars(select(Project.id)))).items():
        before: tuple[int | None, ...] = holdings.NOBODY
        kept = found.setdefault(project_id, [])
        for row in rows:
            if row[1:] != before:
                kept.append(row)
            before = row[1:]
    return found


def written(project_ids: set[int]) -> list[tuple[Any, ...]]:
    """The rows themselves, but for their ids."""
    columns = [column for column in Holding.__table__.columns if column.name != "id"]
    query = select(*columns).where(Holding.project_id.in_(project_ids)).order_by(Holding.project_id)
    return [tuple(row) for row in db.session.execute(query)]


def test_old_books_are_given_the_holders_that_entering_the_projects_gave(
    database: Database, tmp_path: Path
) -> None:
    app = create_app(database.settings(tmp_path / "instance"))
    with app.app_context():
        left = entered(random.Random(7))
        by_hand, rows = said(), written(left)
        first = [held[0][0] for held in by_hand.values()]
        assert min(first) <= NOTICE_DAY < max(first) == YET_TO_BEGIN
        assert set(db.session.scalars(select(Decision.status))) >= {"decided", "undetermined"}
        assert db.session.query(Holding).filter_by(indicators_id=None).first(), "no beginning was corrected"
        db.session.remove()
    downgrade(app, BEFORE)
    upgrade(app)
    with app.app_context():
        assert said() == by_hand
        assert written(left) == rows
        with transaction():
            event = history.record("attribution.rebuilt", actor=None)
            assert holdings.seat(select(Project.id), event) == []
        db.session.remove()
        db.engine.dispose()
