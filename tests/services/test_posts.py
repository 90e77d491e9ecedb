"""Posts from day to day: several at once, one acted in, given and ended, never by oneself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm import clock
from crm.errors import NotAllowed, Refusals, Refused
from crm.models import PostTerm
from crm.permissions import allowed, could
from crm.services import history, people, posts
from tests import build

MONDAY = date(2021, 6, 7)
FRIDAY = date(2021, 6, 11)


@pytest.fixture
def district(session: Any) -> build.District:
    return build.district()


def test_the_first_post_is_held_from_its_day_on(district: build.District) -> None:
    user = people.add_user("new", name="新", role="staff", unit=district.jd, valid_from=MONDAY, actor=None)
    with clock.at(date(2021, 6, 6)):
        assert (user.role, user.unit_id, user.unit, user.posts) == ("", None, None, [])
        assert not allowed(user, "project:read") and not could(user, "project:read")
    with clock.at(MONDAY):
        assert (user.role, user.unit_id, user.unit) == ("staff", district.jd.id, district.jd)
        assert allowed(user, "project:read")


def test_of_several_posts_one_is_acted_in(district: build.District) -> None:
    user = build.user("staff", unit=district.jd)
    posts.give(user, "reviewer", district.swj, valid_from=MONDAY, actor=None)
    posts.give(user, "staff", district.gx, valid_from=FRIDAY, actor=None)
    with clock.at(MONDAY):
        assert [(post.role, post.unit) for post in user.posts] == [
            ("staff", district.jd),
            ("reviewer", district.swj),
        ]
        assert user.role == "staff", "the first where none is chosen"
        assert not allowed(user, "project:import") and could(user, "project:import")
        user.chosen = ("reviewer", district.swj.id)
        assert allowed(user, "project:import")
        user.chosen = ("staff", district.gx.id)
        assert user.unit is district.jd, "not held yet: the first"
    with clock.at(FRIDAY):
        assert user.unit is district.gx


def test_a_post_ends_from_a_day_and_can_be_given_again(district: build.District, session: Any) -> None:
    user = build.user("staff", unit=district.jd)
    posts.end(user, "staff", district.jd, valid_from=MONDAY, actor=None)
    posts.give(user, "staff", district.jd, valid_from=FRIDAY, actor=None)
    for day, role in ((date(2021, 6, 6), "staff"), (MONDAY, ""), (FRIDAY, "staff")):
        with clock.at(day):
            assert user.role == role
    assert session.query(PostTerm).count() == 3, "nothing is overwritten"
    actions = [event.action for event in history.events(user)]
    assert actions == ["user.added", "user.post_ended", "user.post_given"]


def test_every_change_of_posts_raises_the_version_of_the_account(district: build.District) -> None:
    user = build.user("staff", unit=district.jd)
    before = user.version
    posts.give(user, "reviewer", district.swj, valid_from=MONDAY, actor=None)
    posts.end(user, "reviewer", district.swj, valid_from=FRIDAY, actor=None)
    assert user.version == before + 2
    assert len(people.changes_since(user, before)) == 2


def test_what_stands_against_a_post(district: build.District) -> None:
    user = build.user("staff", unit=district.jd)
    for role, unit, match in (
        ("king", None, "没有岗位"),
        ("staff", None, "请选择单位"),
        ("staff", district.jd, "已在这个岗位"),
    ):
        with pytest.raises(Refusals, match=match):
            posts.give(user, role, unit, valid_from=MONDAY, actor=None)
    with pytest.raises(Refused, match="不在这个岗位"):
        posts.end(user, "staff", district.gx, valid_from=MONDAY, actor=None)


def test_nobody_changes_the_own_posts(district: build.District) -> None:
    user = build.user("administrator")
    with pytest.raises(NotAllowed):
        posts.give(user, "reviewer", district.swj, valid_from=MONDAY, actor=user)
    with pytest.raises(NotAllowed):
        posts.end(user, "administrator", None, valid_from=MONDAY, actor=user)


def test_the_last_administrator_keeps_the_post(district: build.District) -> None:
    with clock.at(MONDAY):
        first = build.user("administrator")
        second = build.user("administrator", login="second")
        third = build.user("staff", login="third", unit=district.jd)
        posts.give(third, "administrator", None, valid_from=FRIDAY, actor=first)
        people.lock_user(third, actor=first)
        posts.end(first, "administrator", None, valid_from=MONDAY, actor=second)
        for day in (MONDAY, FRIDAY):
            with pytest.raises(Refused, match="最后一名"):
                posts.end(second, "administrator", None, valid_from=day, actor=None)
        people.unlock_user(third, actor=second)
        with pytest.raises(Refused, match="最后一名"):
            posts.end(second, "administrator", None, valid_from=MONDAY, actor=None)
        posts.end(second, "administrator", None, valid_from=FRIDAY, actor=third)
