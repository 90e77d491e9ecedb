"""The picture of a project's attribution: six lanes of bars over time, placed in per cent of the width.

Who is entitled is above; of indicators, service and policy who holds is below, and what lies between is hatched where they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.periods import Month
from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES, Period

LANE, GAP, HEAD = 30, 6, 26
"""Pixels: a lane, between two lanes, and the head with the dates."""

BETWEEN, BELOW = 8, 20
"""Pixels: between who is entitled and who holds, and the bar of who holds."""

SHORTEST = timedelta(days=180)
"""A younger project is still drawn over half a year, or its bars would say nothing."""

LABELS_AT_MOST = 9

ROOM = 18.0
"""Per cent of the width kept free for the label of a marked day."""


@dataclass(frozen=True)
class Held:
    """Who (a unit's code) held a responsibility from a day on, until another day ended it, by which transfer."""

    responsibility: str
    unit: str
    from_: date
    to: date | None
    transfer_id: int | None = None


@dataclass(frozen=True)
class Bar:
    """A period in its lane: left edge and width in per cent; running ones reach the right edge."""

    period: Period
    x: float
    width: float
    y: int
    running: bool


@dataclass(frozen=True)
class HeldBar:
    """A time in which a unit held a responsibility, as it is drawn; `moved`: it began with a transfer."""

    held: Held
    x: float
    width: float
    y: int

    @property
    def moved(self) -> bool:
        """Did a transfer begin it?"""
        return self.held.transfer_id is not None


@dataclass(frozen=True)
class Gap:
    """A time in which another unit was entitled than held: codes of both, and since when a transfer was due."""

    responsibility: str
    entitled: str
    held: str
    since: date
    x: float
    width: float
    y: int


@dataclass(frozen=True)
class Lane:
    """A lane's top and height in pixels; `two`: it shows who holds as well."""

    name: Responsibility
    y: int
    height: int
    two: bool


@dataclass(frozen=True)
class Mark:
    """A day on the axis: its place in per cent, and whether its label is set to the left of it."""

    day: date
    x: float
    leftwards: bool


@dataclass(frozen=True)
class Lanes:
    """The picture, ready for SVG."""

    height: int
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    held: tuple[HeldBar, ...]
    gaps: tuple[Gap, ...]
    ticks: tuple[Mark, ...]
    today: Mark
    chosen: Mark | None
    lane: int = LANE
    between: int = BETWEEN
    below: int = BELOW
    head: int = HEAD


def draw(found: Sequence[Period], today: date, chosen: date, held: Sequence[Held] = ()) -> Lanes | None:
    """Where every bar and line goes; nothing where there is no period."""
    if not found:
        return None
    lanes = _lanes({one.responsibility for one in held})
    tops = {str(lane.name): lane.y for lane in lanes}
    first = min(period.from_ for period in found)
    last = max([today, first + SHORTEST, *(period.from_ for period in found)])
    if chosen > first:
        last = max(last, min(chosen, today + 20 * SHORTEST))
    end = last + max((last - first) / 9, timedelta(days=14))
    days = (end - first).days

    def place(day: date) -> float:
        return round(100 * (day - first).days / days, 3)

    def mark(day: date) -> Mark:
        return Mark(day, place(day), place(day) > 80)

    now = mark(today)
    asked = mark(chosen) if chosen != today and first <= chosen <= end else None

    def width(since: date, until: date | None) -> float:
        return round((100 if until is None else place(until)) - place(since), 3)

    bars = [
        Bar(
            period,
            place(period.from_),
            width(period.from_, period.to),
            tops[period.responsibility],
            period.to is None,
        )
        for period in found
    ]
    below = tuple(
        HeldBar(
            one,
            place(one.from_),
            width(one.from_, one.to),
            tops[one.responsibility] + LANE + BETWEEN,
        )
        for one in held
    )
    gaps = tuple(
        Gap(
            one.responsibility,
            period.attribution.lead,
            one.unit,
            since,
            place(since),
            width(since, until),
            tops[one.responsibility] + LANE,
        )
        for one, period, since, until in differences(found, held)
    )
    return Lanes(
        lanes[-1].y + lanes[-1].height + GAP,
        lanes,
        tuple(bars),
        below,
        gaps,
        tuple(
            tick
            for tick in map(mark, _ticks(first, end))
            if not _crowded(tick, now) and not _crowded(tick, asked)
        ),
        now,
        asked,
    )


def differences(
    found: Sequence[Period], held: Sequence[Held]
) -> list[tuple[Held, Period, date, date | None]]:
    """The times in which another unit was entitled than held, the notice not being silent: first day and end."""
    made = []
    for one in held:
        for period in found:
            attributed = period.attribution
            if (
                period.responsibility != one.responsibility
                or attributed.lead == one.unit
                or attributed.status == "undetermined"
            ):
                continue
            since = max(one.from_, period.from_)
            ends = [day for day in (one.to, period.to) if day is not None]
            until = min(ends, default=None)
            if until is None or since < until:
                made.append((one, period, since, until))
    return made


def _lanes(two: set[str]) -> tuple[Lane, ...]:
    lanes, y = [], HEAD
    for name in RESPONSIBILITIES:
        height = LANE + (BETWEEN + BELOW if name in two else 0)
        lanes.append(Lane(name, y, height, name in two))
        y += height + GAP
    return tuple(lanes)


def _crowded(tick: Mark, beside: Mark | None) -> bool:
    """Would the label of a tick run into that of a marked day?"""
    if beside is None:
        return False
    left, right = (-ROOM, 1.0) if beside.leftwards else (-ROOM / 2, ROOM)
    return left < tick.x - beside.x < right


def _ticks(first: date, end: date) -> list[date]:
    """First days of months, quarters, half-years or years: as fine as there is room for."""
    for months in (1, 3, 6, 12, 24, 60, 120):
        month = Month(first.year, 1)
        days = []
        while month.first < end:
            # The last label needs room to its right.
            if month.first >= first and (end - month.first) * 14 > end - first:
                days.append(month.first)
            month = month.plus(months)
        if len(days) <= LABELS_AT_MOST:
            return days
    return days
