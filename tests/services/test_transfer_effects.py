"""What passes on, against the same figures counted before and after it really did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import literal, select, true

from crm import clock
from crm.db import count_statements
from crm.models import DUTIES, OPEN_TRANSFERS, Project, Transfer, TransferBatch
from crm.services import batch_totals, standpoint, transfer_effects, unit_figures, units
from crm.services.unit_figures import Amount
from tests import build
from tests.founded import database  # noqa: F401 - the fixture
from tests.services.passing import DUE, TODAY, YI, begin, confirm, project, proposed

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        begin()
        yield session


def held(user: Any) -> dict[str, dict[int, Amount]]:
    """What each unit holds today, as the page of units counts it."""
    seen = standpoint.at(TODAY)
    return {
        duty: {unit: one.has for unit, one in unit_figures.by_unit(user, seen, duty).items()}
        for duty in DUTIES
    }


def test_before_and_after_are_what_the_units_hold(books: Any) -> None:
    user = build.user("leader")
    transfers = proposed(*DUE[:-1]) + proposed(DUE[-1], indicators=False)
    before = held(user)
    assert user.role
    with count_statements() as counted:
        told = transfer_effects.of(transfer_effects.moves(true()), user)
    assert counted.count <= 8
    confirm(transfers)
    after = held(user)
    assert [units.unit_by_code(code).id for code in ("jd", "baiquan", "cihui")] == list(told.units)
    for unit_id, one in told.units.items():
        for duty in DUTIES:
            assert one.of(duty).before == before[duty].get(unit_id, Amount())
            assert one.of(duty).after == after[duty].get(unit_id, Amount())
    for duty in DUTIES:
        assert told.district.of(duty).before == sum(before[duty].values(), Amount()) == Amount(6, 31 * YI)
        assert told.district.of(duty).after == sum(after[duty].values(), Amount())
    assert told.balanced and told.projects == Amount(5, 30 * YI) and told.unknown == 1
    to_cihui, to_baiquan = told.flows
    assert (to_cihui.projects, to_cihui.unknown, to_cihui.completed, to_cihui.above_scale) == (
        Amount(4, 22 * YI), 1, 4, 1
    )  # fmt: skip
    assert to_baiquan.projects == Amount(1, 8 * YI)
    assert [(str(c.first_month), str(c.last_month), c.projects, c.unknown) for c in told.carried] == [
        ("2020-04", "2021-05", Amount(2, 2 * YI), 1),
        ("2021-03", "2021-05", Amount(1, 4 * YI), 0),
        ("2021-05", "2021-05", Amount(1, 8 * YI), 0),
    ]


def test_one_transfer_a_batch_and_a_query_say_the_same(books: Any) -> None:
    user = build.user("leader")
    jd, cihui = units.unit_by_code("jd").id, units.unit_by_code("cihui").id
    query = select(
        Project.id.label("project_id"),
        Project.held_indicators_id.label("from_unit_id"),
        Project.indicators_id.label("to_unit_id"),
        true().label("indicators"),
        true().label("enterprise_service"),
        Project.due_since.label("since"),
    ).where(Project.due_since.is_not(None))
    foreseen = transfer_effects.of(query, user)
    batch = TransferBatch(
        kind="stock", title="一是", day=TODAY, basis="三 一是", due_on=TODAY, held_by_id=user.id, drawn_up_by_id=user.id
    )  # fmt: skip
    books.add(batch)
    books.flush()
    transfers = proposed(*DUE, batch_id=batch.id)
    assert batch_totals.of_batch(batch, user) == foreseen and foreseen.projects.count == 5
    transfers[1].state = "withdrawn"
    assert batch_totals.of_batch(batch, user).projects.count == 4, "an exception stays where it is"
    one = transfer_effects.of_transfer(transfers[0], user)
    assert one.units[jd].indicators.difference == Amount(-1, -2 * YI)
    assert one.units[cihui].enterprise_service.difference == Amount(1, 2 * YI)
    confirm([transfers[0]])
    assert not transfer_effects.of_transfer(transfers[0], user)


@sqlite_only
def test_what_the_giving_unit_no_longer_holds_does_not_pass_on(books: Any) -> None:
    user = build.user("leader")
    first, second = proposed("P2", "P3")
    confirm([first])
    query: Any = select(
        Transfer.project_id, Transfer.from_unit_id, Transfer.to_unit_id, Transfer.indicators,
        Transfer.enterprise_service, Transfer.since,
    )  # fmt: skip
    told = transfer_effects.of(query, user)
    assert told.projects.count == 1 and second.state in OPEN_TRANSFERS and told.balanced


@sqlite_only
def test_who_may_not_read_projects_sees_nothing(books: Any) -> None:
    proposed(*DUE)
    auditor = build.user("auditor")
    told = transfer_effects.of(transfer_effects.moves(literal(True)), auditor)
    assert not told and not told.units and told.district.indicators.before == Amount() and not told.carried
    assert project("P2").due_since is not None
