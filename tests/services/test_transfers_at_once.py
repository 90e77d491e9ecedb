"""Two steps of one transfer in the same second, and a process that is killed in the middle of one: one counts, or none."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crm import clock, create_app
from crm.db import db, transaction
from crm.errors import NotAllowed, Refused, Stale
from crm.models import CarryOver, Holding, Transfer, TransferSignature
from crm.periods import Month
from crm.services import months, projects, transfers
from crm.services.attribution import rulebook
from tests.databases import Database
from tests.processes import PATIENCE, ROOT, environment
from tests.services.offering import person
from tests.services.test_reassignments_at_once import together
from tests.services.transferring import (
    COMPLETED,
    SIGNED,
    TODAY,
    begin,
    books,
    brought,
    change,
    holders,
    project,
    proposed,
    said,
)

BEFORE = [(SIGNED, "gx", "gx")]
AFTER = [*BEFORE, (COMPLETED, "jinghe", "jinghe")]


@pytest.fixture
def small(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        yield begin()


def won(found: list[Any]) -> str:
    """What the one that counted gave; the others came too late."""
    assert len([one for one in found if isinstance(one, Stale)]) == len(found) - 1, found
    return str(next(one for one in found if isinstance(one, str)))


def second(database: Database, folder: Path, first: Callable[[], Any], late: Callable[[], Any]) -> Refused:
    """What the one is told that came while the other, in a connection of its own, had not committed yet.

    It waits for the other, and changes nothing.
    """
    db.session.commit()
    first()
    db.session.flush()
    after = books()
    app = create_app(database.settings(folder))
    begun, found = threading.Event(), []

    def run() -> None:
        with app.app_context(), clock.at(TODAY):
            begun.set()
            try:
                with transaction():
                    late()
            except Refused as refused:
                found.append(refused)
            finally:
                db.session.remove()
                db.engine.dispose()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(PATIENCE)
    thread.join(0.2)
    assert thread.is_alive(), "nothing is decided before the first has ended"
    db.session.commit()
    thread.join(PATIENCE)
    assert found and books() == after, found
    return found[0]


def test_confirmed_twice_and_withdrawn_at_once(small: Any, database: Database, tmp_path: Path) -> None:
    made = brought("confirming", by="gx2")
    number, version, told = made.id, made.version, said(made)

    def confirm(login: str = "chief") -> Transfer:
        return transfers.confirm(number, version=version, actor=person(login))

    def withdraw() -> Transfer:
        return transfers.withdraw(number, version=version, note="缓办", actor=person("gx2"))

    state = won(together(database, tmp_path, [confirm, lambda: confirm("reviewer"), withdraw]))
    assert made.state == state and holders() == (AFTER if state == "confirmed" else BEFORE)
    assert db.session.query(TransferSignature).count() == (3 if state == "confirmed" else 2)
    assert said(made) == [*told, state]


def begin_later() -> None:
    """After the day on which it was to pass on."""
    later = {"signed_on": date(2021, 5, 10), "completed_on": date(2021, 5, 20)}
    projects.change(project(), later, actor=None, valid_from=date(1, 1, 1), book=rulebook())
    assert project().due_since == later["completed_on"]


STEPS: dict[str, Callable[[int, int], Any]] = {
    "sign": lambda number, version: transfers.sign(number, version=version, actor=person("jinghe")),
    "sign for another": lambda number, version: transfers.sign(number, version=version, actor=person("sy")),
    "confirm": lambda number, version: transfers.confirm(
        number, version=version, actor=person("chief"), day=COMPLETED
    ),
    "withdraw": lambda number, version: transfers.withdraw(
        number, version=version, note="缓办", actor=person("gx2")
    ),
    "close": lambda number, version: months.close(Month(2021, 4), actor=None),
    "begin later": lambda number, version: begin_later(),
    "propose": lambda number, version: proposed("jinghe"),
}


@pytest.mark.parametrize(
    ("first", "late", "error", "match"),
    [
        ("confirm", "confirm", Stale, "已由chief确认，没有再做什么"),
        ("withdraw", "confirm", Stale, "已由gx2撤回，没有再做什么"),
        ("confirm", "withdraw", Stale, "已由chief确认，没有再做什么"),
        ("sign", "sign", Stale, "双方已经签字"),
        ("sign", "sign for another", NotAllowed, "只能为本单位签字"),
        ("close", "confirm", Refused, "已月结，划转最早从2021-05-01起生效"),
        ("begin later", "confirm", Stale, "清单在移交单位填写，没有再做什么"),
        ("propose", "propose", Refused, "已有办理中的划转"),
    ],
)
def test_whoever_comes_second_changes_nothing(
    small: Any, database: Database, tmp_path: Path, first: str, late: str, error: Any, match: str
) -> None:
    number = version = 0
    if first != "propose":
        made = brought("signing" if first == "sign" else "confirming", by="gx2")
        number, version = made.id, made.version
    found = second(
        database, tmp_path, lambda: STEPS[first](number, version), lambda: STEPS[late](number, version)
    )
    with pytest.raises(error, match=match):
        raise found


def test_two_proposals_at_once(small: Any, database: Database, tmp_path: Path) -> None:
    found = together(
        database, tmp_path, [lambda: proposed("gx"), lambda: proposed("jinghe"), lambda: proposed(None)]
    )
    assert sorted(type(one).__name__ for one in found) == ["Refused", "Refused", "str"], found
    assert all("编号" in str(one) for one in found if isinstance(one, Refused))
    assert db.session.query(Transfer).count() == 1


def test_signed_returned_and_declined_at_once(small: Any, database: Database, tmp_path: Path) -> None:
    made = brought("signing")
    number, version = made.id, made.version
    verbs: list[Any] = [
        lambda: transfers.sign(number, version=version, actor=person("jinghe")),
        lambda: transfers.send_back(
            number, version=version, remarks={}, note="不符", actor=person("jinghe2")
        ),
        lambda: transfers.decline(number, version=version, note="不", actor=person("jinghe")),
    ]
    state = won(together(database, tmp_path, verbs))
    assert made.state == state and made.round == (2 if state == "filling" else 1)
    assert db.session.query(TransferSignature).count() == (2 if state == "confirming" else 1)


def test_confirmed_while_a_fact_is_entered(small: Any, database: Database, tmp_path: Path) -> None:
    made = brought("confirming")
    number, version = made.id, made.version

    def enter() -> Any:
        change("completed_on", None)
        return SimpleNamespace(state="entered")

    def confirm() -> Transfer:
        return transfers.confirm(number, version=version, actor=person("chief"))

    found = together(database, tmp_path, [confirm, enter])
    assert found[1] == "entered"
    if isinstance(found[0], Stale):
        assert made.state == "overtaken" and holders() == BEFORE and project().due_since is None
    else:
        # who holds by then is right by the facts of before: it is due the other way round
        assert made.state == "confirmed" and holders() == AFTER and project().due_since is not None
    assert transfers.open_of(project()) is None


KILLED = """
import os, time
from datetime import date
from crm import clock, create_app
from crm.db import transaction
from crm.services import people, standing, transfers

def stop(project_ids):
    print("here", flush=True)
    time.sleep(600)

standing.refresh = stop
app = create_app()
with app.app_context(), clock.at(date.fromisoformat(os.environ["TODAY"])), transaction():
    number, version = map(int, os.environ["TRANSFER"].split())
    transfers.confirm(number, version=version, actor=people.user_by_login("chief"))
"""


def test_a_process_killed_while_it_confirms_leaves_nothing_half(
    small: Any, database: Database, tmp_path: Path
) -> None:
    made = brought("confirming")
    db.session.commit()
    before, asked = books(), f"{made.id} {made.version}"
    db.session.rollback()
    places = {
        "DATABASE_URL": database.url,
        "DATABASE_OWNER_URL": database.owner_url,
        "SECRET_KEY": "only for tests",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=ROOT,
        env=environment(tmp_path, **places, TODAY=TODAY, TRANSFER=asked),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n", "all but the last is written"
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert books() == before and holders() == BEFORE
    db.session.rollback()
    transfers.confirm(made.id, version=made.version, actor=person("chief"))
    assert holders() == AFTER and db.session.query(Holding).count() == 2
    assert db.session.query(CarryOver).count() == 0, "no month is closed"
