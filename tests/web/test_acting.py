"""The page of a transfer whose giving unit another succeeded: it names that one and offers it the step."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import transaction
from crm.services import people, standing, successions, transfers, units
from tests import build
from tests.web.conftest import TODAY, Client, register


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_says_who_acts_for_a_unit_that_was_succeeded(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction(), clock.at(TODAY):
        made = register(
            "P9", "厂", attracted_by="jd", site_street="zoumaling", signed_on=date(2020, 6, 1), completed_on=date(2021, 4, 15)
        )  # fmt: skip
        standing.roll_all(TODAY)
        jd, sy = (units.unit_by_code(code) for code in ("jd", "sy"))
        people.add_user(
            "sy", name="sy", role="unit_head", unit=sy, password=None, valid_from=build.NOTICE, actor=None
        )
        transfers.propose(made.id, reason="", actor=None)
        successions.succeed(jd, sy, valid_from=TODAY, basis="机构改革", actor=None)
        name = f"{sy.name}（承继{jd.name}）"
    page = client("sy").get("/transfers/1").text
    assert f"等{name}填写移交清单" in page and "轮到您" in page and "签字并送出" in page
    assert "轮到您" not in client("staff").get("/transfers/1").text
