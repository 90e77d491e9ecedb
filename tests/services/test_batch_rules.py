"""A batch goes by the rule and since the day by which its projects are due today, whatever day it is a list of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.models import Project
from crm.services import batch_changes, batch_contents, batch_signing, projects, rebuilding, units
from tests.services.batching import NOTICE, TODAY, database, person, sent, signed

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield session


def project(number: str) -> Project:
    return db.session.query(Project).filter_by(number=number).one()


def test_what_is_due_by_another_rule_now_is_taken_out_like_what_is_not_due(books: Any) -> None:
    batch = signed()
    projects.change(project("P001"), {"site_area": "中小企业城"}, actor=None, valid_from=NOTICE)
    assert [(one.number, one.change) for one in batch_changes.changed(batch)] == [("P001", "rule")]
    with pytest.raises(Refused):
        batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))


def test_a_list_of_an_earlier_day_says_since_when_and_by_which_rule_it_is_due_today(books: Any) -> None:
    """Between that day and today the office was entitled for a while; of another project another rule says so since."""
    projects.change(project("P001"), {"site_area": "中小企业城"}, actor=None, valid_from=date(2021, 1, 4))
    for day, included in ((date(2020, 6, 1), True), (date(2020, 9, 1), False)):
        units.set_plate(
            units.unit_by_code("jd"), place=units.unit_by_code("cihui"), included=included, valid_from=day, clause="", actor=None
        )  # fmt: skip
    rebuilding.rebuild(after=0, actor=None)
    found = batch_contents.find("stock", NOTICE, actor=person("reviewer"))
    told = {line.number: (line.since, line.rule) for line in found.lines}
    assert told["P000"] == (date(2020, 9, 1), "3.1-transfer")
    assert {(one.number, one.why) for one in found.left_out} == {("P001", "rule")}
    assert batch_changes.changed(sent()) == []
