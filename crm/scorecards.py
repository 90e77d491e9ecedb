"""A month's figures → a scorecard: pure arithmetic, whole fen in and out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAGES = ("signed", "construction_started", "completed")
"""How far a project has come, in order: 签约, 开工, 投产."""


@dataclass(frozen=True)
class Cell:
    """The projects of one unit at one stage: how many, and their total investment in fen."""

    unit: str
    stage: str
    projects: int
    fen: int


@dataclass(frozen=True)
class Line:
    """One unit's projects: how many at each stage, in order of stages, and all their investment in fen."""

    unit: str
    by_stage: tuple[int, ...]
    fen: int

    @property
    def projects(self) -> int:
        """All its projects."""
        return sum(self.by_stage)


@dataclass(frozen=True)
class Scorecard:
    """A line for each unit that has projects, in the order of the unit table, and their sum."""

    lines: tuple[Line, ...]
    total: Line


def scorecard(cells: Iterable[Cell], units: Sequence[str]) -> Scorecard:
    """The cells as lines; a project counts once, with the unit that its cell names.

    Raises KeyError for a unit that is not among `units` or a stage that is none.
    """
    counts = {unit: dict.fromkeys(STAGES, 0) for unit in units}
    sums = dict.fromkeys(units, 0)
    for cell in cells:
        counts[cell.unit][cell.stage] += cell.projects
        sums[cell.unit] += cell.fen
    lines = tuple(
        Line(unit, tuple(counts[unit].values()), sums[unit]) for unit in units if any(counts[unit].values())
    )
    by_stage = tuple(sum(line.by_stage[i] for line in lines) for i in range(len(STAGES)))
    return Scorecard(lines, Line("", by_stage, sum(line.fen for line in lines)))
