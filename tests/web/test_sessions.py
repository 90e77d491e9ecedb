"""Sessions: new at every sign-in, over after idleness and after a day's work, seen by their owner and ended by them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from crm import clock, create_app
from crm.db import count_statements, db, transaction
from crm.models import UserSession
from tests.build import PASSWORD
from tests.databases import Database
from tests.web.conftest import Client


def shift(app: Flask, **ago: timedelta) -> None:
    """Puts every session's times back."""
    with app.app_context(), transaction():
        db.session.execute(
            update(UserSession).values({name: clock.real_now() - by for name, by in ago.items()})
        )


@pytest.mark.parametrize(
    ("ago", "told"),
    [({"seen_at": timedelta(minutes=61)}, "长时间未操作"), ({"created_at": timedelta(hours=10)}, "最长时限")],
)
def test_a_session_runs_out_and_says_why(
    client: Client, filled: Flask, ago: dict[str, timedelta], told: str
) -> None:
    visitor = client("staff")
    assert visitor.get("/projects?q=P1").status_code == 200
    shift(filled, **ago)
    answer = visitor.get("/projects?q=P1")
    assert answer.headers["Location"].startswith("/sign-in?next=/projects")
    assert told in visitor.get("/sign-in").text


def test_what_was_sent_too_late_is_said_to_be_lost(client: Client, filled: Flask) -> None:
    visitor = client("staff")
    shift(filled, seen_at=timedelta(hours=2))
    sent = visitor.post("/account/password", headers={"Referer": "http://localhost/account/password"})
    assert sent.headers["Location"] == "/sign-in?next=/account/password"
    page = visitor.get("/sign-in").text
    assert "长时间未操作" in page and "没有保存" in page


def test_every_sign_in_is_another_token_and_the_old_one_opens_nothing(client: Client, filled: Flask) -> None:
    visitor, tokens = client(), []
    for _ in range(2):
        visitor.post("/sign-in", data={"login": "staff", "password": PASSWORD})
        with visitor.session_transaction() as session:
            tokens.append(session["_user_id"])
        visitor.post("/sign-out")
    assert len(set(tokens)) == 2
    stranger = client()
    with stranger.session_transaction() as session:
        session["_user_id"] = tokens[0]
    assert stranger.get("/account").status_code == 302
    with filled.app_context():
        assert not db.session.query(UserSession).filter(UserSession.token_sha256.in_(tokens)).count()


def test_own_sessions_are_listed_and_ended(client: Client, filled: Flask) -> None:
    here, there, third, other = client("staff"), client("staff"), client("staff"), client("reviewer")
    page = here.get("/account")
    assert page.text.count('/end"') == 2 and "本次登录" in page.text
    with filled.app_context():
        ids = [row.id for row in db.session.query(UserSession).order_by(UserSession.id)]
    assert here.post(f"/account/sessions/{ids[1]}/end").status_code == 302
    assert there.get("/account").status_code == 302
    assert here.post(f"/account/sessions/{ids[1]}/end").status_code == 404, "twice"
    assert here.post(f"/account/sessions/{ids[3]}/end").status_code == 404, "another's"
    assert here.post("/account/sessions/end-others").status_code == 302
    assert third.get("/account").status_code == 302
    assert here.get("/account").status_code == other.get("/account").status_code == 200


def test_who_is_signed_in_costs_two_statements_and_a_get_writes_only_afterwards(
    client: Client, filled: Flask
) -> None:
    visitor = client("auditor")
    visitor.get("/account")
    with count_statements() as seen:
        assert visitor.get("/account").status_code == 200
    asked = [one for one in seen.statements if "user_sessions" in one or "post_terms" in one]
    assert len(asked) == 3, asked
    assert all(one.startswith("SELECT") for one in seen.statements)


def test_that_somebody_was_seen_is_written_once_a_minute(client: Client, filled: Flask) -> None:
    filled.config["ACCESS_LOG"] = "at once"
    visitor = client("staff")

    def seen_ago() -> timedelta:
        with filled.app_context():
            return clock.real_now() - db.session.query(UserSession).one().seen_at

    for ago, moved in ((timedelta(seconds=30), False), (timedelta(minutes=2), True)):
        shift(filled, seen_at=ago)
        visitor.get("/account").close()
        assert (seen_ago() < timedelta(seconds=20)) is moved


def test_an_address_that_asks_too_often_waits(database: Database, tmp_path: Path) -> None:
    settings = database.settings(tmp_path / "limited") | {
        "RATELIMIT_ENABLED": True,
        "LIMIT_SIGN_IN": "3 per minute",
    }
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    visitor = app.test_client()
    codes = [
        visitor.post("/sign-in", data={"login": f"nobody{n}", "password": "x"}).status_code for n in range(4)
    ]
    assert codes == [401, 401, 401, 429]
    refused = visitor.post("/sign-in", data={"login": "nobody", "password": "x"})
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert visitor.get("/sign-in").status_code == 200
    with app.app_context():
        db.engine.dispose()
