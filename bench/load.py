"""Eight people who read and two who write for half a minute, on SQLite, through the real server: no error, no lost write."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

from bench import say
from bench.forms import Form
from bench.registry import generate

ROOT = Path(__file__).resolve().parent.parent
ROWS = 10_000
SECONDS = 30
READERS, WRITERS = 8, 2
OWN = 5
"""Projects each writer alone edits; one more both of them do."""


@dataclass
class Person:
    """Somebody at a browser: keeps cookies, measures every answer."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    saved: Counter[str] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)
    told: int = 0
    """How often somebody else had been quicker, and the page said so."""

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of an answer; redirects are not followed."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "GET" if data is None else "POST", path, urlencode(data) if data else None, headers
            )
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        self.seconds.append(time.monotonic() - began)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text

    def sign_in(self, login: str, password: str) -> None:
        """Signs in; raises RuntimeError where that is not possible."""
        form = Form("")
        form.feed(self.ask("/sign-in")[1])
        token = {"csrf_token": form.fields["csrf_token"]}
        status, text = self.ask("/sign-in", token | {"login": login, "password": password})
        if status not in {302, 303}:
            raise RuntimeError(f"{login}: {status} {text[:500]}")
        self.seconds.clear()

    def tried(self, work: Callable[..., None], *given: Any) -> None:
        """Does the work; what stops it is noted as wrong."""
        try:
            work(*given)
        except Exception as error:
            self.wrong[f"stopped by {error!r}"] += 1

    def read(self, until: float, numbers: list[str], names: list[str], seed: int) -> None:
        """Lists, searches, single projects and the front page until the time is over."""
        random = Random(seed)
        while time.monotonic() < until:
            name = random.choice(names)
            place = random.randrange(max(1, len(name) - 2))
            part = quote(name[place : place + random.randint(1, 3)])
            lists = ("/projects", "/projects?last=1", f"/projects?q={part}", "/projects?status=undetermined")
            single = f"/projects/{random.choice(numbers)}"
            path = random.choice(("/", *lists, single, single))
            status, _ = self.ask(path)
            if status != 200:
                self.wrong[f"{status} {path}"] += 1

    def write(self, until: float, numbers: list[str], seed: int) -> None:
        """Edits projects until the time is over, each time from the form as it then is."""
        random = Random(seed)
        while time.monotonic() < until:
            number = random.choice(numbers)
            path = f"/projects/{number}/edit"
            status, page = self.ask(path)
            form = Form(path)
            form.feed(page)
            if status != 200 or not form.fields:
                self.wrong[f"{status} {path}"] += 1
                continue
            value = f"{random.randrange(1, 10**6) / 10_000:.4f}"
            if form.fields["total_investment_fen"] == value:
                continue
            status, page = self.ask(path, form.fields | {"total_investment_fen": value, "step": "save"})
            if status in {302, 303}:
                self.saved[number] += 1
                self.last[number] = value
            elif status == 409 or (status == 200 and 'name="step"' in page):
                # a field both changed, or a change of the other's to be looked at before saving
                self.told += 1
            else:
                self.wrong[f"POST {status} {path}"] += 1


def run(size: int = ROWS) -> list[dict[str, Any]]:
    """What went wrong, of how many requests, and how long they took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook = folder / "registry.xlsx"
        say(f"importing {size:,} projects")
        generate(workbook, size)
        environment = os.environ | {
            "GUISHU_INSTANCE": str(folder),
            "PYTHONPATH": str(ROOT),
            "LANGUAGE": "zh",
            # everybody comes from one address here
            "GUISHU_LIMIT_ALL": "1000000 per minute",
            "GUISHU_LOG": str(folder / "server.log"),
        }
        environment.pop("DATABASE_URL", None)
        with serving(environment) as port:
            pass
        subprocess.run(
            [sys.executable, "-m", "crm.cli", "import", str(workbook)],
            env=environment,
            check=True,
            capture_output=True,
        )
        books = sqlite3.connect(folder / "demonstration.db")
        found = books.execute("SELECT number, name FROM projects ORDER BY id LIMIT 2000").fetchall()
        before = counted(books)
        say(f"reading and writing for {SECONDS} s")
        with serving(environment) as port:
            people = work(port, accounts(folder), [row[0] for row in found], [row[1] for row in found])
        lost = missing(books, before, people)
        books.close()
    readers, writers = people[:READERS], people[READERS:]
    wrong = sum((person.wrong for person in people), Counter[str]()) + lost
    asked, saved = sum(len(one.seconds) for one in people), sum(one.saved.total() for one in writers)
    detail = (
        f"{size:,} projects, {READERS} readers and {WRITERS} writers, {SECONDS} s: {asked:,} requests, {saved:,} changes saved, "
        f"{sum(one.told for one in writers)} times told that the other was quicker; "
        f"reading {figures(readers)}, writing {figures(writers)}"
    )
    if wrong:
        detail += "; " + ", ".join(f"{what} ×{times}" for what, times in wrong.most_common(5))
    if not saved:
        raise RuntimeError(f"nothing was saved: {detail}")
    return [
        {"name": "load: errors and lost writes", "ratio": float(wrong.total()), "limit": 0, "detail": detail}
    ]


def work(port: int, known: dict[str, str], numbers: list[str], names: list[str]) -> list[Person]:
    """Has everybody do their work at once; returns them, readers first. Whoever gets no answer counts as wrong."""
    people = [Person(port) for _ in range(READERS + WRITERS)]
    for place, person in enumerate(people):
        login = (
            "reviewer" if place >= READERS else ("leader", "jd-staff", "cihui-head", "bureau-head")[place % 4]
        )
        person.sign_in(login, known[login])
    until = time.monotonic() + SECONDS
    threads = [
        Thread(target=person.tried, args=(person.read, until, numbers, names, place))
        for place, person in enumerate(people[:READERS])
    ]
    for place, person in enumerate(people[READERS:]):
        own = numbers[-1 - place * OWN - OWN : -1 - place * OWN]
        writing = (person.write, until, [*own, numbers[-1]], 100 + place)
        threads.append(Thread(target=person.tried, args=writing))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return people


def missing(books: sqlite3.Connection, before: dict[str, int], people: list[Person]) -> Counter[str]:
    """Changes that a writer was told were saved and that the books do not have."""
    after = counted(books)
    lost: Counter[str] = Counter()
    writers = [person for person in people if person.saved]
    for number in set().union(*(person.saved for person in writers)):
        saved = sum(person.saved[number] for person in writers)
        if after.get(number, 0) - before.get(number, 0) != saved:
            lost[f"{number}: {saved} saved, {after.get(number, 0) - before.get(number, 0)} in the books"] += 1
        alone = [person for person in writers if person.saved[number]]
        if len(alone) == 1:
            (fen,) = books.execute(
                "SELECT total_investment_fen FROM projects WHERE number = ?", (number,)
            ).fetchone()
            if fen != round(float(alone[0].last[number]) * 10**10):
                lost[f"{number}: another value than the last"] += 1
    return lost


def counted(books: sqlite3.Connection) -> dict[str, int]:
    """How many changes of facts the history has of each project."""
    return dict(
        books.execute(
            "SELECT number, count(*) FROM audit_events JOIN projects ON projects.id = subject_id "
            "WHERE action = 'project.facts_set' AND subject_type = 'projects' GROUP BY number"
        ).fetchall()
    )


def figures(people: list[Person]) -> str:
    """Requests a second, and the middle and the slow end of what they took."""
    seconds = sorted(second for person in people for second in person.seconds)
    return (
        f"{len(seconds) / SECONDS:.0f}/s, p50 {1000 * statistics.median(seconds):.0f} ms, "
        f"p95 {1000 * seconds[int(len(seconds) * 0.95)]:.0f} ms"
    )


def accounts(folder: Path) -> dict[str, str]:
    """Login → password of the demonstration's accounts."""
    lines = (folder / "demonstration-accounts.txt").read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split("\t")[:2] for line in lines)


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[int]:
    """The real server, as `make run` starts it; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # a file, not a pipe: nobody reads a pipe meanwhile, and a full one would stop the server
    said = Path(environment["GUISHU_INSTANCE"]) / "said.txt"
    with said.open("wb") as heard:
        process = subprocess.Popen(
            [sys.executable, "-m", "crm.cli", "run"],
            env=environment | {"PORT": str(port)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=heard,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            try:
                if Person(port).ask("/health")[0] in {200, 503}:
                    break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError("the server did not answer within two minutes")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        if re.search(r"Traceback|database is locked", text := said.read_text(errors="replace")):
            print(text[-3000:], file=sys.stderr)


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(json.dumps(line, ensure_ascii=False))
