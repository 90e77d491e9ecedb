"""The picture of units side by side: what each has above, what it is entitled to below, the difference hatched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.models import Unit
from crm.money import yi
from crm.services.unit_figures import Amount, Figures

ROW, BAR, GAP = 40, 14, 3
"""Pixels: from unit to unit, a bar's height, between the two bars of a unit."""

LONGEST = 84.0
"""Per cent of the width that the longest bar takes; what is left is for its figure."""


@dataclass(frozen=True)
class Piece:
    """Part of a bar: left edge and width in per cent; kind is kept, gap (the difference) or open (undetermined)."""

    kind: str
    x: float
    width: float
    top: int


@dataclass(frozen=True)
class Total:
    """The figure at the end of a bar: its place in per cent, its baseline, its text."""

    x: float
    y: int
    text: str


@dataclass(frozen=True)
class Row:
    """The two bars of a unit."""

    unit: Unit
    pieces: tuple[Piece, ...]
    totals: tuple[Total, ...]


@dataclass(frozen=True)
class Picture:
    """The bars of some units, ready for SVG; all pictures of one scale can be compared."""

    height: int
    rows: tuple[Row, ...]
    bar: int = BAR


def largest(figures: Sequence[Figures], by: str) -> int:
    """The longest bar that is to be drawn, in projects or in fen."""
    return max((_size(amount, by) for one in figures for amount in (one.has, one.entitled)), default=0) or 1


def draw(units: Sequence[Unit], figures: Mapping[int, Figures], by: str, top: int) -> Picture:
    """Where every bar goes, `by` count or investment; `top` is what the longest bar of the page stands for."""
    rows = []
    for number, unit in enumerate(units):
        one, y = figures[unit.id], number * ROW + (ROW - 2 * BAR - GAP) // 2
        upper = (("kept", one.kept), ("open", one.undetermined), ("gap", one.gives))
        lower = (("kept", one.kept), ("gap", one.gets))
        pieces, totals = [], []
        for at, amounts, whole in ((y, upper, one.has), (y + BAR + GAP, lower, one.entitled)):
            x = 0.0
            for kind, amount in amounts:
                width = _size(amount, by) / top * LONGEST
                if width:
                    pieces.append(Piece(kind, round(x, 3), round(width, 3), at))
                x += width
            text = f"{whole.count:,}" if by == "count" else yi(whole.fen)
            totals.append(Total(round(x + 0.7, 3), at + BAR // 2, text))
        rows.append(Row(unit, tuple(pieces), tuple(totals)))
    return Picture(len(units) * ROW, tuple(rows))


def _size(amount: Amount, by: str) -> int:
    return amount.count if by == "count" else amount.fen
