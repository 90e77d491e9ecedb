"""The funnel's page: pictures with their tables, rows behind figures, a unit's people its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, db, transaction
from crm.models import Unit
from crm.money import yi
from tests import build
from tests.web.conftest import TODAY, Client


@pytest.fixture
def leads(filled: Flask) -> Flask:
    """Leads of two offices."""
    with filled.app_context(), clock.at(TODAY), transaction():
        units = {unit.code: unit for unit in db.session.query(Unit)}
        for number in range(40):
            build.lead(
                units["jd" if number < 35 else "sy"], f"XS{number:03}", name=f"客商{number:03}",
                logged_on=TODAY - timedelta(days=number), intended_investment_fen=12_345_000_000 + number,
                negotiating_on=date(2021, 6, 3) if number % 2 else None,
                **({"stage": "withdrawn", "lost_reason": "cost"} if number % 10 == 9 else {}),
            )  # fmt: skip
    return filled


def test_the_pictures_and_the_rows_behind_a_figure(client: Client, leads: Flask) -> None:
    leader = client("leader")
    page = leader.get("/leads/funnel").text
    assert "2020年7月至2021年6月" in page and page.count("<svg") >= 4
    assert "成本" in page and "食品医药产业办" in page and "XS001" not in page
    behind = leader.get("/leads/funnel?step=negotiating&from=2021-05&to=2021-06").text
    assert "客商001" in behind and "客商002" not in behind
    first = leader.get("/leads/funnel?step=logged").text
    assert "下一页" in first and "客商000" in leader.get("/leads/funnel?step=logged&before=11").text
    assert "客商036" not in leader.get("/leads/funnel?step=logged&unit=jd").text
    assert "没有登记线索" in leader.get("/leads/funnel?from=2019-01&to=2019-02").text
    english = client("leader", "en").get("/leads/funnel?reason=cost&furthest=negotiating").text
    assert "Lead funnel" in english and "Stopped at: " in english


def test_a_unit_sees_its_own_in_full_and_of_the_district_counts_alone(client: Client, leads: Flask) -> None:
    staff = client("staff")
    page = staff.get("/leads/funnel").text
    assert '<td data-label="全区个数" class="number">40</td>' in page, "the district's count"
    own, district = sum(12_345_000_000 + n for n in range(35)), sum(12_345_000_000 + n for n in range(40))
    assert yi(own) in page and yi(district) not in page
    assert yi(district) in client("leader").get("/leads/funnel").text
    for query in ("unit=sy", "unit=sy&step=logged", "step=logged&before=41"):
        other = staff.get(f"/leads/funnel?{query}").text
        assert "客商036" not in other and "食品医药产业办" not in other
    assert "客商001" in staff.get("/leads/funnel?step=negotiating").text
    assert client("administrator").get("/leads/funnel").status_code == 403


def test_the_page_keeps_to_its_statements(client: Client, leads: Flask) -> None:
    for role in ("leader", "staff"):
        visitor = client(role)
        with count_statements() as seen:
            assert visitor.get("/leads/funnel?step=logged").status_code == 200
        assert seen.count <= 12, role


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01&to=9998-12", "from=9998-12", "to=0001-01", "from=2021-06&to=2021-01", "from=x&to=%00", "unit=zz",
        "step=x&furthest=x&source=x&reason=x&lost=2&before=-1", "step=logged&before=99999999999999999999",
        "from=9999-12&to=9999-12",
    ],
)  # fmt: skip
def test_what_means_nothing_is_ignored(client: Client, query: str) -> None:
    assert client("leader").get(f"/leads/funnel?{query}").status_code == 200
