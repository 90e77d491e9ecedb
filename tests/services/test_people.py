"""Accounts: who may sign in."""

from __future__ import annotations

from typing import Any

import pytest

from crm.errors import Refusals, Refused
from crm.services import history, people
from tests import build


def test_the_right_password_opens_an_account_whatever_the_case_of_its_login(session: Any) -> None:
    user = build.user(login="Zhang.San ")
    assert people.authenticate(" zhang.san", build.PASSWORD) is user
    assert people.authenticate("zhang.san", build.PASSWORD + " ") is None
    assert people.authenticate("li.si", build.PASSWORD) is None
    assert user.password_hash and user.password_hash.startswith("$argon2id$")


def test_an_account_without_password_or_closed_opens_for_nobody(session: Any) -> None:
    people.add_user("new", name="新", role="staff", actor=None)
    closed = build.user(login="closed")
    people.close_user(closed, actor=None)
    assert people.authenticate("new", "") is None
    assert people.authenticate("closed", build.PASSWORD) is None
    assert people.authenticate("nobody", "nobody has this password") is None


def test_an_unknown_login_costs_one_verification_as_a_known_one_does(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.user(login="known")
    people.add_user("empty", name="空", role="staff", actor=None)
    verified: list[str] = []
    hasher = people._hasher

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return hasher.verify(stored, password)

    monkeypatch.setattr(people, "_hasher", Counting())
    for login in ("known", "unknown", "empty"):
        assert people.authenticate(login, "wrong") is None
    assert len(verified) == 3
    assert verified[1] == verified[2] == people._nobody
    assert len({stored.rsplit("$", 2)[0] for stored in verified}) == 1, "one cost for all"


def test_everything_wrong_with_a_new_account_is_said_at_once(session: Any) -> None:
    build.user(login="taken")
    with pytest.raises(Refusals) as refused:
        people.add_user("TAKEN", name=" ", role="king", password="short", actor=None)
    assert [refusal.field for refusal in refused.value] == ["login", "name", "role", "password"]
    assert "taken" in str(refused.value)


def test_another_password_or_role_ends_sessions(session: Any) -> None:
    user = build.user(role="staff")
    changes = (
        lambda: people.set_password(user, "another password", actor=user),
        lambda: people.set_role(user, "reviewer", actor=None),
        lambda: people.close_user(user, actor=None),
    )
    for change in changes:
        before = user.get_id()
        assert people.signed_in_as(before) is user
        change()
        assert people.signed_in_as(before) is None
    assert people.signed_in_as(user.get_id()) is None
    assert [event.action for event in history.events(user)] == [
        "user.added",
        "user.password_set",
        "user.role_set",
        "user.closed",
    ]


@pytest.mark.parametrize("forged", ["", "1", "x.1", "1.x", "99.1"])
def test_a_session_that_names_nobody_opens_nothing(session: Any, forged: str) -> None:
    assert people.signed_in_as(forged) is None


def test_unknown_roles_and_short_passwords_are_refused(session: Any) -> None:
    user = build.user()
    with pytest.raises(Refused, match="king"):
        people.set_role(user, "king", actor=None)
    with pytest.raises(Refusals, match="至少"):
        people.set_password(user, "short", actor=None)


def test_users_are_listed_by_login(session: Any) -> None:
    for login in ("b", "a"):
        build.user(login=login)
    assert [user.login for user in people.list_users()] == ["a", "b"]
