"""A brief's bar chart as the page draws it: shares of the width, for SVG attributes."""

from __future__ import annotations

from dataclasses import dataclass

from crm.briefs.charts import written
from crm.briefs.content import BarChart

ROW, GAP = 20, 10
"""Pixels a bar and between two groups."""

LONGEST = 82.0
"""Per cent of the width that the longest bar takes; what is left is for its figure."""


@dataclass(frozen=True)
class Bar:
    """One bar: its place from the top in pixels, its length in per cent, the figure beside it, its series."""

    top: int
    length: float
    text: str
    series: int

    @property
    def end(self) -> float:
        """Where its figure begins, in per cent."""
        return self.length + 0.8


@dataclass(frozen=True)
class Group:
    """The bars of one label."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Drawn:
    """The chart, ready for SVG."""

    height: int
    groups: tuple[Group, ...]


def drawn(chart: BarChart) -> Drawn:
    """Where every bar of a chart goes."""
    top = max((float(value) for _, values in chart.series for value in values), default=0.0) or 1.0
    y, groups = GAP // 2, []
    for place, label in enumerate(chart.labels):
        bars = tuple(
            Bar(
                y + number * ROW,
                round(float(values[place]) / top * LONGEST, 3),
                written(values[place]),
                number,
            )
            for number, (_, values) in enumerate(chart.series)
        )
        groups.append(Group(label, bars))
        y += len(bars) * ROW + GAP
    return Drawn(y, tuple(groups))
