"""Stateless attribution, CSV to CSV, beside what the csv module alone needs to read and write the same."""

from __future__ import annotations

import csv
import filecmp
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from bench import say
from bench.registry import generate

AS_OF = "2021-05-31"
MEMORY_LIMIT_MB = 1_000


def run(size: int) -> list[dict[str, Any]]:
    """The ratio to the csv module, the memory, and what twice the projects cost."""
    with tempfile.TemporaryDirectory() as folder:
        once, twice = (attributed(Path(folder), rows) for rows in (size, size * 2))
    return [
        {
            "name": "stateless attribution against the csv module on the same bytes",
            "ratio": once["seconds"] / once["csv"],
            "limit": 5,
            "detail": f"{once['seconds']:.1f} s against {once['csv']:.1f} s, {size:,} projects, {once['lines']:,} rows out",
        },
        {
            "name": "its memory, against 1 GB",
            "ratio": once["mb"] / MEMORY_LIMIT_MB,
            "limit": 1,
            "detail": f"{once['mb']:.0f} MB",
        },
        {
            "name": "twice the projects against once",
            "ratio": twice["seconds"] / once["seconds"],
            "limit": 2.2,
            "detail": f"{twice['seconds']:.1f} s against {once['seconds']:.1f} s, {twice['mb']:.0f} MB",
        },
    ]


def attributed(folder: Path, rows: int) -> dict[str, float]:
    """Seconds and memory of the command, and seconds of the csv module, for a generated registry."""
    registry, output = folder / f"registry-{rows}.csv", folder / f"attribution-{rows}.csv"
    say(f"writing a registry of {rows:,} projects and attributing it")
    generate(registry, rows)
    command = [
        sys.executable,
        "-m",
        "crm.cli",
        "attribute",
        str(registry),
        "--as-of",
        AS_OF,
        "-o",
        str(output),
    ]
    start = time.perf_counter()
    mb = peak(command)
    seconds = time.perf_counter() - start
    alone, lines = copied(registry, output, folder / "copy.csv")
    return {"seconds": seconds, "csv": alone, "lines": lines, "mb": mb}


def peak(command: list[str]) -> float:
    """Runs a command to its end; its largest memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def copied(registry: Path, output: Path, target: Path) -> tuple[float, int]:
    """Seconds the csv module needs to read the input and write that very output, and the rows it wrote.

    The rows to write are fetched between, some thousand at a time, and the fetching is not counted.
    """
    start = time.perf_counter()
    with open(registry, encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    seconds, lines = time.perf_counter() - start, 0
    with (
        open(output, encoding="utf-8", newline="") as source,
        open(target, "w", encoding="utf-8", newline="") as file,
    ):
        reader, writer = csv.reader(source), csv.writer(file, lineterminator="\n")
        while part := list(islice(reader, 50_000)):
            start = time.perf_counter()
            writer.writerows(part)
            seconds += time.perf_counter() - start
            lines += len(part)
    assert filecmp.cmp(output, target, shallow=False), "the csv module writes other bytes"
    target.unlink()
    return seconds, lines
