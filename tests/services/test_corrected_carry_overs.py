"""What closed months are credited with follows who was entitled, whatever is corrected and in which order things pass on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, true

from crm import clock
from crm.db import db
from crm.models import AuditEvent, CarryOver, Unit
from crm.periods import Month
from crm.services import carry_over_list, carry_overs, months, rebuilding, transfers, units
from crm.services.unit_figures import Amount
from tests.services import transferring
from tests.services.offering import account, person
from tests.services.transferring import TODAY, begin, brought, change, project, register

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    """P1 passes from `gx` to `jinghe` since 15 April 2021; April and May are closed."""
    with clock.at(TODAY):
        found = begin()
        account("cihui", "unit_head", found.units["cihui"])
        for month in (4, 5):
            months.close(Month(2021, month), actor=None)
        yield session


def lines() -> list[tuple[str, str, str, str, str]]:
    """First and last closed month, who has less, who has more, and the month it is booked in."""
    codes = {unit.id: unit.code for unit in db.session.query(Unit)}
    return [
        (row.first_month, row.last_month, codes[row.from_unit_id], codes[row.to_unit_id], row.month)
        for row in db.session.scalars(select(CarryOver).order_by(CarryOver.id))
    ]


def pass_on(giving: str, getting: str) -> None:
    """What is due of P1 passes on, foreseen as it is then written."""
    made = transferring.complete(transfers.propose(project().id, reason="划转", actor=person(getting)))
    foreseen = [
        (str(line.first_month), str(line.last_month), line.from_unit_id, line.to_unit_id)
        for line in carry_overs.preview([made])
    ]
    before = len(lines())
    transfers.send(made.id, version=made.version, actor=person(giving))
    transfers.sign(made.id, version=made.version, actor=person(getting))
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    rows = db.session.scalars(select(CarryOver).order_by(CarryOver.id)).all()[before:]
    assert foreseen == [
        (row.first_month, row.last_month, row.from_unit_id, row.to_unit_id) for row in rows
    ], "both sides saw it before they signed"


FIRST = ("2021-04", "2021-05", "gx", "jinghe", "2021-06")


def test_what_was_carried_over_comes_back_with_the_project(books: Any) -> None:
    brought("confirmed")
    change("completed_on", None, valid_from=transferring.SIGNED)
    assert lines() == [FIRST], "it is due back: the transfer settles it"
    pass_on("jinghe", "gx")
    assert lines() == [FIRST, ("2021-04", "2021-05", "jinghe", "gx", "2021-06")]


def test_whom_a_corrected_site_names_gets_the_months_too(books: Any) -> None:
    brought("confirmed")
    change("site_street", "cihui", valid_from=transferring.SIGNED)
    pass_on("jinghe", "cihui")
    assert lines() == [FIRST, ("2021-04", "2021-05", "jinghe", "cihui", "2021-06")]


def test_a_correction_that_leaves_nothing_due_sets_the_line_right_by_itself(books: Any) -> None:
    made = brought("confirmed")
    change("completed_on", date(2021, 6, 1), valid_from=transferring.SIGNED)
    assert project().due_since is None
    assert lines() == [FIRST, ("2021-04", "2021-05", "jinghe", "gx", "2021-06")]
    [event] = db.session.query(AuditEvent).filter_by(action="carry_over.corrected")
    last = db.session.scalars(select(CarryOver).order_by(CarryOver.id.desc())).first()
    assert last is not None and (last.event_id, last.transfer_id) == (event.id, made.id)
    assert len(db.session.scalars(carry_overs.booked(CarryOver.transfer_id == made.id)).all()) == 1
    change("completed_on", date(2021, 5, 6), valid_from=transferring.SIGNED)
    assert lines()[2:] == [("2021-05", "2021-05", "gx", "jinghe", "2021-06")], "May alone is its own again"
    assert (
        carry_overs.correct([project().id], actor=None)
        == 0
        == (carry_overs.correct_some(after=0, most=9) or 0)
    )


def test_units_entitled_one_after_the_other_each_get_their_months(books: Any) -> None:
    change("site_street", "cihui", valid_from=date(2021, 5, 10))
    change("total_investment_fen", 100, valid_from=transferring.SIGNED)
    pass_on("gx", "cihui")
    assert lines() == [
        ("2021-04", "2021-04", "gx", "jinghe", "2021-06"),
        ("2021-05", "2021-05", "gx", "cihui", "2021-06"),
    ]
    sums, whole = carry_over_list.sums(person("chief"), carry_over_list.Filters())
    told = {
        unit.code: (sums[unit.id].gives, sums[unit.id].gets)
        for unit in db.session.query(Unit)
        if unit.id in sums
    }
    once, twice, nothing = Amount(1, 100), Amount(2, 100), Amount()
    assert told == {"gx": (twice, nothing), "jinghe": (nothing, once), "cihui": (nothing, once)}
    assert whole == twice == carry_over_list.in_all(Month(2021, 6), true()), "of one project, in two months"


def test_a_project_that_passes_on_within_open_months_carries_nothing_over(books: Any) -> None:
    register("P2", completed_on=date(2021, 6, 2))
    register("P3", signed_on=date(2021, 6, 1), completed_on=date(2021, 6, 2))
    assert carry_overs.preview([brought("filling", number="P3")]) == [], "P3 began in an open month"
    brought("confirmed", number="P2")
    assert lines() == []


def test_months_that_no_line_concerned_yet_follow_a_correction_too(books: Any) -> None:
    made = brought("confirmed")
    assert lines() == [FIRST]
    change("completed_on", date(2021, 2, 10), valid_from=transferring.SIGNED)
    assert project().due_since is None
    assert lines()[1:] == [("2021-02", "2021-03", "gx", "jinghe", "2021-06")], (
        "as if it had been known before"
    )
    assert {row.transfer_id for row in db.session.scalars(select(CarryOver))} == {made.id}
    assert carry_overs.correct([project().id], actor=None) == 0


def passed_on_in_time() -> None:
    """P1 passed on in April, and April and May were closed after that."""
    with clock.at(date(2021, 4, 20)):
        begin()
        brought("confirmed")
    with clock.at(TODAY):
        for month in (4, 5):
            months.close(Month(2021, month), actor=None)


def test_what_passed_on_in_time_is_set_right_where_it_should_have_passed_on_later(session: Any) -> None:
    passed_on_in_time()
    with clock.at(TODAY):
        assert carry_overs.correct_some(after=0, most=9) is None and lines() == []
        change("completed_on", date(2021, 6, 1), valid_from=transferring.SIGNED)
        assert project().due_since is None
        assert lines() == [("2021-04", "2021-05", "jinghe", "gx", "2021-06")]


def test_whom_a_later_day_entitles_takes_no_months_from_those_entitled_before(books: Any) -> None:
    change("site_street", "cihui", valid_from=date(2021, 5, 10))
    gx = units.unit_by_code("gx")
    units.set_plate(
        gx,
        place=units.unit_by_code("cihui"),
        included=True,
        valid_from=date(2021, 9, 1),
        clause="",
        actor=None,
    )
    rebuilding.rebuild(after=0, actor=None)
    pass_on("gx", "cihui")
    assert lines() == [
        ("2021-04", "2021-04", "gx", "jinghe", "2021-06"),
        ("2021-05", "2021-05", "gx", "cihui", "2021-06"),
    ]


def test_months_of_a_unit_that_never_got_the_project_stay_as_they_were_closed(session: Any) -> None:
    passed_on_in_time()
    with clock.at(TODAY):
        for street, day in (("cihui", date(2021, 5, 10)), ("jinghe", date(2021, 6, 1))):
            change("site_street", street, valid_from=day)
        assert project().due_since is None and lines() == []
