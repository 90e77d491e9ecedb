"""A batch of each kind, confirmed: what it moves from whom to whom, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.models import Project, Unit
from crm.services import batch_contents, batch_effect
from tests.services.batching import NOTICE, OLD, TODAY, confirmed, database, person, register

__all__ = ["database"]

STREETS = {
    "attracted_by": "xingou",
    "served_by": "xingou",
    "signed_on": OLD,
    "completed_on": OLD,
}
"""Stock of 新沟镇街, in the books with no office."""

NEW = date(2020, 6, 1)


def held() -> dict[str, tuple[str, str]]:
    """Project → who holds its indicators and its service."""
    codes = {unit.id: unit.code for unit in db.session.query(Unit)}
    return {
        one.number: (codes[one.held_indicators_id or 0], codes[one.held_enterprise_service_id or 0])
        for one in db.session.query(Project)
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "moves", "stays", "giver", "receiver"),
    [
        # 中小企业城's stock is 慈惠街's; what was completed later follows 二是
        ("sme_city", {"site_area": "中小企业城", "site_street": "cihui"}, {"completed_on": NEW}, "xingou", "cihui"),
        # 新沟镇街's and 东山街's in 长青街; what began after the notice is not of the block
        ("changqing", {"site_street": "changqing"}, {"signed_on": NEW, "completed_on": None}, "xingou", "changqing"),
        # a move from street to street; what was new there is not one
        ("street_move", {"origin": "relocation", "from_street": "xingou", "site_street": "cihui"},
         {"origin": "new_introduction", "from_street": None}, "xingou", "cihui"),
        # counted in one street and at work in another; what is not above scale stays where it is
        ("operating_place", {"above_scale_industrial": True, "statistical_street": "xingou", "site_street": "cihui"},
         {"above_scale_industrial": False}, "xingou", "cihui"),
    ],
)  # fmt: skip
def test_a_batch_of_each_kind_moves_what_its_rule_names(
    session: Any, kind: str, moves: dict[str, Any], stays: dict[str, Any], giver: str, receiver: str
) -> None:
    with clock.at(TODAY):
        register("MOVES", **STREETS | moves)
        register("STAYS", **STREETS | moves | stays)
        before = held()
        assert before["MOVES"] == (giver, giver)
        found = batch_contents.find(kind, NOTICE, actor=person("reviewer"))
        wanted = {"MOVES"} | ({"SME"} if kind == "sme_city" else set())
        assert {line.number for line in found.lines} == wanted
        batch = confirmed(kind=kind)
        assert batch_effect.put_into_effect(batch.id, batch.round, actor=person("bureau_head")) == len(wanted)
        assert held() == before | dict.fromkeys(wanted, (receiver, receiver))
        assert {one.due_since for one in db.session.query(Project).filter(Project.number.in_(wanted))} == {
            None
        }
