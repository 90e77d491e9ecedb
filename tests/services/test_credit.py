"""利益共享: shares are exactly 1 in sum, a closed month's split stays, and the district counts a project once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from crm import clock
from crm.db import count_statements, db
from crm.errors import NotAllowed, Refusals
from crm.models import CREDIT_ROLES, CreditSplit, Project
from crm.models.reassignments import WHOLE
from crm.money import split
from crm.periods import Month
from crm.services import credit, credited, history, months
from crm.services.credit import Row, Share
from tests import build
from tests.services.offering import TODAY, begin, lead, person

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MAY, JUNE, JULY = Month(2021, 5), Month(2021, 6), Month(2021, 7)


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def shares(small: Any, *parts: int) -> list[Share]:
    names = ("jd", "gx", "sy", "xf")
    return [
        Share(small.units[name].id, role, part)
        for part, name, role in zip(parts, names, (*CREDIT_ROLES, "referrer"), strict=False)
    ]


def fields(refused: Refusals) -> list[str | None]:
    return [one.field for one in refused]


def test_percentages() -> None:
    for written, share in (("50", 5000), ("33.33", 3333), ("0.1", 10), ("100", 10000), ("５０％", 5000), (" 12.5 % ", 1250), (".5", 50)):  # fmt: skip
        assert credit.ten_thousandths(written) == share
    for wrong in ("", "x", "-5", "+5", "1e1", "33.333", "1 000", "1000", "5,5", "١٠", "nan", "."):
        with pytest.raises(ValueError):
            credit.ten_thousandths(wrong)
    assert [credit.percent(one) for one in (5000, 3333, 10, 10000, 1)] == [
        "50",
        "33.33",
        "0.1",
        "100",
        "0.01",
    ]


@sqlite_only
def test_what_does_not_sum_to_one_says_what_is_missing(small: Any) -> None:
    jd, gx = small.jd.id, small.gx.id
    for rows, message in (
        ([Row(jd, "recruiter", "50"), Row(gx, "receiver", "49.99")], "还差0.01%"),
        ([Row(jd, "recruiter", "99.99"), Row(gx, "receiver", "0.02")], "多了0.01%"),
        ([Row(jd, "recruiter", "50"), Row(jd, "recruiter", "50")], "只填一次"),
    ):
        with pytest.raises(Refusals) as refused:
            credit.read(rows)
        assert message in str(refused.value)
    with pytest.raises(Refusals) as refused:
        credit.read([Row(None, "king", "0"), Row(jd, "recruiter", "101"), Row(gx, "receiver", "ten")])
    assert fields(refused.value) == ["unit_1", "role_1", "percent_1", "percent_2", "percent_3"]
    assert credit.read([Row(None, "", " ")]) == []
    with pytest.raises(Refusals):
        credit.share(lead(), [], valid_from=JUNE, basis="", actor=None)
    assert db.session.query(CreditSplit).count() == 0


@sqlite_only
def test_by_month_and_as_it_was_known(small: Any) -> None:
    first = credit.share(lead(), shares(small, 5000, 5000), valid_from=JUNE, basis="一", actor=None)
    known = first.recorded_at
    with clock.at(TODAY + timedelta(days=1)):
        again = credit.share(lead(), shares(small, 6000, 4000), valid_from=JUNE, basis="二", actor=None)
        later = credit.share(lead(), shares(small, 10000), valid_from=JULY, basis="三", actor=None)
    for month, at, found in ((MAY, None, None), (JUNE, None, again), (JUNE, known, first), (JULY, None, later), (Month(2030, 1), None, later), (JULY, known, first)):  # fmt: skip
        one = lead()
        with count_statements() as ran:
            assert credit.split_on(one, month, at) is found, (month, at)
        assert ran.count <= 2
    assert credit.splits_of(lead()) == [later, again, first]


@sqlite_only
def test_a_closed_month_is_never_changed(small: Any) -> None:
    held = credit.share(lead(), shares(small, 5000, 5000), valid_from=MAY, basis="", actor=None)
    months.close(MAY, actor=None)
    for month in (MAY, Month(2021, 4), Month(2100, 1)):
        with pytest.raises(Refusals) as refused:
            credit.share(lead(), shares(small, 10000), valid_from=month, basis="", actor=None)
        assert fields(refused.value) == ["month"]
    credit.share(lead(), shares(small, 10000), valid_from=JUNE, basis="", actor=None)
    assert credit.split_on(lead(), MAY) is held
    months.close(JUNE, actor=None)
    assert credit.next_month_to_share() == JULY


@sqlite_only
def test_the_bureau_decides(small: Any) -> None:
    rows = [Row(small.jd.id, "recruiter", "40"), Row(small.gx.id, "receiver", "40"), Row(small.sy.id, "referrer", "20")]  # fmt: skip
    with pytest.raises(NotAllowed):
        credit.decide(lead(), rows, valid_from=JUNE, basis="x", actor=person("jd"))
    with pytest.raises(Refusals) as refused:
        credit.decide(lead(), [], valid_from=None, basis=" ", actor=person("reviewer"))
    assert fields(refused.value) == ["shares", "month", "basis"]
    with pytest.raises(Refusals) as refused:
        credit.decide(lead(), [Row(999, "recruiter", "100")], valid_from=JUNE, basis="x", actor=person("reviewer"))  # fmt: skip
    assert fields(refused.value) == ["shares"]
    credit.decide(lead(), rows, valid_from=JUNE, basis="会议纪要", actor=person("reviewer"))
    event = history.events(lead())[-1]
    assert event.action == "credit.shared" and event.detail["shares"][0] == ["jd", "recruiter", 4000]


@sqlite_only
def test_signing_carries_the_split_over(small: Any) -> None:
    credit.share(lead(), shares(small, 7000, 3000), valid_from=MAY, basis="一", actor=None)
    credit.share(lead(), shares(small, 5000, 5000), valid_from=JULY, basis="二", actor=None)
    months.close(MAY, actor=None)
    for number, signed, began in (("P1", date(2021, 6, 2), JUNE), ("P2", date(2021, 5, 30), JUNE), ("P3", date(2021, 8, 1), Month(2021, 8))):  # fmt: skip
        project = build.project(number, signed_on=signed, attracted_by_id=small.jd.id)
        credit.carry_over(lead(), project, actor=None)
        assert [(s.valid_from, s.basis) for s in credit.splits_of(project)][::-1] == (
            [(began.first, "一"), (JULY.first, "二")] if began == JUNE else [(began.first, "二")]
        )
        assert credit.split_on(project, began.plus(-1)) is None
    nothing = build.project("P4", signed_on=TODAY)
    credit.carry_over(build.lead(small.gx, "XS2"), nothing, actor=None)
    assert credit.splits_of(nothing) == []


def test_the_units_sums_are_the_districts(small: Any) -> None:
    """Random splits, changed and unchanged, sums that do not divide, projects of nobody."""
    chance = random.Random(20210603)
    units = [small.jd, small.gx, small.sy, small.xf, small.cihui]
    for number in range(40):
        project = build.project(
            f"R{number}",
            signed_on=date(2021, chance.randint(4, 7), chance.randint(1, 28)),
            total_investment_fen=chance.choice([None, 1, chance.randrange(10**15)]),
            attracted_by_id=chance.choice([None, small.jd.id]),
            served_by_id=chance.choice([None, small.gx.id]),
        )
        for month in chance.sample([Month(2021, 4), MAY, JUNE, JULY], chance.randint(0, 2)):
            parts = [part + 1 for part in split(WHOLE - 4, [chance.randint(1, 999) for _ in range(4)])]
            chosen = [Share(chance.choice(units[at : at + 2]).id, CREDIT_ROLES[at % 3], part) for at, part in enumerate(parts)]  # fmt: skip
            if not credit.wrong_with(chosen):
                credit.share(project, chosen, valid_from=month, basis="", actor=None)
    reader = person("reviewer")
    assert reader.role
    with count_statements() as ran:
        found = credited.credited(reader, Month(2021, 4).first, JULY.last)
    assert ran.count == 2
    total, count = db.session.execute(select(func.sum(Project.total_investment_fen), func.count())).one()
    assert sum(one.fen for one in found.values()) == total
    assert sum(one.projects for one in found.values()) == count * WHOLE == 40 * WHOLE
    assert db.session.query(CreditSplit).count() > 20 and any(one.projects % WHOLE for one in found.values())
    for unit in units:
        alone = credited.credited(reader, Month(2021, 4).first, JULY.last, unit_id=unit.id)
        assert alone == {unit.id: found.get(unit.id, credited.Credited())}
    by_month = [
        credited.credited(reader, month.first, month.last) for month in (Month(2021, 4), MAY, JUNE, JULY)
    ]
    assert sum(one.fen for found in by_month for one in found.values()) == total
    before = credited.credited(reader, Month(2021, 4).first, JULY.last, known=clock.now() - timedelta(days=1))
    assert sum(one.fen for one in before.values()) == total and not any(one.shared for one in before.values())
