"""A real server on the demonstration, a real Chromium, and people who are signed in."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from crm import create_app
from crm.db import db
from crm.seeds import accounts, demonstration
from crm.work.worker import Worker
from tests import databases
from tests.catalogue import compiled

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WIDTHS = {"desk": (1366, 768), "phone": (390, 844)}


@dataclass(frozen=True)
class Site:
    """A running server, its program and the passwords of its accounts."""

    app: Flask
    address: str
    passwords: dict[str, str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks everything below this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextmanager
def served(start: Path, folder: Path) -> Iterator[Site]:
    """Serves a copy of the demonstration from the folder while the block runs; nobody does its jobs."""
    compiled()
    instance = Path(shutil.copytree(start / "instance", folder / "instance"))
    app = create_app(databases.sqlite(instance / "demonstration.db").settings(instance))
    passwords = {one.login: one.password for one in accounts.read(instance / demonstration.ACCOUNTS_FILE)}
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(app, f"http://127.0.0.1:{server.server_port}", passwords)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def site(demonstration_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration, served, its jobs done by a worker; neither goes on when the tests of a file have ended."""
    with served(demonstration_start, tmp_path_factory.mktemp("site")) as site:
        worker = Worker(site.app)
        working = threading.Thread(target=worker.run, daemon=True)
        working.start()
        try:
            yield site
        finally:
            worker.stop()
            working.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, the system's own."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "Chromium is missing: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Makes a page in a session of its own: signed in as `login`, in a language, at a width, in a colour scheme."""
    contexts: list[BrowserContext] = []

    def make(
        login: str | None = None,
        *,
        language: str = "zh",
        width: str = "desk",
        scheme: str = "light",
        javascript: bool = True,
    ) -> Page:
        wide, high = WIDTHS[width]
        context = browser.new_context(
            base_url=site.address,
            viewport={"width": wide, "height": high},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN",
            java_script_enabled=javascript,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto("/sign-in")
        if language != "zh":
            page.locator("details.menu summary").first.click()
            page.locator(f"button[name=language][value={language}]").click()
        if login is not None:
            page.fill("#login", login)
            page.fill("#password", site.passwords[login])
            page.press("#password", "Enter")
            page.wait_for_url("**/")
        return page

    yield make
    for context in contexts:
        context.close()
