"""The streets as tiles: figures that can be checked by hand, the choice of what is shown, the past, what an address may hold."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from crm.db import count_statements, transaction
from crm.services.street_figures import SHOWN
from crm.web import tiles
from tests.web.conftest import Client, register


def row(page: str, street: str) -> list[str]:
    """The figures of a street in the table."""
    found = re.search(rf'<th scope="row">(?:(?!</tr>).)*?/units/{street}[?"](.*?)</tr>', page, re.S)
    assert found, street
    cells = [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<td.*?</td>", found[1], re.S)]
    return [cell[0] for cell in cells[1:]]


def test_tiles_and_figures(client: Client, filled: Flask) -> None:
    with filled.app_context(), transaction():
        register("P6", "投产项目", attracted_by="jd", site_street="cihui", site_area="中小企业城",
                 completed_on=date(2021, 5, 1), fen=5 * 10**10)  # fmt: skip
    page = client("leader").get("/streets").text
    assert page.count('<li class="tile ') == 12 and "tile-column-2 tile-row-2" in page
    assert row(page, "zoumaling") == ["2", "1", "1", "0", "1.26", "0"]
    assert row(page, "cihui") == ["2", "1", "0", "1", "5.00", "1"]
    assert 'href="/projects?street=cihui&amp;status=undetermined"' in page
    assert "食品医药产业办" in page and "中小企业城" in page and "全区合计" in page
    strong = client("leader").get("/streets?show=investment").text
    steps = {street: int(step) for step, street in re.findall(
        r'class="tile tile-(\d)[^>]*>\s*<a class="tile-link" href="/units/(\w+)"', strong)}  # fmt: skip
    assert steps["cihui"] > steps["zoumaling"] > steps["baiquan"] == 0


def test_the_figures_of_the_lists_are_those_of_the_streets(client: Client) -> None:
    visitor = client("staff")
    page = visitor.get("/streets").text
    for address, count in re.findall(r'href="(/projects\?street=[^"]+)">(\d+)</a>', page):
        assert f"共{count}个项目" in visitor.get(address.replace("&amp;", "&")).text, address


def test_another_day_and_other_books(client: Client) -> None:
    visitor = client("leader")
    assert row(visitor.get("/streets?on=2021-05-31").text, "zoumaling")[0] == "1"
    assert row(visitor.get("/streets?known=2021-06-01").text, "zoumaling")[0] == "1"
    assert "这一天的账上没有街道" in visitor.get("/streets?known=2019-01-01").text


@pytest.mark.parametrize(
    "query", ["show=x", "show=%00", "on=9999-12-31", "on=0001-01-01&show=undetermined", "known=x"]
)
def test_whatever_an_address_holds_is_answered(client: Client, query: str) -> None:
    assert client("leader").get(f"/streets?{query}").status_code == 200


def test_colour_is_by_rank() -> None:
    ranked = [1, 2, 3, 4, 1000]
    assert [tiles.strength(value, ranked) for value in (0, *ranked)] == [0, 1, 2, 3, 4, 5]
    assert tiles.strength(7, [7]) == 1
    assert set(SHOWN) >= {"projects", "investment", "undetermined"}


def test_few_statements(client: Client, filled: Flask) -> None:
    visitor = client("leader")
    for path in ("/streets", "/streets?on=2021-05-01"):
        visitor.get(path)
        with filled.app_context(), count_statements() as seen:
            visitor.get(path)
        assert seen.count <= 20, seen.statements
