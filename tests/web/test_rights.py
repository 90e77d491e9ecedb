"""Every route with every role and signed out: open to those it is granted to, closed to everybody else."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from crm.grants import GRANTED, PERMISSIONS
from crm.models import ROLES
from crm.permissions import OWN_ACCOUNT, PUBLIC, SIGNED_IN, needed
from tests.web.conftest import Client

EXAMPLES = {
    "number": "P1",
    "unit": "jd",
    "month": "2019-01",
    "filename": "css/tokens.css",
    "rule": "3.2-in-plate",
    "code": "R5",
    "kind": "projects",
}
"""A value for every argument of an address; a month without books, so that no PDF is made for each role."""

NUMBERED = 1
"""A value for arguments that are whole numbers."""

OPEN = {"sign_in.enter", "sign_in.check", "preferences.choose", "health.show"}
"""What is open to everybody, besides static files; a longer list is a decision of its own."""


def address(rule: Rule, app: Flask) -> str:
    """An address of a route."""
    values: dict[str, str | int] = {}
    for name in rule.arguments:
        if isinstance(rule._converters[name], IntegerConverter):
            values[name] = NUMBERED
        else:
            assert name in EXAMPLES, f"{rule}: tests/web/test_rights.py needs an example for “{name}”"
            values[name] = EXAMPLES[name]
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, method and address of every route but static files."""
    return [
        (rule.endpoint, method, address(rule, app))
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.endswith("static")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def granted(mark: str, role: str | None) -> bool:
    """Is a view with this mark open to the role?"""
    if mark == PUBLIC:
        return True
    if role is None:
        return False
    return mark in {SIGNED_IN, OWN_ACCOUNT} or mark in GRANTED[role]


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    unmarked = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if needed(app, rule.endpoint) not in {*PERMISSIONS, PUBLIC, SIGNED_IN, OWN_ACCOUNT}
    ]
    assert not unmarked, f"mark them @needs(…), @signed_in, @own_account or @public: {unmarked}"


def test_what_is_open_to_everybody_is_a_short_list(app: Flask) -> None:
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if needed(app, rule.endpoint) == PUBLIC and not rule.endpoint.endswith("static")
    }
    assert found == OPEN


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_with_every_role(client: Client, filled: Flask, role: str | None) -> None:
    wrong = []
    for endpoint, method, path in routes(filled):
        answer = client(role).open(path, method=method)
        mark = needed(filled, endpoint)
        assert mark is not None
        if granted(mark, role):
            # Signing in without a password is refused by the form, not by the guard.
            right = answer.status_code not in {403, *({401} if endpoint != "sign_in.check" else ())}
            right = right and "/sign-in?" not in answer.headers.get("Location", "")
        elif role is None:
            right = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        else:
            right = answer.status_code == 403
        # Nobody works on jobs here, and after a while the health page says so.
        if not right or (answer.status_code >= 500 and endpoint != "health.show"):
            wrong.append(f"{method} {path} ({mark}): {answer.status_code}")
    assert not wrong, f"as {role}: {wrong}"


@pytest.mark.parametrize(
    ("role", "opened", "closed"),
    [
        ("staff", ["/", "/projects", "/projects/P1", "/briefs"], ["/log", "/system"]),
        ("leader", ["/projects/P1", "/briefs"], ["/log", "/system"]),
        ("administrator", ["/", "/system"], ["/projects", "/projects/P1", "/briefs", "/log"]),
        (
            "auditor",
            ["/", "/log"],
            ["/projects", "/projects/P1", "/briefs", "/briefs/2021-05", "/system"],
        ),
    ],
)
def test_what_each_role_is_for(client: Client, role: str, opened: list[str], closed: list[str]) -> None:
    visitor = client(role)
    assert [visitor.get(path).status_code for path in opened] == [200] * len(opened)
    assert [visitor.get(path).status_code for path in closed] == [403] * len(closed)


def test_who_may_not_read_projects_learns_nothing_of_them_elsewhere(client: Client) -> None:
    for role, paths in (("administrator", ("/", "/system")), ("auditor", ("/",))):
        for path in paths:
            page = client(role).get(path).text
            assert "芯片封装项目" not in page
            assert 'href="/projects' not in page


def test_machines_are_told_in_json(client: Client) -> None:
    asked = {"Accept": "application/json"}
    signed_out = client().get("/projects", headers=asked)
    assert (signed_out.status_code, signed_out.mimetype) == (401, "application/problem+json")
    denied = client("auditor").get("/projects", headers=asked)
    assert (denied.status_code, denied.mimetype) == (403, "application/problem+json")
    assert denied.json is not None and denied.json["status"] == 403
