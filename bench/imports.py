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
from typing import Any

from bench.registry import generate

ROOT = Path(__file__).resolve().parent.parent
ROWS = 100_000
MOST_TIMES = 15.0
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
    """Name, ratio, limit and detail of each measurement, on a fresh SQLite with the seeds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workbook = folder / "registry.xlsx"
        generate(workbook, size)
        environment = os.environ | {"GUISHU_INSTANCE": str(folder), "PYTHONPATH": str(ROOT), "LANGUAGE": "zh"}
        environment.pop("DATABASE_URL", None)
        # compiling the program is not importing: bytecode is kept, as it is wherever the program runs
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for step in ("migrate", "seed"):
            subprocess.run(
                [sys.executable, "-m", "crm.cli", step], env=environment, check=True, capture_output=True
            )
        reading = min(_timed(READ, workbook, environment)[0] for _ in range(2))
        importing, memory, said = _timed(IMPORT, workbook, environment)
        found = re.search(r"longest=([\d.]+)", said)
        assert found is not None, said
        lock = float(found[1])
    detail = f"{size:,} rows of xlsx: calamine {reading:.2f} s, import {importing:.2f} s"
    return [
        _held("import / calamine", importing / reading, MOST_TIMES, detail),
        _held("import memory / 500 MB", memory / MOST_MEMORY_MB, 1.0, f"{memory:.0f} MB at most"),
        _held("import write lock / 5 s", lock / MOST_LOCK_SECONDS, 1.0, f"{lock:.2f} s at most"),
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
