"""Signing in and out, where it leads, and what a stranger cannot learn."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.db import db
from crm.models import AuditEvent
from tests.build import PASSWORD
from tests.web.conftest import Client


def sign_in(
    visitor: FlaskClient, login: str = "staff", password: str = PASSWORD, **more: str
) -> TestResponse:
    """Sends the form."""
    return visitor.post("/sign-in", data={"login": login, "password": password, **more})


def events(app: Flask) -> list[str]:
    """What the log says of accounts, oldest first."""
    with app.app_context():
        query = db.session.query(AuditEvent.action).filter(AuditEvent.action.like("user.sign%"))
        return [action for (action,) in query.order_by(AuditEvent.id)]


def test_in_and_out(client: Client, filled: Flask) -> None:
    visitor = client()
    assert visitor.get("/projects").headers["Location"] == "/sign-in?next=/projects"
    answer = sign_in(visitor, next="/projects?q=%E8%8A%AF")
    assert answer.headers["Location"] == "/projects?q=%E8%8A%AF"
    assert visitor.get("/projects").status_code == 200
    assert visitor.get("/sign-in").headers["Location"] == "/"
    assert visitor.post("/sign-out").headers["Location"] == "/sign-in"
    assert visitor.get("/projects").status_code == 302
    assert events(filled) == ["user.signed_in", "user.signed_out"]


def test_a_wrong_password_an_unknown_login_and_a_closed_account_look_the_same(
    client: Client, filled: Flask
) -> None:
    from crm.db import transaction
    from crm.services import people

    with filled.app_context(), transaction():
        closed = people.user_by_login("leader")
        assert closed is not None
        people.close_user(closed, actor=None)
    answers = [
        sign_in(client(), login, password)
        for login, password in (("staff", "wrong wrong wrong"), ("nobody", PASSWORD), ("leader", PASSWORD))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert events(filled) == ["user.sign_in_failed"] * 3


def test_an_empty_form_says_what_is_missing_beside_the_field(client: Client) -> None:
    page = sign_in(client(), "", "")
    assert page.status_code == 400
    assert 'id="login-error"' in page.text and 'aria-describedby="login-error"' in page.text
    assert "请填写密码" in page.text


@pytest.mark.parametrize(
    "target",
    [
        "https://example.com/", "//example.com", "/\\example.com", "\\\\example.com", "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=1\r\nX: y", "///example.com", "http:example.com", "", "/\texample.com", "/x" * 2000,
    ],
)  # fmt: skip
def test_it_leads_nowhere_else(client: Client, target: str) -> None:
    for answer in (
        sign_in(client(), next=target),
        client("staff").get("/sign-in", query_string={"next": target}),
        client().post("/preferences", data={"language": "en", "next": target}),
    ):
        location = answer.headers["Location"]
        assert location.startswith("/") and not location.startswith(("//", "/\\"))
        assert location == "/" or location.startswith("/%0d%0a") is False


def test_the_session_begins_anew_and_keeps_the_language(client: Client) -> None:
    visitor = client(language="en")
    with visitor.session_transaction() as session:
        session["left"] = "behind"
    sign_in(visitor)
    with visitor.session_transaction() as session:
        assert "left" not in session
        assert session["language"] == "en"
        assert session.permanent


def test_a_form_without_its_token_is_refused(client: Client, filled: Flask) -> None:
    filled.config["WTF_CSRF_ENABLED"] = True
    answer = sign_in(client())
    assert answer.status_code == 400
    assert "表单已失效" in answer.text
    page = client("staff").get("/").text
    assert 'name="csrf_token"' in page


def test_hostile_logins_are_no_error(client: Client) -> None:
    for login in (
        "\x00",
        "a" * 5000,
        "' OR 1=1 --",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "🐉",
    ):
        assert sign_in(client(), login).status_code in {400, 401}
