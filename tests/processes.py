"""The command `crm` as tests run it: in a process of its own, or in this one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm.cli import main

ROOT = Path(__file__).resolve().parent.parent
CRM = (sys.executable, "-m", "crm.cli")
PATIENCE = 240
"""Seconds; far more than anything needs, so that a busy machine fails nothing."""


def environment(instance: Path, **more: object) -> dict[str, str]:
    """The environment of a process whose books are in this folder."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "HOST"}}
    return kept | {
        "GUISHU_INSTANCE": str(instance),
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "zh",
        **{name: str(value) for name, value in more.items()},
    }


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def crm(instance: Path, *arguments: str, typed: str = "", **more: object) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [*CRM, *arguments],
        cwd=ROOT,
        env=environment(instance, **more),
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def here(
    instance: Path, *arguments: str, typed: str = "", **more: object
) -> subprocess.CompletedProcess[str]:
    """The same in this process, for a command that ends by itself: it need not start again to prove what it says."""
    settings: dict[str, str | None] = {"DATABASE_URL": None, "HOST": None}
    ran = CliRunner().invoke(main, arguments, input=typed, env=settings | environment(instance, **more))
    return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)


@contextmanager
def running(instance: Path, port: int, output: Path, **more: object) -> Iterator[subprocess.Popen[str]]:
    """`crm run`, until it answers; stopped afterwards."""
    with output.open("w") as file:
        process = subprocess.Popen(
            [*CRM, "run"],
            cwd=ROOT,
            env=environment(instance, PORT=port, **more),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait(lambda: answers(port) or process.poll() is not None)
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def answers(port: int) -> bool:
    """Does a web server answer there, whatever it says?"""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait(condition: object, seconds: float = PATIENCE) -> None:
    """Until the condition holds; fails where it never does."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def refused(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Ended with this code and one line on stderr that has these words in it."""
    assert result.returncode == code, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert all(word in lines[0] for word in words), lines[0]


def first_start(folder: Path) -> None:
    """A first start in this folder: the instance, and what was printed."""
    folder.mkdir()
    with running(folder / "instance", free_port(), folder / "output"):
        pass


@pytest.fixture
def instance(demonstration_start: Path, tmp_path: Path) -> Path:
    """A copy of the instance folder that a first start left behind."""
    return Path(shutil.copytree(demonstration_start / "instance", tmp_path / "instance"))
