"""Accounts: passwords, what ends them, and what becomes of the work of those who leave."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from argon2 import PasswordHasher

from crm import clock
from crm.db import Base
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.models import Import, User
from crm.services import history, jobs, passwords, people, proposals, readings
from crm.services.open_work import OPEN_WORK, open_work
from tests import build

TODAY = date(2021, 6, 3)

# As the program has them: while tests run, lighter ones stand in for both.
PROGRAMS, NOBODY = passwords._hasher, passwords._nobody


def opens(login: str, password: str) -> bool:
    """Do these open an account?"""
    known = people.credentials(login)
    return passwords.matches(known.password_hash if known else None, password)


def must_change(user: User) -> bool:
    """Has the password to be changed? Asked by a call, for the answer changes while the test runs."""
    return user.must_change_password


def can_sign_in(user: User) -> bool:
    """May the person sign in? Asked by a call, for the answer changes while the test runs."""
    return user.is_active


def test_the_right_password_opens_an_account_whatever_the_case_of_its_login(session: Any) -> None:
    user = build.user(login="Zhang.San ")
    assert opens(" zhang.san", build.PASSWORD)
    assert not opens("zhang.san", build.PASSWORD + " ")
    assert not opens("li.si", build.PASSWORD)
    assert user.password_hash and user.password_hash.startswith("$argon2id$")


def test_an_account_without_password_opens_for_nobody(session: Any) -> None:
    people.add_user("new", name="新", role="staff", actor=None)
    assert not opens("new", "")
    assert not opens("nobody", "nobody has this password")


def test_an_unknown_login_costs_one_verification_as_a_known_one_does(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.user(login="known")
    people.add_user("empty", name="空", role="staff", actor=None)
    verified: list[str] = []
    hasher = passwords._hasher

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return hasher.verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for login in ("known", "unknown", "empty"):
        assert not opens(login, "wrong")
    assert len(verified) == 3
    assert verified[1] == verified[2] == passwords._nobody
    assert len({stored.rsplit("$", 2)[0] for stored in verified}) == 1, "one cost for all"


def test_an_unknown_login_costs_what_the_program_s_own_hashes_cost() -> None:
    assert not PROGRAMS.check_needs_rehash(NOBODY)


def test_a_hash_of_other_parameters_is_renewed_with_the_right_password(session: Any) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(build.PASSWORD)
    renewed = passwords.renewed(weak, build.PASSWORD)
    assert renewed is not None and passwords.matches(renewed.text, build.PASSWORD)
    assert passwords.renewed(renewed.text, build.PASSWORD) is None
    user = build.user()
    version = user.version
    people.rehash(user, renewed)
    session.refresh(user)
    assert (user.password_hash, user.version) == (renewed.text, version), "the account is no other for it"


def test_a_drawn_password_is_hashed_quickly_until_somebody_signs_in_with_it() -> None:
    drawn = passwords.one_time()
    stored = passwords.quickly_hashed(drawn).text
    assert passwords.matches(stored, drawn) and not passwords.matches(stored, drawn[:-1])
    assert PROGRAMS.check_needs_rehash(stored) and passwords.renewed(stored, drawn)


def test_a_password_that_looks_like_a_hash_is_hashed(session: Any) -> None:
    text = passwords.hashed(build.PASSWORD).text
    user = people.add_user("sly", name="巧", role="staff", password=text, actor=None)
    assert user.password_hash != text
    assert opens("sly", text) and not opens("sly", build.PASSWORD)


def test_everything_wrong_with_a_new_account_is_said_at_once(session: Any) -> None:
    build.user(login="taken")
    with pytest.raises(Refusals) as refused:
        people.add_user("TAKEN", name=" ", role="king", password="short", actor=None)
    assert [refusal.field for refusal in refused.value] == ["login", "name", "role", "password"]
    assert "taken" in str(refused.value)
    with pytest.raises(Refusals, match="100"):
        people.add_user("x" * 101, name="长", role="staff", actor=None)


def test_short_and_endless_passwords_are_refused(session: Any) -> None:
    user = build.user()
    for password, match in (("short", "至少"), ("x" * 1025, "最多")):
        with pytest.raises(Refusals, match=match):
            people.set_password(user, password, actor=None)


def test_a_reset_has_to_be_changed_and_a_change_has_not(session: Any) -> None:
    user, administrator = build.user(), build.user("administrator")
    once = passwords.one_time()
    people.reset_password(user, once, actor=administrator)
    assert must_change(user) and opens("staff", once) and not opens("staff", build.PASSWORD)
    people.set_password(user, "of my own choice", actor=user)
    assert not must_change(user)
    assert once not in str([event.detail for event in history.events(user)])
    with pytest.raises(NotAllowed):
        people.reset_password(administrator, once, actor=administrator)


def test_one_time_passwords_are_long_enough_and_never_the_same() -> None:
    made = {passwords.one_time() for _ in range(50)}
    assert len(made) == 50
    assert not any(passwords.wrong_with(password) for password in made)


def test_an_account_is_locked_closed_and_opened_again(session: Any) -> None:
    user, administrator = build.user(), build.user("administrator")
    people.lock_user(user, actor=administrator)
    assert not can_sign_in(user)
    with pytest.raises(Refused, match="已经锁定"):
        people.lock_user(user, actor=administrator)
    people.unlock_user(user, actor=administrator)
    assert can_sign_in(user)
    people.close_user(user, actor=administrator)
    assert not can_sign_in(user)
    with pytest.raises(Refused, match="已经停用"):
        people.close_user(user, actor=administrator)
    people.reopen_user(user, actor=administrator)
    assert can_sign_in(user)
    with pytest.raises(Refused, match="没有停用"):
        people.reopen_user(user, actor=administrator)
    assert [event.action for event in history.events(user)] == [
        "user.added", "user.locked", "user.unlocked", "user.closed", "user.reopened",
    ]  # fmt: skip


def test_nobody_bars_or_closes_the_own_account_nor_the_last_administrators(session: Any) -> None:
    first = build.user("administrator")
    second = build.user("administrator", login="second")
    for verb in (people.lock_user, people.close_user):
        with pytest.raises(NotAllowed):
            verb(first, actor=first)
    people.close_user(second, actor=first)
    for verb in (people.lock_user, people.close_user):
        with pytest.raises(Refused, match="最后一名"):
            verb(first, actor=None)
    people.reopen_user(second, actor=first)
    people.lock_user(first, actor=second)


def test_the_work_of_who_leaves_passes_on_or_the_account_stays_open(session: Any) -> None:
    leaving, other = build.user("reviewer"), build.user("reviewer", login="other")
    unfit = build.user("staff")
    session.add_all(
        Import(
            file_name=f"{state}.xlsx", sha256=state, effective_from=TODAY, status=state, actor_id=leaving.id
        )
        for state in ("staging", "checked", "applied", "failed", "abandoned")
    )
    session.flush()
    assert [(kind.permission, count) for kind, count in open_work(leaving)] == [("project:import", 2)]
    for to, match in ((None, "谁接手"), (leaving, "另一个"), (unfit, "不能接手")):
        with pytest.raises(Refused, match=match):
            people.close_user(leaving, actor=None, to=to)
        assert leaving.active
    people.close_user(leaving, actor=None, to=other)
    holders = {row.status: row.actor_id for row in session.query(Import)}
    assert holders == {
        "staging": other.id, "checked": other.id, "applied": leaving.id, "failed": leaving.id,
        "abandoned": leaving.id,
    }  # fmt: skip
    assert open_work(leaving) == []
    assert history.events(leaving)[-1].detail["to"] == "other"


def test_nothing_of_a_leaver_is_orphaned(session: Any) -> None:
    district = build.district()
    leaving = build.user("reviewer", unit=district.swj)
    other = build.user("reviewer", login="other", unit=district.swj)
    session.add(
        Import(file_name="a.xlsx", sha256="a", effective_from=TODAY, status="checked", actor_id=leaving.id)
    )
    session.flush()
    sheet = session.query(Import).one()
    jobs.enqueue("import.check", actor=leaving, subject=sheet)
    over = jobs.enqueue("search.index", actor=leaving)
    jobs.finish(over)
    with clock.at(TODAY):
        readings.set_reading("R6", choice="undetermined", basis="通知", valid_from=build.NOTICE, actor=None)
        change = {"code": "R6", "choice": "site-street"}
        wanted = proposals.draft("reading", change, valid_from=TODAY, reason="理由", basis="纪要")
        proposals.propose(wanted, actor=leaving)
    assert {kind.permission: count for kind, count in open_work(leaving)} == {
        "project:import": 1,
        "rule:propose": 1,
        "job:read": 1,
    }
    with pytest.raises(Refused, match="谁接手"):
        people.close_user(leaving, actor=None)
    people.close_user(leaving, actor=None, to=other)
    session.expire_all()
    assert open_work(leaving) == [] and len(open_work(other)) == 3
    assert sheet.actor_id == other.id and over.actor_id == leaving.id, "what is over stays whose it was"
    assert [job.kind for job in jobs.of_person(other)] == ["import.check"]
    assert history.events(leaving)[-1].detail["passed_on"] == {kind.name: 1 for kind, _ in open_work(other)}


def test_every_table_that_says_whose_work_it_is_is_known() -> None:
    """A new table that refers to people has open work, which is to be listed in OPEN_WORK, or it says here it has not."""
    referring = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "users"
    }
    passed_on = {
        "imports.actor_id", "jobs.actor_id", "leads.held_by_id", "proposals.held_by_id", "reassignments.held_by_id",
        "transfer_batches.held_by_id", "transfers.giver_id", "transfers.receiver_id",
    }  # fmt: skip
    said = {
        "accesses.user_id", "announcements.seen_by_id", "attachment_versions.actor_id", "audit_events.actor_id",
        "credit_splits.actor_id", "lead_progress.actor_id", "post_terms.user_id", "proposals.decided_by_id",
        "proposals.proposed_by_id", "reassignments.answered_by_id", "reassignments.proposed_by_id",
        "transfer_batches.drawn_up_by_id", "transfer_batches.ended_by_id", "transfer_signatures.user_id",
        "transfers.ended_by_id", "transfers.proposed_by_id", "triages.decided_by_id", "user_sessions.user_id",
    }  # fmt: skip
    assert len(OPEN_WORK) == len(passed_on)
    assert referring == passed_on | said


def test_a_stale_edit_is_refused_and_says_what_changed(session: Any) -> None:
    user, administrator = build.user(), build.user("administrator")
    shown = user.version
    people.lock_user(user, actor=administrator)
    people.unlock_user(user, actor=administrator)
    with pytest.raises(Stale):
        people.for_change(user.id, shown)
    assert people.for_change(user.id, user.version) is user
    assert [event.action for event in people.changes_since(user, shown)] == ["user.locked", "user.unlocked"]
    assert people.changes_since(user, user.version) == people.changes_since(user, 10**6) == []


def test_users_are_listed_by_login_with_their_posts(session: Any) -> None:
    for login in ("b", "a"):
        build.user(login=login)
    found: list[User] = people.list_users()
    assert [user.login for user in found] == ["a", "b"]
    with clock.at(TODAY):
        assert [user.role for user in found] == ["staff", "staff"]
