"""What a brief says, as finished strings in one language: the whole input of the renderer.

The caller translates, numbers headings and formats figures; the renderer numbers pages and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Language = Literal["zh", "en"]
Align = Literal["left", "right", "centre"]
Number = int | float | Decimal


@dataclass(frozen=True)
class SubHeading:
    """A second-level heading, numbered by the caller: （一）……"""

    text: str


@dataclass(frozen=True)
class Text:
    """Body text; a line feed starts a new paragraph."""

    text: str


@dataclass(frozen=True)
class Note:
    """A remark in smaller type, such as the source of a figure or 本区未定."""

    text: str


@dataclass(frozen=True)
class Column:
    """A column's head. `unit` stands in brackets under the title.

    `weight` is the wanted width in characters; None takes what the cells need, at most sixteen characters.
    Weights are shares: a table always fills the type area, and a figure or a word is never cut for them.
    """

    title: str
    unit: str = ""
    align: Align = "left"
    weight: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows of finished strings under heads that are repeated on every page; `total` is set off below them.

    A table without rows prints the line `empty` (nothing when that is empty too). Raises ValueError when a
    row is not as long as the heads.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    total: tuple[str, ...] | None = None
    empty: str = ""

    def __post_init__(self) -> None:
        for row in (*self.rows, *(() if self.total is None else (self.total,))):
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells under {len(self.columns)} heads: {row}")


@dataclass(frozen=True)
class BarChart:
    """Grouped bars: one group a label, one bar a series, values not below zero, each written beside its bar.

    `series` pairs a name with as many values as there are labels. Without labels it prints `empty`.
    Raises ValueError for a missing or a negative value.
    """

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[Number, ...]], ...]
    empty: str = ""

    def __post_init__(self) -> None:
        for name, values in self.series:
            if len(values) != len(self.labels):
                raise ValueError(f"series {name}: {len(values)} values for {len(self.labels)} labels")
            if any(value < 0 for value in values):
                raise ValueError(f"series {name}: a bar cannot show a value below zero")


Block = Text | Table | BarChart | Note | SubHeading


@dataclass(frozen=True)
class Section:
    """A first-level heading, numbered by the caller (一、……), and what stands under it."""

    heading: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class BriefContent:
    """One issue of a brief.

    `title` is the brief's name in the red head, `subject` the title of this issue above the text (none
    when empty). `number` (2021年第5期), `issuer` and `issued_on` stand between name and red rule.
    `sign_off` closes the text with the date; `footnotes` stand between rules at the foot of the last page,
    `running` below the text of every page, beside its number.
    """

    month: str
    title: str
    issuer: str
    number: str
    issued_on: date
    sections: tuple[Section, ...]
    subject: str = ""
    sign_off: str = ""
    footnotes: tuple[str, ...] = ()
    running: str = ""
    language: Language = "zh"
