"""Every route, in every parameter it takes, with what no form would send: nothing breaks, nothing is revealed."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from crm.permissions import needed
from crm.web.fact_form import FIELDS
from tests.web.conftest import Client
from tests.web.test_rights import EXAMPLES, granted

ROOT = Path(__file__).resolve().parents[2]

T = TypeVar("T")

NASTY = (
    "\x00", "-1", "9" * 40, "1e999", "٣", "9223372036854775807", "9999-12-31", "0001-01-01", "9999-12",
    "'; DROP TABLE projects; --", "%s%(x)s{{7*7}}", "\u202e=HYPERLINK(1)", "../../etc/passwd", "x\r\nSet-Cookie: a=b",
    "归" * 600, "\ud800",
)  # fmt: skip
"""No number, no day, no name: what is sent for everything at once."""

TURNS = 3
"""How often a route is sent all parameters at once, each time with other values."""

READS = {"get", "getlist", "text", "one_of", "day", "month", "whole", "several", "yes"}
"""How views read a parameter."""

NUMBERS = ("0", "2147483647", "2147483648", "\x00", "9" * 40, "٣", "../..", "归" * 600, "\ud800")
"""What stands in the place of a number or a name in an address."""

EACH = 3
"""How many of the numbers, and how many of the bodies, a route is sent: the next route the next ones."""

ENDS_THE_VISIT = {"sign_in.leave", "account.end_session"}
"""What a visitor does once and then is signed out."""

BODIES: tuple[dict[str, Any], ...] = (
    {"json": {"version": [1, {"a": None}]}},
    {"data": b"\xff\xfe\x00=\xff&version=\xff", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"not at all", "content_type": "multipart/form-data"},
    {"data": b"--x\r\nContent-Disposition: form-data; name", "content_type": "multipart/form-data; boundary=x"},
    {"data": b"&".join(b"col=%d" % n for n in range(4_000)), "content_type": "application/x-www-form-urlencoded"},
    {"data": b"note=" + b"x" * 1_000_000, "content_type": "application/x-www-form-urlencoded"},
    {"data": b"%00", "content_type": "text/plain; charset=no-such"},
)  # fmt: skip
"""What no browser sends."""


def parameters() -> list[str]:
    """Every name that a view looks for in an address or a form."""
    found = set(FIELDS)
    for path in (ROOT / "crm" / "web").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in READS
            ):
                found |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str)}  # fmt: skip
    return sorted(name for name in found if name.isidentifier() and name != "file")


def routes(app: Flask, role: str | None) -> list[tuple[str, str, str, list[str]]]:
    """Endpoint, method, an address as it should be and some as they should not, of what is open to a role."""
    found: list[tuple[str, str, str, list[str]]] = []
    for rule in app.url_map.iter_rules():
        mark = needed(app, rule.endpoint)
        # without a worker the health page says 503, whatever it is asked
        if rule.endpoint.endswith(("static", "health.show")) or not granted(str(mark), role):
            continue
        numbers = {name for name in rule.arguments if isinstance(rule._converters[name], IntegerConverter)}
        usual = {name: "1" if name in numbers else EXAMPLES[name] for name in rule.arguments}
        odd = [usual | {name: value} for name in rule.arguments for value in some(NUMBERS, len(found))]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            found.append(
                (rule.endpoint, method, _path(str(rule), usual), [_path(str(rule), one) for one in odd])
            )
    return found


def some(values: Sequence[T], turn: int) -> list[T]:
    """As many as a route is sent, from another place on each turn."""
    return [values[(turn * EACH + place) % len(values)] for place in range(EACH)]


def _path(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda found: _quoted(values[found[1]]), rule)


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", [None, "reviewer", "staff", "administrator"])
def test_nothing_breaks(client: Client, filled: Flask, role: str | None) -> None:
    """The reviewer tries what is open to several; the others what is theirs alone."""
    names, wrong, count, posts = parameters(), [], 0, 0
    assert {"q", "col", "on", "known", "step", "version", "login", "name"} <= set(names)
    visitor = client(role)
    tried = {} if role in (None, "reviewer") else {one[:2]: one for one in routes(filled, "reviewer")}
    for endpoint, method, path, odd in routes(filled, role):
        if (endpoint, method) in tried:
            continue
        sent: list[tuple[str, dict[str, Any]]] = [(address, {}) for address in odd]
        for turn in range(TURNS):
            fields = {name: NASTY[(place * 7 + turn) % len(NASTY)] for place, name in enumerate(names)}
            query = "&".join(f"{name}={_quoted(value)}" for name, value in fields.items())
            if method == "GET":
                sent.append((f"{path}?{query}", {}))
            else:
                sent.append((path, {"data": query, "content_type": "application/x-www-form-urlencoded"}))
        if method == "POST":
            sent += [(path, body) for body in some(BODIES, posts)]
            posts += 1
            sent.append((path, {"data": {"file": (io.BytesIO(b"%PDF-1.4 \x00"), "../a\x00\r\nb.pdf")}}))
        for address, body in sent:
            if endpoint in ENDS_THE_VISIT:
                visitor = client(role)
            answer = visitor.open(address, method=method, **body)
            count += 1
            if (
                answer.status_code >= 500
                or b"root:" in answer.data
                or "Set-Cookie: a=b" in str(answer.headers)
            ):
                wrong.append(f"{method} {address[:80]} {str(body)[:80]}: {answer.status_code}")
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:20]}"
