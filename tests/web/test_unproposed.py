"""What is due and nobody proposed: on desks, beside what is overdue, and disputed where a unit declined it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from crm import clock
from crm.db import count_statements, transaction
from crm.services import people, policy, standing, units
from tests import build
from tests.web.conftest import TODAY, Client, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NAME = "建成的医药厂"


@pytest.fixture
def due(filled: Flask) -> Iterator[Flask]:
    """A project that an office still holds and a street is entitled to, and people of both."""
    with filled.app_context(), transaction(), clock.at(TODAY):
        register("P9", NAME, attracted_by="jd", site_street="zoumaling", signed_on=date(2020, 6, 1), completed_on=date(2021, 4, 15))  # fmt: skip
        standing.roll_all(TODAY)
        for login, role, code in (("street", "unit_head", "zoumaling"), ("other", "unit_head", "sy")):
            unit = units.unit_by_code(code)
            people.add_user(login, name=login, role=role, unit=unit, password=None, valid_from=build.NOTICE, actor=None)  # fmt: skip
    yield filled


def test_what_a_unit_declined_is_disputed_until_it_is_proposed_again(client: Client, due: Flask) -> None:
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    answer = client("unit_head").post("/transfers/1/decline", data={"version": 1, "note": "清单未齐"})
    assert answer.status_code == 303
    told = "机电产业办于2021-06-03答复不同意"
    for who, reads in (
        ("staff", True),
        ("street", True),
        ("reviewer", True),
        ("other", False),
        ("leader", True),
    ):
        for path in ("/transfers?tab=due&state=disputed", "/projects/P9", "/transfers/1"):
            page = client(who).get(path).text
            assert ("清单未齐" in page) is reads and (told in page or path == "/transfers/1"), (who, path)
    assert "清单未齐" in client("street").get("/desk").text
    assert "有争议1个" in client("reviewer").get("/desk").text
    asked = client("street").get("/transfers/new?project=P9").text
    assert told in asked and "请裁定机关裁定" in asked and 'name="from"' in asked
    exported = client("staff").post("/transfers/export", data={"tab": "due", "format": "csv"})
    assert "应划转未提出，有争议" in exported.get_data(as_text=True)
    client("reviewer").post("/transfers/new", data={"project": "P9"})
    client("reviewer").post("/transfers/2/withdraw", data={"version": 1, "note": "再议"})
    assert NAME in client("staff").get("/transfers?tab=due").text
    assert NAME not in client("staff").get("/transfers?tab=due&state=disputed").text


def test_what_nobody_proposed_stands_on_desks_and_beside_what_is_overdue(client: Client, due: Flask) -> None:
    for who, waits in (
        ("staff", True),
        ("street", True),
        ("reviewer", True),
        ("other", False),
        ("leader", False),
    ):
        page = client(who).get("/desk").text
        assert ("/transfers/new?project=P9" in page) is waits and ("desk-late" in page) is waits, who
    with due.app_context(), transaction(), clock.at(TODAY):
        register("S1", "存量厂", attracted_by="jd", served_by="jd", site_street="cihui", signed_on=date(2015, 1, 1), completed_on=date(2015, 1, 1))  # fmt: skip
        standing.roll_all(TODAY)
    for who, own in (("street", 1), ("reviewer", 2)):
        page = client(who).get("/desk").text
        assert f"超过提出期限{own}个" in page and NAME in page
        listed = client(who).get("/transfers?tab=overdue" + ("&unit=zoumaling" if own == 1 else "")).text
        assert f"另有{own}个项目" in listed
        assert "应划转未提出，超过提出期限" in client(who).get("/").text
    assert NAME in client("staff").get("/transfers?tab=due&state=late").text
    # what a batch settles is a batch's for the bureau
    page = client("reviewer").get("/desk").text
    assert "存量厂" not in page and "存量厂" in client("staff").get("/desk").text
    # a unit is told so beside it, and what is for the unit to propose comes first
    page = client("staff").get("/desk").text
    assert page.index(NAME) < page.index("存量厂") < page.index("商务局按“存量项目划分”成批办理")
    assert page.count("成批办理") == 1 and "/transfers/new?project=S1" in page
    page = client("reviewer").get("/desk").text
    way = page.split('href="/batches/new?kind=stock')[1].split('"')[0].replace("&amp;", "&")
    assert "存量厂" in client("reviewer").get(f"/batches/new?kind=stock{way}").text
    assert "/batches/new" not in client("bureau_head").get("/desk").text
    for who, path, most in (
        ("reviewer", "/desk", 15), ("staff", "/desk", 15), ("reviewer", "/transfers?tab=overdue", 12),
        ("staff", "/transfers?tab=due&state=disputed", 12), ("reviewer", "/", 20), ("staff", "/", 20),
    ):  # fmt: skip
        visitor = client(who)
        visitor.get(path)
        with count_statements() as seen:
            assert visitor.get(path).status_code == 200
        assert seen.count <= most, (who, path, seen.count)
    with due.app_context(), transaction(), clock.at(TODAY):
        policy.set_value("transfer_due_days", 60, basis="x", valid_from=TODAY, actor=None)
    late = client("street").get("/transfers?tab=due&state=late").text
    assert NAME not in late and "存量厂" in late and "desk-late" not in client("street").get("/desk").text
