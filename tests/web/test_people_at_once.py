"""Rights while they change: two administrators against each other, posts that end or begin at midnight, two posts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crm import clock
from crm.db import db, transaction
from crm.grants import GRANTED, PERMISSIONS
from crm.models import AuditEvent, Project, User
from crm.permissions import allowed, own
from crm.services import people, posts, units
from tests import build
from tests.databases import Database
from tests.web.conftest import TODAY, Client

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def two(client: Client, filled: Flask) -> dict[str, FlaskClient]:
    """Two administrators, both signed in."""
    with filled.app_context(), clock.at(TODAY), transaction():
        people.add_user("second", name="第二", role="administrator", password=build.PASSWORD, actor=None)
    return {login: client(login) for login in ("administrator", "second")}


def at_once(
    two: dict[str, FlaskClient], app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch, what: str
) -> list[TestResponse]:
    """Each of the two does it to the other in the same instant; the answers."""
    with app.app_context():
        found = {user.login: user for user in db.session.query(User).filter(User.login.in_(two))}
        sent = {
            actor: (
                f"/people/{found[other].id}/{what}",
                {
                    "version": found[other].version,
                    "post": found[other].posts[0].id,
                    "ends_on": TODAY.isoformat(),
                },
            )
            for actor, other in (("administrator", "second"), ("second", "administrator"))
        }
    start = threading.Barrier(2)
    held = people.for_change

    def together(*given: Any) -> User:
        start.wait(timeout=20)
        return held(*given)

    # On SQLite whoever changes anything is alone from the beginning: there they meet before.
    within = database.kind == "postgresql"
    if within:
        monkeypatch.setattr(people, "for_change", together)
    answers: list[Any] = []

    def act(actor: str) -> None:
        path, form = sent[actor]
        if not within:
            start.wait(timeout=20)
        answers.append(two[actor].post(path, data=form))

    threads = [threading.Thread(target=act, args=(actor,)) for actor in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    return answers


@pytest.mark.parametrize(
    ("what", "action"), [("close", "user.closed"), ("lock", "user.locked"), ("posts/end", "user.post_ended")]
)
def test_of_two_administrators_one_remains(
    two: dict[str, FlaskClient],
    filled: Flask,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    action: str,
) -> None:
    answers = at_once(two, filled, database, monkeypatch, what)
    done = [one for one in answers if one.headers.get("Location", "").startswith("/people/")]
    assert len(answers) == 2 and len(done) == 1, [one.status_code for one in answers]
    # Whoever was too late is told so, or is signed out or without the post already.
    assert all(one.status_code in {302, 400, 403} for one in answers), [one.status_code for one in answers]
    with filled.app_context():
        able = [user.login for user in db.session.query(User) if allowed(user, "people:manage")]
        assert len(able) == 1
        recorded = select(func.count(AuditEvent.id)).where(AuditEvent.action == action)
        assert db.session.scalar(recorded) == 1
    assert two[able[0]].get("/people").status_code == 200


def give(app: Flask, login: str, what: Callable[..., Any], role: str, unit: str | None, day: date) -> None:
    """Gives or ends a post of an account from a day on."""
    with app.app_context(), transaction():
        user = people.user_by_login(login)
        assert user is not None
        what(user, role, units.unit_by_code(unit) if unit else None, valid_from=day, actor=None)


def test_a_post_that_ends_while_the_session_is_open(client: Client, filled: Flask) -> None:
    visitor = client("reviewer")
    assert visitor.get("/imports").status_code == 200
    with filled.app_context():
        user = people.user_by_login("reviewer")
        assert user is not None
        unit = user.unit.code if user.unit else None
    give(filled, "reviewer", posts.end, "reviewer", unit, TODAY)
    for answer in (visitor.get("/imports"), visitor.get("/projects"), visitor.post("/projects/export")):
        assert answer.status_code == 403 and "没有在任岗位" in answer.text
    assert visitor.get("/account").status_code == 200, "the own account stays"


def test_a_role_that_changes_at_midnight(client: Client, filled: Flask) -> None:
    give(filled, "staff", posts.end, "staff", "jd", TOMORROW)
    give(filled, "staff", posts.give, "auditor", None, TOMORROW)
    visitor = client("staff")
    with clock.at(TODAY):
        assert (visitor.get("/projects").status_code, visitor.get("/log").status_code) == (200, 403)
        assert visitor.get("/projects/P1/edit").status_code == 200
    with clock.at(TOMORROW):
        assert (visitor.get("/projects").status_code, visitor.get("/log").status_code) == (403, 200)
        assert visitor.get("/projects/P1/edit").status_code == 403


def test_rights_of_two_posts_never_add_up(client: Client, filled: Flask) -> None:
    give(filled, "staff", posts.give, "staff", "sy", TODAY)
    give(filled, "staff", posts.give, "auditor", None, TODAY)
    visitor = client("staff")
    with filled.app_context():
        user = people.user_by_login("staff")
        assert user is not None
        owned = {}
        for term in user.posts:
            user.chosen = term.post
            assert {one for one in PERMISSIONS if allowed(user, one)} == GRANTED[term.role]
            owned[term.unit.code if term.unit else None] = set(
                db.session.scalars(select(Project.number).where(own(user)))
            )
        held = {term.unit.code if term.unit else None: term.id for term in user.posts}
    assert owned["jd"] and owned["sy"] and not owned["jd"] & owned["sy"] and not owned[None]
    expected = {"jd": (200, 200, 403, 403), "sy": (200, 403, 200, 403), None: (403, 403, 403, 200)}
    for unit, statuses in expected.items():
        assert visitor.post("/account/post", data={"post": held[unit]}).status_code == 302
        paths = ("/projects", "/projects/P1/edit", "/projects/P2/edit", "/log")
        assert tuple(visitor.get(path).status_code for path in paths) == statuses, unit
