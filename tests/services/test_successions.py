"""A unit that ceases: another answers for it by the rules from a day on, and gets what it held by a batch."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import Refusals, Refused
from crm.models import Decision, Project
from crm.rules.duties import Responsibility
from crm.rules.explanation import explain
from crm.services import (
    attribution,
    batch_changes,
    batch_contents,
    batch_effect,
    batch_signers,
    batch_signing,
    batches,
    proposals,
    rebuilding,
    successions,
    units,
)
from tests.services.batching import TODAY, database, person

__all__ = ["database"]

SINCE = date(2021, 5, 10)


@pytest.fixture
def books(session: Any) -> Any:
    with clock.at(TODAY):
        yield session


def proposed(unit: str = "jd", successor: str = "sy") -> Any:
    given = {"unit": unit, "successor": successor}
    return proposals.draft("succession", given, valid_from=SINCE, reason="机构改革", basis="区编办文件")


def succeeded() -> None:
    """机电产业办 is succeeded by 食品医药产业办: proposed, confirmed, and everything decided again."""
    made = proposals.propose(proposed(), actor=person("reviewer"))
    proposals.confirm(made.id, actor=person("bureau_head"))
    rebuilding.rebuild(after=0, actor=None)


def project(number: str) -> Project:
    return db.session.query(Project).filter_by(number=number).one()


def leads(number: str, day: date) -> dict[str, str | None]:
    codes = {unit.id: unit.code for unit in units.all_units()}
    found = attribution.entitled(project(number), day)
    assert found is not None
    return {name: codes.get(getattr(found, f"{name}_id")) for name in Responsibility}


def test_the_successor_stands_where_the_rules_name_the_unit_and_the_reason_is_shown(books: Any) -> None:
    decided = db.session.query(Decision).count()
    succeeded()
    before, after = leads("KEPT", date(2021, 5, 9)), leads("KEPT", SINCE)
    assert before["indicators"] == before["enterprise_service"] == before["policy_delivery"] == "jd"
    assert after["indicators"] == after["enterprise_service"] == after["policy_delivery"] == "sy"
    assert before["attraction"] == after["attraction"] == "jd", "who brought it in"
    assert leads("P000", SINCE)["indicators"] == "cihui", "a street that goes on is not touched"
    assert db.session.query(Decision).count() > decided
    book = attribution.rulebook()
    found = [explain(one) for one in attribution.timeline(project("KEPT"), book)]
    assert found[0].successions == ()
    assert {(one.responsibility, one.unit, one.successor) for one in found[-1].successions} == {
        (name, "jd", "sy") for name in ("enterprise_service", "indicators", "policy_delivery")
    }
    assert (
        project("KEPT").due_since == SINCE
        and project("KEPT").held_indicators_id == units.unit_by_code("jd").id
    )
    assert successions.in_force(TODAY) == {units.unit_by_code("jd").id: units.unit_by_code("sy").id}
    assert successions.in_force(date(2021, 5, 9)) == {}


def test_what_the_unit_held_passes_on_by_a_batch(books: Any) -> None:
    succeeded()
    jd, sy = units.unit_by_code("jd"), units.unit_by_code("sy")
    units.set_unit_term(jd, active=False, valid_from=SINCE, actor=None)
    found = batch_contents.find("succession", TODAY, unit_id=jd.id, actor=person("reviewer"))
    # all of it, what a street is entitled to as well: that passes on afterwards
    assert [line.number for line in found.lines] == ["KEPT", "P000", "P001", "P002", "SME"]
    assert {(line.to_unit_id, line.rule, line.since) for line in found.lines} == {
        (sy.id, "succession", SINCE)
    }
    batch = batches.draw_up(
        "succession", TODAY, title="承继", basis="文件", unit=jd, seen=found.digest, actor=person("reviewer")
    )
    assert batch.successor_id == sy.id
    assert batch_signers.signers(batch) == [sy.id], (
        "nobody signs for a unit that has ceased but its successor"
    )
    assert batch_changes.changed(batch) == []
    batches.send(batch.id, version=batch.version, actor=person("reviewer"))
    batch_signing.sign(batch.id, version=batch.version, actor=person("sy"))
    assert batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head")) == 5
    assert {project(number).held_indicators_id for number in ("KEPT", "P000", "SME")} == {sy.id}
    assert project("KEPT").due_since is None and project("P000").due_since is not None


def test_another_successor_overtakes_the_batch(books: Any) -> None:
    succeeded()
    jd = units.unit_by_code("jd")
    batch = batches.draw_up(
        "succession", TODAY, title="承继", basis="文件", unit=jd, actor=person("reviewer")
    )
    successions.succeed(jd, units.unit_by_code("cihui"), valid_from=SINCE, basis="改", actor=None)
    assert {one.change for one in batch_changes.changed(batch)} == {"successor"}
    with pytest.raises(Refused):
        batches.send(batch.id, version=batch.version, actor=person("reviewer"))


def test_what_cannot_be(books: Any) -> None:
    with pytest.raises(Refusals):
        proposed(successor="jd")
    with pytest.raises(Refusals):
        proposed(unit="nobody")
    succeeded()
    with pytest.raises(Refusals):
        proposed(unit="sy", successor="jd")
    successions.succeed(
        units.unit_by_code("sy"), units.unit_by_code("cihui"), valid_from=SINCE, basis="x", actor=None
    )
    codes = {unit.id: unit.code for unit in units.all_units()}
    assert {codes[one]: codes[other] for one, other in successions.in_force(TODAY).items()} == {
        "jd": "cihui",
        "sy": "cihui",
    }
    successions.succeed(units.unit_by_code("jd"), None, valid_from=TODAY, basis="收回", actor=None)
    assert units.unit_by_code("jd").id not in successions.in_force(TODAY)
