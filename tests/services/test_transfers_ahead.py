"""A transfer that is confirmed and takes effect on a later day: nothing is due any more, and nobody proposes it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import true

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.models import Project, Transfer, Unit
from crm.periods import Month
from crm.services import (
    batch_changes,
    batch_contents,
    batches,
    dues,
    monthly_transfers,
    months,
    policy,
    standing,
    standpoint,
    successions,
    transfer_clocks,
    transfer_flows,
    transfer_overtaking,
)
from crm.services.paging import Place
from crm.services.project_filters import Filters
from crm.services.project_list import Listing, Order
from crm.web.moment import Moment
from crm.web.project_page import ProjectPage
from tests.services.offering import person
from tests.services.transferring import (
    SIGNED,
    TODAY,
    begin,
    books,
    brought,
    change,
    holders,
    project,
    proposed,
    register,
    said,
)

HOLDS = date(2021, 7, 1)
"""The first day after the closed month, June, in the middle of which it is confirmed."""


@pytest.fixture
def ahead(session: Any) -> Iterator[Transfer]:
    with clock.at(TODAY):
        begin()
        for month in (4, 5, 6):
            months.close(Month(2021, month), actor=None)
        yield brought("confirmed")


def told(day: date) -> tuple[Any, ...]:
    """Who holds the service and who will, by the page; of how many projects a transfer is due, by whatever says so."""
    chief = person("chief")
    page = ProjectPage.of("P1", chief, Moment(clock.today(), day, None))
    held, coming = page.held("enterprise_service"), page.coming("enterprise_service")
    seen = standpoint.at(day)
    flows = transfer_flows.between_units(chief, seen, "indicators", SIGNED)
    due = {
        len(page.dues),
        len(dues.of(project(), day)),
        Listing(chief, Filters(due=True), Order(), day).page(Place()).count,
        len(db.session.execute(seen.select(chief, Project.id).where(seen.due)).all()),
        sum(flow.due.count for flow in flows),
        sum(one.due.count for one in monthly_transfers.owed(day, 30, true())),
    }
    return held and held.unit, coming and (coming.unit, coming.from_), due


def test_nothing_is_due_once_it_is_confirmed(ahead: Transfer) -> None:
    assert ahead.effective_day == HOLDS
    assert holders() == [(SIGNED, "gx", "gx"), (HOLDS, "jinghe", "jinghe")]
    assert told(TODAY - timedelta(days=1)) == ("gx", None, {1}), "not confirmed yet"
    assert told(TODAY) == ("gx", ("jinghe", HOLDS), {0}) == told(HOLDS - timedelta(days=1))
    assert told(HOLDS) == ("jinghe", None, {0})
    assert project().due_since is None
    before = books()
    for login in ("gx", "jinghe", "chief", None):
        with pytest.raises(Refused, match="已经确认，自2021-07-01起由径河街实属"), db.session.begin_nested():
            proposed(login)
    assert books() == before


def test_the_days_in_between_leave_it_alone(ahead: Transfer) -> None:
    policy.set_value("transfer_due_days", 1, basis="x", valid_from=TODAY, actor=None)
    before = books()[:2]
    for day in (TODAY + timedelta(days=20), HOLDS - timedelta(days=1), HOLDS):
        with clock.at(day):
            standing.roll_all(day)
            assert transfer_overtaking.overtake_some(after=0, most=10) is None
            assert transfer_clocks.propose_overdue(after=0, most=10) is None
            assert project().due_since is None and books()[:2] == before
            held_by = ahead.to_unit_id if day == HOLDS else ahead.from_unit_id
            assert project().held_indicators_id == held_by


def test_a_new_fact_is_due_from_when_it_takes_effect(ahead: Transfer) -> None:
    with clock.at(TODAY + timedelta(days=1)):
        standing.roll_all(clock.today())
        change("completed_on", None)
        assert said(ahead)[-1] == "confirmed" and project().due_since is None
        assert told(clock.today()) == ("gx", None, {0})
    with clock.at(HOLDS):
        standing.roll_all(HOLDS)
        assert project().due_since == HOLDS and told(HOLDS) == ("jinghe", None, {1})
        back = proposed("gx")
        assert (back.from_unit.code, back.to_unit.code, back.since) == ("jinghe", "gx", HOLDS)


def test_a_succession_leaves_it_to_the_confirmed_transfer(ahead: Transfer) -> None:
    """Nothing is lost: the transfer takes effect on the first open day, and no batch could do so sooner."""
    register("P2")
    gx, sy = ahead.from_unit, db.session.query(Unit).filter_by(code="sy").one()
    successions.succeed(gx, sy, valid_from=TODAY, basis="机构改革", actor=None)
    found = batch_contents.find("succession", TODAY, unit_id=gx.id, actor=person("reviewer"))
    assert [(line.number, line.since) for line in found.lines] == [("P2", TODAY)]
    assert [(one.number, one.why, one.of) for one in found.left_out] == [("P1", "ahead", ahead.id)]
    batch = batches.draw_up(
        "succession", TODAY, title="承继", basis="文件", unit=gx, actor=person("reviewer")
    )
    assert batch_changes.changed(batch) == []
    # as if P2 had passed on elsewhere meanwhile
    db.session.query(Transfer).filter_by(batch_id=batch.id).update({"project_id": ahead.project_id})
    assert [one.change for one in batch_changes.changed(batch)] == ["another"]
