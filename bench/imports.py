"""Bringing a registry into the books, against what calamine alone needs to read the same workbook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench import say
from bench.registry import generate

ROOT = Path(__file__).resolve().parent.parent
ROWS = 100_000
MOST_TIMES = 15.0
MOST_TIMES_THE_FIRST = 2.0
"""What an import into books that have the projects may take, against the first."""

MOST_MEMORY_MB = 500
MOST_LOCK_SECONDS = 5.0

READ = """
import sys
from python_calamine import CalamineWorkbook
for row in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows():
    pass
"""

# The longest time between taking SQLite's write lock and having given it back, whichever transaction it was.
IMPORT = """
import sys, time
from sqlalchemy import event
from sqlalchemy.engine import Engine

taken, longest = None, 0.0

@event.listens_for(Engine, "before_cursor_execute")
def begin(connection, cursor, statement, *rest):
    global taken, longest
    if statement == "BEGIN IMMEDIATE":
        taken = time.monotonic()

@event.listens_for(Engine, "checkin")
def end(connection, record):
    global taken, longest
    if taken is not None:
        longest, taken = max(longest, time.monotonic() - taken), None

from crm.cli import main
sys.argv = ["crm", "import", sys.argv[1]]
try:
    main()
finally:
    print(f"longest={longest:.3f}", file=sys.stderr)
"""


def run(size: int = ROWS) -> list[dict[str, Any]]:
    """Name, ratio, limit and detail of each measurement, on a fresh SQLite with the seeds.

    What is new, the same once more, and the same with every project signed a day earlier.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook, moved = folder / "registry.xlsx", folder / "moved.xlsx"
        say(f"writing two workbooks of {size:,} rows")
        generate(workbook, size)
        generate(moved, size, moved=1)
        environment = os.environ | {"GUISHU_INSTANCE": str(folder), "PYTHONPATH": str(ROOT), "LANGUAGE": "zh"}
        environment.pop("DATABASE_URL", None)
        # compiling the program is not importing: bytecode is kept, as it is wherever the program runs
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for step in ("migrate", "seed"):
            subprocess.run(
                [sys.executable, "-m", "crm.cli", step], env=environment, check=True, capture_output=True
            )
        say("reading a workbook with calamine alone, then importing it")
        reading = min(_timed(READ, workbook, environment)[0] for _ in range(2))
        new = _imported(workbook, environment)
        say("importing it again, then the other, in which every project changes")
        same = _imported(workbook, environment)
        changed = _imported(moved, environment)
    detail = f"{size:,} rows of xlsx: calamine {reading:.2f} s, import {new.seconds:.2f} s"
    found = [_held("import / calamine", new.seconds / reading, MOST_TIMES, detail), *_frugal("import", new)]
    for what, again in (("import of what is there", same), ("import of changes", changed)):
        detail = f"{again.seconds:.2f} s against {new.seconds:.2f} s"
        found.append(_held(f"{what} / import", again.seconds / new.seconds, MOST_TIMES_THE_FIRST, detail))
        found += _frugal(what, again)
    return found


class Imported(NamedTuple):
    """What an import took."""

    seconds: float
    memory: float
    """Peak, in MB."""
    lock: float
    """The longest time in seconds that others could not write."""


def _imported(workbook: Path, environment: dict[str, str]) -> Imported:
    seconds, memory, said = _timed(IMPORT, workbook, environment)
    found = re.search(r"longest=([\d.]+)", said)
    assert found is not None, said
    return Imported(seconds, memory, float(found[1]))


def _frugal(what: str, taken: Imported) -> list[dict[str, Any]]:
    """Its memory and the write lock against what is allowed."""
    memory, lock = taken.memory / MOST_MEMORY_MB, taken.lock / MOST_LOCK_SECONDS
    return [
        _held(f"{what}: memory / {MOST_MEMORY_MB} MB", memory, 1.0, f"{taken.memory:.0f} MB at most"),
        _held(f"{what}: write lock / {MOST_LOCK_SECONDS:g} s", lock, 1.0, f"{taken.lock:.2f} s at most"),
    ]


def _held(name: str, ratio: float, limit: float, detail: str) -> dict[str, Any]:
    return {"name": name, "ratio": round(ratio, 3), "limit": limit, "detail": detail}


def _timed(program: str, workbook: Path, environment: dict[str, str]) -> tuple[float, float, str]:
    """Seconds, peak memory in MB and what it said on stderr, of a process that does one thing."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(workbook)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said)
    return time.monotonic() - began, used.ru_maxrss / 1024, said


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(json.dumps(line, ensure_ascii=False))
