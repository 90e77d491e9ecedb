"""The list of carry-overs: what it shows and adds up, its pages and filters, its export, and what an address may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string

from crm.db import count_statements, db, transaction
from crm.models import Transfer
from crm.periods import Month
from crm.services import carry_over_list, carry_overs, dues, months, transfer_effects
from crm.services.unit_figures import Amount
from crm.web.effects_picture import Shown
from tests.services.passing import confirm
from tests.web.conftest import TODAY, Client, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOSTILE = ("unit=x", "unit=%00", "month=2021-13", "month=x", "month=9999-01", "after=x", "after=" + "9" * 400, "before=-1",
           "last=1", "last=x&after=1&before=2")  # fmt: skip


@pytest.fixture
def booked(filled: Flask) -> Iterator[Flask]:
    """Three projects that passed on late, one of them of unknown size."""
    with filled.app_context(), transaction():
        made = [
            register(f"L{n}", f"迟转项目{n}", attracted_by="jd", site_street=street, signed_on=date(2021, 1, 4),
                     completed_on=date(2021, n, 1), fen=fen)
            for n, street, fen in ((2, "cihui", 2 * 10**10), (3, "cihui", None), (4, "baiquan", 4 * 10**10))
        ]  # fmt: skip
        for month in range(1, 6):
            months.close(Month(2021, month), actor=None)
        transfers = []
        for project in made:
            [due] = dues.of(project, TODAY)
            transfers.append(
                Transfer(project_id=project.id, from_unit_id=due.from_unit_id, to_unit_id=due.to_unit_id, due_on=TODAY,
                         rule=dues.rule_of(due), since=due.since, state="confirming", indicators=True,
                         enterprise_service=True, project=project)
            )  # fmt: skip
            db.session.add(transfers[-1])
        db.session.flush()
        carry_overs.book(transfers, confirm(transfers))
    yield filled


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_empty_list_says_what_would_be_in_it(client: Client) -> None:
    page = client("leader").get("/carry-overs")
    assert page.status_code == 200 and "还没有结转" in page.text


def test_lines_and_sums_by_unit_and_month(client: Client, booked: Flask) -> None:
    visitor = client("staff")
    with count_statements() as counted:
        page = visitor.get("/carry-overs").text
    assert counted.count <= 12
    said = text(page)
    assert "共3笔，总投资6.00亿元" in said and "-4.00" in said and "+4.00" in said and "未登记" in said
    assert "2021-02至2021-05" in said and "迟转项目4" in said
    with booked.app_context():
        sums, whole = carry_over_list.sums(None, carry_over_list.Filters())
        assert not sums and not whole, "who may not read projects sees no figure"
    cihui = text(visitor.get("/carry-overs?unit=cihui&month=2021-06").text)
    assert "共2笔，总投资2.00亿元" in cihui and "迟转项目4" not in cihui
    assert "没有符合条件的结转" in visitor.get("/carry-overs?unit=zoumaling").text
    assert "这一页没有结转" in visitor.get("/carry-overs?after=0").text
    assert "Carry-over" in client("leader", "en").get("/carry-overs").text


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_the_export_has_every_line(client: Client, booked: Flask, format_: str) -> None:
    answer = client("staff").post("/carry-overs/export", data={"format": format_, "unit": "jd"})
    assert answer.status_code == 200 and len(answer.data) > 100
    if format_ == "csv":
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert sum("迟转项目" in line for line in lines) == 3 and any("-4" in line for line in lines)


def test_no_address_breaks_it(client: Client, booked: Flask) -> None:
    visitor = client("leader")
    for query in HOSTILE:
        assert visitor.get(f"/carry-overs?{query}").status_code == 200, query


def test_the_macro_shows_what_passes_on(client: Client, filled: Flask) -> None:
    told: Any = transfer_effects.Effects(
        Amount(1, 10**10),
        {1: transfer_effects.Held(), 2: transfer_effects.Held()},
        transfer_effects.Held(),
        (transfer_effects.Flow(1, 2, Amount(1, 10**10), 1, 0, 0),),
        (),
    )
    with filled.test_request_context():
        source = '{% import "components/effects.html" as effects with context %}{{ effects.shown(shown) }}'
        assert "全区合计划转前后相同" in render_template_string(source, shown=Shown.of(told))
        told.district.indicators.after = Amount(1, 0)
        assert "请先核对" in render_template_string(source, shown=Shown.of(told))
