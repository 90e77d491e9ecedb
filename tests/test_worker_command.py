"""The worker that `crm run` keeps beside the server, in processes of their own."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.processes import crm, free_port, instance, running, wait

__all__ = ["instance"]


def workers(instance: Path) -> dict[str, int]:
    """The workers that said they are alive, and the process each is."""
    with closing(sqlite3.connect(instance / "demonstration.db")) as books:
        names = [name for (name,) in books.execute("SELECT name FROM workers")]
    return {name: int(name.split("-")[-2]) for name in names}


def is_running(process: int) -> bool:
    """Is there a process of this id that has not ended?"""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_worker_that_dies_is_started_again_and_ends_with_the_server(instance: Path, tmp_path: Path) -> None:
    with running(instance, free_port(), tmp_path / "output") as server:
        wait(lambda: workers(instance))
        (name, first), *more = workers(instance).items()
        assert not more
        os.kill(first, signal.SIGKILL)
        wait(lambda: set(workers(instance)) - {name})
        second = next(process for found, process in workers(instance).items() if found != name)
        assert server.poll() is None
    assert not is_running(second)
    assert set(workers(instance)) == {name}, "who was stopped says so, who was killed could not"
    assert not list(instance.glob("demonstration.db-*")), "nobody has the books open any more"


def test_a_worker_ends_when_its_keeper_was_killed(instance: Path, tmp_path: Path) -> None:
    with running(instance, free_port(), tmp_path / "output") as server:
        wait(lambda: workers(instance))
        (process,) = workers(instance).values()
        server.kill()
        server.wait()
        wait(lambda: not is_running(process), 20)
    assert workers(instance) == {}


def test_none_is_started_where_it_runs_by_itself(instance: Path, tmp_path: Path) -> None:
    with running(instance, free_port(), tmp_path / "output", GUISHU_WORKER=0):
        said = [crm(instance, "attribution", "rebuild", "--queue").stdout for _ in range(2)]
    assert workers(instance) == {}
    assert "已排队" in said[0] and said[0] == said[1], "what waits already stands for both"
    with running(instance, free_port(), tmp_path / "output"):
        wait(lambda: states(instance, "attribution.rebuild") == ["done"])


def states(instance: Path, kind: str) -> list[str]:
    """The states of the jobs of a kind."""
    with closing(sqlite3.connect(instance / "demonstration.db")) as books:
        return [state for (state,) in books.execute("SELECT state FROM jobs WHERE kind = ?", (kind,))]
