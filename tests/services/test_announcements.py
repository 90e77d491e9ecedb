"""Sums that announce themselves to the bureau: at which mark, held against what, and seen by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from crm import clock
from crm.db import db
from crm.errors import NotAllowed
from crm.models import Project
from crm.services import announcements, policy
from crm.services.paging import Place
from tests import build
from tests.signing import TODAY, YI, events


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    """Empty books on 3 June 2021."""
    with clock.at(TODAY):
        yield session


def enter(fen: int | None, count: int = 1, signed_on: date = date(2021, 1, 5)) -> Project:
    """Projects with this sum, the last of them; nothing is decided of them."""
    for _ in range(count):
        number = f"P{db.session.query(Project).count()}"
        made = build.project(number, total_investment_fen=fen, signed_on=signed_on)
    return made


def announced(fen: int | None) -> list[tuple[str, int]]:
    """What a new project with this sum announces."""
    project = enter(fen, signed_on=TODAY)
    made = announcements.announce(project, actor=None)
    assert announcements.of(project) == made
    return [(one.kind, one.threshold_fen) for one in made]


def test_the_highest_mark_announces_itself(books: Any) -> None:
    for fen in (None, 0, 30 * YI - 1):
        assert announced(fen) == []
    for fen, reached in (
        (30 * YI, 30),
        (50 * YI - 1, 30),
        (50 * YI, 50),
        (100 * YI, 100),
        (10**6 * YI, 100),
    ):
        assert announced(fen) == [("mark", reached * YI)]
    assert len(events("announcement.made")) == 5


def test_what_is_unusual_is_told_by_the_median_of_two_years(books: Any) -> None:
    enter(YI // 10, 9)
    enter(YI // 10, 3, date(2019, 6, 2))
    enter(YI // 10, 3, TODAY + timedelta(days=1))
    enter(None, 3)
    assert announcements.usual() is None and announced(29 * YI) == []
    db.session.query(Project).filter_by(total_investment_fen=29 * YI).delete()
    enter(3 * YI // 10, 1, date(2019, 6, 3))
    assert announcements.usual() == YI // 10
    enter(3 * YI // 10, 8)
    # of eighteen it lies between the ninth and the tenth
    assert announcements.usual() == 2 * YI // 10
    assert announced(2 * YI) == [("unusual", 2 * YI)]
    # nineteen by now
    assert announcements.usual() == 3 * YI // 10
    policy.set_value("unusual_times", 100, basis="会议纪要", valid_from=TODAY, actor=None)
    assert announced(30 * YI - 1) == []
    assert announced(30 * YI) == [("mark", 30 * YI), ("unusual", 30 * YI)]


def test_an_announcement_is_seen_once(books: Any) -> None:
    announced(30 * YI)
    first, second, staff = build.user("reviewer"), build.user("bureau_head"), build.user()
    (told,) = announcements.unseen(first, 5)
    one = told.one
    with pytest.raises(NotAllowed):
        announcements.see(one.id, actor=staff)
    assert announcements.see(one.id, actor=first)[1] is True
    assert announcements.see(one.id, actor=second)[1] is False
    assert one.seen_by_id == first.id and announcements.unseen(first, 5) == []
    assert len(events("announcement.seen")) == 1


def test_the_list_is_cut_by_key(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "A_PAGE", 2)
    for fen in range(30, 35):
        announced(fen * YI)
    reader = build.user("reviewer")
    first = announcements.listing(reader)
    ids = [told.one.id for told in first.lines]
    assert [told.one.amount_fen // YI for told in first.lines] == [34, 33]
    assert (first.has_previous, first.has_next) == (False, True)
    second = announcements.listing(reader, Place(after=ids[-1]))
    assert [told.one.amount_fen // YI for told in second.lines] == [32, 31]
    back = announcements.listing(reader, Place(before=second.lines[0].one.id))
    assert [told.one.id for told in back.lines] == ids and (back.has_previous, back.has_next) == (
        False,
        True,
    )
    end = announcements.listing(reader, Place(last=True))
    assert [told.one.amount_fen // YI for told in end.lines] == [31, 30] and not end.has_next


def test_both_reasons_of_a_project_are_one_entry(books: Any) -> None:
    enter(YI, 10)
    assert announced(30 * YI) == [("mark", 30 * YI), ("unusual", 10 * YI)]
    assert announced(40 * YI) == [("mark", 30 * YI), ("unusual", 10 * YI)]
    reader = build.user("reviewer")
    told = announcements.listing(reader).lines
    assert [one.one.amount_fen // YI for one in told] == [40, 30]
    assert [[why.kind for why in one.reasons] for one in told] == [["mark", "unusual"]] * 2
    assert len(announcements.unseen(reader, 5)) == 2
    assert announcements.see(told[0].one.id, actor=reader)[1] is True
    assert {why.seen_by_id for why in told[0].reasons} == {reader.id}
    assert announcements.see(told[0].one.id, actor=reader)[1] is False
    assert [one.one.amount_fen // YI for one in announcements.unseen(reader, 5)] == [30]
    assert [event.detail["kinds"] for event in events("announcement.seen")] == [["mark", "unusual"]]


def test_the_last_page_is_the_last_whatever_else_an_address_says(
    books: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "A_PAGE", 2)
    for fen in range(30, 34):
        announced(fen * YI)
    reader = build.user("reviewer")
    every = [told.one.id for told in announcements.listing(reader).lines]
    for more in ({}, {"after": every[0]}, {"before": every[-1]}):
        end = announcements.listing(reader, Place(last=True, **more))
        assert [told.one.amount_fen // YI for told in end.lines] == [31, 30]
        assert (end.has_previous, end.has_next) == (True, False)
    # above one wins over below one, as the links of a page never say both
    both = announcements.listing(reader, Place(before=every[-1], after=every[0]))
    assert [told.one.amount_fen // YI for told in both.lines] == [33] and not both.has_previous
