"""A change of facts: what the books refuse, days in every version, and two at once."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import db, transaction
from crm.errors import Refused
from crm.models import Project
from crm.rules.facts import Facts
from crm.services import attribution, projects, readings, rebuilding
from crm.sheets.registry import RegistryRow
from tests.founded import database

__all__ = ["database"]

TODAY = date(2021, 6, 3)


def row(number: str = "P1", **facts: Any) -> RegistryRow:
    """A project of 机电产业办 in 慈惠街, signed on 1 August 2020."""
    known = {
        "attracted_by": "jd",
        "origin": "new_introduction",
        "site_street": "cihui",
        "signed_on": date(2020, 8, 1),
    }
    return RegistryRow(2, number, "项目", "企业", None, "3525", Facts(**(known | facts)), 10**10)


@pytest.fixture
def books(session: Any) -> Any:
    """Seeded books on 3 June 2021."""
    with clock.at(TODAY):
        yield session


def test_what_no_registry_could_hold_is_refused_and_nothing_is_written(books: Any) -> None:
    project = projects.register(row(), actor=None)
    versions = len(projects.facts_history(project))
    for fact, value in (
        ("attracted_by", None),
        ("site_street", "jd"),
        ("from_street", "swj"),
        ("origin", None),
        ("origin", "elsewhere"),
        ("named_major", "some"),
        ("above_scale_industrial", None),
        ("name", ""),
        ("signed_on", None),
        ("completed_on", date(2019, 1, 1)),
        ("total_investment_fen", -5),
        ("number", "P2"),
    ):
        with pytest.raises(Refused):
            projects.change(project, {fact: value}, actor=None)
    with pytest.raises(Refused):
        projects.change(project, {"name": "新名"}, valid_from=date(2021, 6, 4), actor=None)
    assert len(projects.facts_history(project)) == versions


def test_days_are_in_order_in_every_version_that_a_change_makes(books: Any) -> None:
    project = projects.register(row(), actor=None)
    later = {"signed_on": date(2020, 9, 1), "construction_started_on": date(2020, 10, 1)}
    projects.change(project, later, valid_from=date(2021, 5, 1), actor=None)
    # the version of May has days of its own, and they stay in order
    projects.change(project, {"signed_on": date(2020, 11, 1)}, valid_from=date(2021, 1, 1), actor=None)
    assert project.signed_on == date(2020, 9, 1)
    projects.change(project, {"completed_on": date(2020, 12, 1)}, valid_from=date(2021, 5, 1), actor=None)
    with pytest.raises(Refused):
        projects.change(project, {"signed_on": date(2020, 12, 2)}, valid_from=date(2021, 5, 1), actor=None)


@pytest.mark.parametrize(("code", "choice"), [("R5", "nobody"), ("R8", "soon"), ("R12", "x")])
def test_an_unknown_reading_or_choice_is_refused(books: Any, code: str, choice: str) -> None:
    with pytest.raises(Refused):
        readings.set_reading(code, choice=choice, basis="会议纪要", valid_from=TODAY, actor=None)


@pytest.mark.parametrize("second", ["change", "rebuild"])
def test_of_two_at_once_the_second_waits_and_sees_what_the_first_did(app: Flask, second: str) -> None:
    with app.app_context(), clock.at(TODAY), transaction():
        projects.register(row(), actor=None)
        site = {"site_street": "jinghe"}
        projects.change(db.session.query(Project).one(), site, valid_from=date(2021, 5, 1), actor=None)
        readings.set_reading("R1", choice="street", basis="会议纪要", valid_from=date(2021, 1, 1), actor=None)
    waiting, failed = threading.Event(), []

    def other() -> None:
        try:
            with app.app_context(), clock.at(TODAY):
                waiting.set()
                with transaction():
                    if second == "rebuild":
                        rebuilding.rebuild(after=0, actor=None)
                    else:
                        project = db.session.query(Project).one()
                        # of an earlier version: the project's own row does not change, only its history does
                        since = date(2020, 10, 1)
                        projects.change(project, {"attracted_by": "sy"}, valid_from=since, actor=None)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=other)
    with app.app_context(), clock.at(TODAY):
        with transaction():
            project = db.session.query(Project).one()
            projects.change(project, {"site_street": "zoumaling"}, valid_from=date(2020, 9, 1), actor=None)
            thread.start()
            waiting.wait()
            thread.join(0.7)
            assert thread.is_alive()
        thread.join(20)
        assert failed == []
        db.session.expire_all()
        project = db.session.query(Project).one()
        book = attribution.rulebook()
        with transaction(keep=False):
            part = rebuilding.rebuild(after=0, actor=None)
        assert part.changes == ()
        assert len(attribution.timeline(project, book)) > 1
