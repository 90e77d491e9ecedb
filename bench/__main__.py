"""`make bench`: every measurement as a ratio to something run beside it; printed, and kept in bench/results/."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from bench import attribution, holdings, imports, jobs, leads, load, pages, rules

RESULTS = Path(__file__).parent / "results"
HEAD = ("measurement", "ratio", "limit", "held", "detail")
SIZES = {
    "bench": (
        (attribution, 1_000_000),
        (rules, 200_000),
        (imports, 100_000),
        (jobs, 2_000),
        (load, 10_000),
        (leads, 100_000),
        (holdings, 100_000),
        (pages, 200_000),
    ),
    "bench-full": (
        (attribution, 2_000_000),
        (rules, 1_000_000),
        (imports, 200_000),
        (jobs, 20_000),
        (pages, 1_000_000),
    ),
}


def main() -> int:
    """Runs the measurements asked for; 1 where a limit was not held."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the largest sizes too")
    parser.add_argument(
        "--divide", type=int, default=1, help="make every size so many times smaller: a quick look"
    )
    asked = parser.parse_args()
    names = ["bench", "bench-full"] if asked.full else ["bench"]
    held = True
    for name in names:
        start = time.perf_counter()
        found: list[dict[str, Any]] = []
        for module, size in SIZES[name]:
            for row in module.run(size // asked.divide):
                found.append(row)
                print(" | ".join(cells(row)), flush=True)
        held = held and all(is_held(row) for row in found)
        seconds = time.perf_counter() - start
        if asked.divide == 1:
            keep(name, found, seconds)
        print(f"{name}: {seconds:.0f} s", flush=True)
    return 0 if held else 1


def is_held(row: dict[str, Any]) -> bool:
    """Whether a ratio is on the right side of its limit."""
    return bool(row["ratio"] >= row["limit"] if row.get("at_least") else row["ratio"] <= row["limit"])


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A measurement as a row of the table."""
    sign = "≥" if row.get("at_least") else "≤"
    held = "yes" if is_held(row) else "NO"
    return row["name"], f"{row['ratio']:.2f}", f"{sign} {row['limit']:g}", held, row["detail"]


def keep(name: str, found: list[dict[str, Any]], seconds: float) -> None:
    """Writes the table to bench/results/, in place of the last one of that name."""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines = [
        f"# make {name}",
        "",
        f"{date.today()} · {machine} · {seconds:.0f} s",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{' --- |' * len(HEAD)}",
        *(f"| {' | '.join(cells(row))} |" for row in found),
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
