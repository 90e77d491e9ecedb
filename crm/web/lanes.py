"""The picture of a project's attribution: six lanes of bars over time, placed in per cent of the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.periods import Month
from crm.rules.duties import Responsibility
from crm.rules.timeline import RESPONSIBILITIES, Period

LANE, GAP, HEAD = 30, 6, 26
"""Pixels: a lane, between two lanes, and the head with the dates."""

SHORTEST = timedelta(days=180)
"""A younger project is still drawn over half a year, or its bars would say nothing."""

LABELS_AT_MOST = 9

ROOM = 18.0
"""Per cent of the width kept free for the label of a marked day."""


@dataclass(frozen=True)
class Bar:
    """A period in its lane: left edge and width in per cent; running ones reach the right edge."""

    period: Period
    x: float
    width: float
    y: int
    running: bool


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
    names: tuple[Responsibility, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    today: Mark
    chosen: Mark | None
    lane: int = LANE
    pitch: int = LANE + GAP
    head: int = HEAD


def draw(found: Sequence[Period], today: date, chosen: date) -> Lanes | None:
    """Where every bar and line goes; nothing where there is no period."""
    if not found:
        return None
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
    bars = [
        Bar(
            period,
            place(period.from_),
            round((100 if period.to is None else place(period.to)) - place(period.from_), 3),
            HEAD + RESPONSIBILITIES.index(period.responsibility) * (LANE + GAP),
            period.to is None,
        )
        for period in found
    ]
    return Lanes(
        HEAD + len(RESPONSIBILITIES) * (LANE + GAP),
        RESPONSIBILITIES,
        tuple(bars),
        tuple(
            tick
            for tick in map(mark, _ticks(first, end))
            if not _crowded(tick, now) and not _crowded(tick, asked)
        ),
        now,
        asked,
    )


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
