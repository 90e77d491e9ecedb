"""Pictures of months side by side: columns up and down from one line, or pairs of columns to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEAD, FOOT = 100.0, 16, 18
"""Per cent across; pixels above the tallest column for its figure, and below for the names of months."""


@dataclass(frozen=True)
class Column:
    """One column: left edge and width in per cent, top and height in pixels, its series, its figure where there is room."""

    x: float
    width: float
    y: float
    height: float
    series: str


@dataclass(frozen=True)
class Label:
    """A text at a place: per cent across, pixels down."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Columns:
    """The picture, ready for SVG."""

    height: int
    axis: float
    columns: tuple[Column, ...]
    figures: tuple[Label, ...]
    names: tuple[Label, ...]


def up_and_down(
    names: Sequence[str],
    up: Sequence[Sequence[tuple[str, int]]],
    down: Sequence[tuple[str, int]],
    height: int = 190,
) -> Columns:
    """Stacks of series above the line and one series below it; figures are the sums above, and those below."""
    tallest = max((sum(value for _, value in stack) for stack in up), default=0)
    deepest = max((value for _, value in down), default=0)
    room = height - 2 * HEAD - FOOT
    scale = room / ((tallest + deepest) or 1)
    axis = HEAD + tallest * scale
    step = WIDTH / (len(names) or 1)
    columns, figures = [], []
    for place, (stack, (series, value)) in enumerate(zip(up, down, strict=True)):
        x, y = place * step + step * 0.18, axis
        for kind, count in stack:
            y -= count * scale
            if count:
                columns.append(_column(x, step * 0.64, y, count * scale, kind))
        centre = round(place * step + step / 2, 3)
        if y < axis:
            figures.append(Label(centre, round(y - 4, 1), f"{sum(count for _, count in stack):,}"))
        if value:
            columns.append(_column(x, step * 0.64, axis, value * scale, series))
            figures.append(Label(centre, round(axis + value * scale + 12, 1), f"{value:,}"))
    return Columns(height, round(axis, 1), tuple(columns), tuple(figures), _names(names, step, height))


def pairs(names: Sequence[str], before: Sequence[int], now: Sequence[int], height: int = 110) -> Columns:
    """For each month the column of a year before, narrow and pale, beside that of now."""
    tallest = max([*before, *now, 1])
    axis = float(height - FOOT)
    scale = (axis - 6) / tallest
    step = WIDTH / (len(names) or 1)
    columns = []
    for place, values in enumerate(zip(before, now, strict=True)):
        for side, (series, value) in enumerate(zip(("before", "now"), values, strict=True)):
            if value:
                x = place * step + step * (0.12 + 0.38 * side)
                columns.append(_column(x, step * 0.36, axis - value * scale, value * scale, series))
    return Columns(height, axis, tuple(columns), (), _names(names, step, height))


def _column(x: float, width: float, y: float, height: float, series: str) -> Column:
    return Column(round(x, 3), round(width, 3), round(y, 1), max(round(height, 1), 1.0), series)


def _names(names: Sequence[str], step: float, height: int) -> tuple[Label, ...]:
    return tuple(
        Label(round(place * step + step / 2, 3), height - 4, name) for place, name in enumerate(names) if name
    )
