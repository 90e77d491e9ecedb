"""`make bench`: every measurement as a ratio to something run beside it; printed, and kept in bench/results/."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from bench import attribution, holdings, imports, jobs, leads, load, pages, rules

RESULTS = Path(__file__).parent / "results"
HEAD = ("measurement", "ratio", "limit", "held", "detail")
MOST_SECONDS = 20 * 60
"""What `make bench` may take as a whole."""

SIZES = {
    "bench": (
        (attribution, 1_000_000),
        (rules, 200_000),
        (imports, 100_000),
        (jobs, 2_000),
        (load, 10_000),
        (leads, 100_000),
        (holdings, 100_000),
        (pages, 150_000),
    ),
    "bench-full": (
        (attribution, 2_000_000),
        (rules, 1_000_000),
        (imports, 200_000),
        (jobs, 20_000),
        (pages, 1_000_000),
    ),
}
PARTS = [module.__name__.removeprefix("bench.") for module, _ in SIZES["bench"]]


def main() -> int:
    """Runs the measurements asked for; 1 where a limit was not held or a part broke off."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the largest sizes too")
    parser.add_argument(
        "--divide", type=int, default=1, help="make every size so many times smaller: a quick look, not kept"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone, not kept")
    asked = parser.parse_args()
    held = True
    for name in ["bench", "bench-full"] if asked.full else ["bench"]:
        parts = [(part, size // asked.divide) for part, size in SIZES[name] if short(part) in asked.only]
        found, taken = measured(name, parts)
        held = held and all(is_held(row) for row in found)
        if asked.divide == 1 and asked.only == PARTS:
            keep(name, found, taken)
    return 0 if held else 1


def measured(
    name: str, parts: Sequence[tuple[ModuleType, int]]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Every measurement, and how many seconds each part took; a part that breaks off says so and the others go on."""
    found: list[dict[str, Any]] = []
    taken: dict[str, float] = {}
    for place, (module, size) in enumerate(parts, start=1):
        print(
            f"[{place}/{len(parts)}] {short(module)}, {size:,}: {(module.__doc__ or '').splitlines()[0]}",
            flush=True,
        )
        began = time.perf_counter()
        try:
            rows = module.run(size)
        except Exception as error:
            traceback.print_exc()
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200].replace("|", "/")
            rows = [{"name": f"{short(module)} broke off", "ratio": 1.0, "limit": 0, "detail": reason}]
        taken[short(module)] = time.perf_counter() - began
        for row in rows:
            print("  " + " | ".join(cells(row)), flush=True)
        print(f"  {taken[short(module)]:.0f} s", flush=True)
        found += rows
    whole = sum(taken.values())
    if name == "bench":
        detail = f"{whole:.0f} s"
        found.append(
            {
                "name": "all of it against 20 minutes",
                "ratio": whole / MOST_SECONDS,
                "limit": 1,
                "detail": detail,
            }
        )
        print(" | ".join(cells(found[-1])), flush=True)
    lost = [row["name"] for row in found if not is_held(row)]
    print(
        f"{name}: {whole:.0f} s; " + (f"NOT held: {'; '.join(lost)}" if lost else "every limit held"),
        flush=True,
    )
    return found, taken


def short(module: ModuleType) -> str:
    """A part's name."""
    return module.__name__.removeprefix("bench.")


def is_held(row: dict[str, Any]) -> bool:
    """Whether a ratio is on the right side of its limit."""
    return bool(row["ratio"] >= row["limit"] if row.get("at_least") else row["ratio"] <= row["limit"])


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A measurement as a row of the table."""
    sign = "≥" if row.get("at_least") else "≤"
    held = "yes" if is_held(row) else "NO"
    return row["name"], f"{row['ratio']:.2f}", f"{sign} {row['limit']:g}", held, row["detail"]


def keep(name: str, found: list[dict[str, Any]], taken: dict[str, float]) -> None:
    """Writes the table to bench/results/, in place of the last one of that name."""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    lines = [
        f"# make {name}",
        "",
        f"{date.today()} · {machine} · {sum(taken.values()):.0f} s",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{' --- |' * len(HEAD)}",
        *(f"| {' | '.join(cells(row))} |" for row in found),
        "",
        "Seconds of each part: " + ", ".join(f"{part} {seconds:.0f}" for part, seconds in taken.items()),
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
