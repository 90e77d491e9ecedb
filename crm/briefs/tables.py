"""Tables in the style of official reports: three rules, light lines between rows, heads on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from reportlab.lib.colors import Color, black
from reportlab.platypus import Flowable

from crm.briefs.content import Language, Table
from crm.briefs.linebreaks import Alignment, Line, Style, balanced, break_lines, tokens
from crm.briefs.typesetting import baseline_in, draw_line, draw_text

LIGHT = Color(0.72, 0.72, 0.72)
HEAVY_RULE, THIN_RULE, LIGHT_RULE = 1.0, 0.5, 0.3
SIDE, ABOVE = 4.0, 3.5
WIDEST_BY_ITSELF, NARROWEST = 16, 5
SHORT_TABLE = 0.25
CONTINUED = {"zh": "（续表）", "en": " (continued)"}


@dataclass(frozen=True)
class TableStyle:
    """Type of the cells, of heads and totals, and of the caption."""

    cell: Style
    strong: Style
    caption: Style


@dataclass(frozen=True)
class _Row:
    """Lines of each cell. `joined` rows continue the one above, whose cells did not fit on a page."""

    cells: tuple[tuple[Line, ...], ...]
    joined: bool = False
    total: bool = False

    @cached_property
    def lines(self) -> int:
        """Of its deepest cell; asked anew for every page that a long table goes on over."""
        return max(len(lines) for lines in self.cells)

    def height(self, pitch: float) -> float:
        return self.lines * pitch + 2 * ABOVE


class RuledTable(Flowable):  # type: ignore[misc]
    """A table over the whole measure that goes on over pages, its caption and heads repeated."""

    def __init__(
        self,
        table: Table,
        style: TableStyle,
        language: Language,
        *,
        tallest: float,
        before: float,
        after: float,
    ) -> None:
        """`tallest` is the height of a page's type area in points: on less than half of it nothing begins."""
        super().__init__()
        self.table, self.style, self.language, self.tallest = table, style, language, tallest
        self.spaceBefore, self.spaceAfter = before, after
        self.rows: list[_Row] = []
        self.head = _Row(())
        self.widths: list[float] = []
        self.started = False
        self.ends = True

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if not self.head.cells:
            self._set(available_width)
        pitch, rows = self.style.cell.pitch, 0.0
        for row in self.rows:
            rows += row.height(pitch)
            # what no page holds is parted, however much more there is
            if rows > max(self.tallest, available_height):
                break
        self.width, self.height = available_width, self._top() + rows
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        room = left = available_height - self._top() + 0.01
        fits = 0
        for row in self.rows:
            left -= row.height(self.style.cell.pitch)
            if left < 0:
                break
            fits += 1
        # A total never stands alone under repeated heads.
        if 0 < fits == len(self.rows) - 1 and self.rows[-1].total:
            fits -= 1
        # A short table goes to the next page whole, and no page ends with a head and hardly a row.
        short = not self.started and self.height < SHORT_TABLE * self.tallest
        if (short or fits < 3) and available_height < self.tallest / 2:
            return []
        if fits == 0:
            return self._cut(room)
        if fits == len(self.rows):
            return [self]
        return [
            self._part(self.rows[:fits], self.started, False),
            self._part(self.rows[fits:], True, self.ends),
        ]

    def draw(self) -> None:
        canvas, style = self.canv, self.style
        y = self.height
        if self.table.caption:
            caption = self.table.caption + (CONTINUED[self.language] if self.started else "")
            for line in break_lines(caption, style.caption, self.width):
                draw_line(canvas, line, style.caption, 0, y - baseline_in(style.caption))
                y -= style.caption.pitch
            y -= ABOVE
        self._rule(y, HEAVY_RULE)
        y = self._draw_row(self.head, style.strong, y)
        self._rule(y, THIN_RULE)
        for number, row in enumerate(self.rows):
            if row.total:
                self._rule(y, THIN_RULE)
            elif number and not row.joined:
                self._rule(y, LIGHT_RULE)
            y = self._draw_row(row, style.strong if row.total else style.cell, y)
        self._rule(y, HEAVY_RULE if self.ends else THIN_RULE)

    def _set(self, measure: float) -> None:
        self.widths = column_widths(self.table, self.style, measure)
        titles = tuple(column.title + self._unit(column.unit) for column in self.table.columns)
        centre: Alignment = "centre"
        self.head = self._rows(self.style.strong, (centre,) * len(titles))(titles)
        aligns: tuple[Alignment, ...] = tuple(column.align for column in self.table.columns)
        self.rows += map(self._rows(self.style.cell, aligns), self.table.rows)
        if self.table.total is not None:
            total = self._rows(self.style.strong, aligns)(self.table.total)
            self.rows.append(replace(total, total=True))

    def _unit(self, unit: str) -> str:
        if not unit:
            return ""
        return f"\n（{unit}）" if self.language == "zh" else f"\n({unit})"

    def _rows(self, style: Style, aligns: tuple[Alignment, ...]) -> Callable[[Sequence[str]], _Row]:
        """Breaks the cells of one row after the other; what stands in a column again is not broken again."""
        styles = [replace(style, align=align) for align in aligns]

        @cache
        def lines(column: int, cell: str) -> tuple[Line, ...]:
            measure = self.widths[column] - 2 * SIDE
            return tuple(
                line for part in cell.split("\n") for line in balanced(part, styles[column], measure)
            )

        return lambda cells: _Row(tuple(lines(column, cell) for column, cell in enumerate(cells)))

    def _cut(self, room: float) -> list[Flowable]:
        """The table parted within its first row, which is too tall for the page."""
        lines = int((room - 2 * ABOVE) // self.style.cell.pitch)
        if lines < 1:
            return []
        row = self.rows[0]
        head = replace(row, cells=tuple(cell[:lines] for cell in row.cells))
        rest = replace(row, cells=tuple(cell[lines:] for cell in row.cells), joined=True)
        return [
            self._part([head], self.started, False),
            self._part([rest, *self.rows[1:]], True, self.ends),
        ]

    def _top(self) -> float:
        above = 0.0
        if self.table.caption:
            text = self.table.caption + (CONTINUED[self.language] if self.started else "")
            lines = len(break_lines(text, self.style.caption, sum(self.widths)))
            above = lines * self.style.caption.pitch + ABOVE
        return above + self.head.height(self.style.strong.pitch)

    def _part(self, rows: list[_Row], started: bool, ends: bool) -> RuledTable:
        part = RuledTable(
            self.table, self.style, self.language,
            tallest=self.tallest, before=self.spaceBefore, after=self.spaceAfter if ends else 0,
        )  # fmt: skip
        part.rows, part.head, part.widths = rows, self.head, self.widths
        part.started, part.ends = started, ends
        return part

    def _rule(self, y: float, width: float) -> None:
        self.canv.setLineWidth(width)
        self.canv.setStrokeColor(LIGHT if width == LIGHT_RULE else black)
        self.canv.line(0, y, self.width, y)

    def _draw_row(self, row: _Row, style: Style, y: float) -> float:
        height, x = row.height(style.pitch), 0.0
        for lines, width in zip(row.cells, self.widths, strict=True):
            # One line stands in the middle of a taller row, as figures beside a long name do.
            baseline = y - (height - len(lines) * style.pitch) / 2 - baseline_in(style)
            for line in lines:
                draw_line(self.canv, line, style, x + SIDE, baseline)
                baseline -= style.pitch
            x += width
        return y - height


class EmptyTable(Flowable):  # type: ignore[misc]
    """What stands for a table without rows: its caption, and the line that says so between two rules."""

    def __init__(self, table: Table, style: TableStyle, *, before: float, after: float) -> None:
        super().__init__()
        self.table, self.style = table, style
        self.spaceBefore, self.spaceAfter = before, after

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        caption = self.style.caption.pitch + ABOVE if self.table.caption else 0.0
        self.width, self.height = available_width, caption + self.style.cell.pitch + 4 * ABOVE
        return self.width, self.height

    def draw(self) -> None:
        canvas, cell = self.canv, self.style.cell
        box = cell.pitch + 4 * ABOVE
        if self.table.caption:
            caption = replace(self.style.caption, align="centre")
            baseline = self.height - baseline_in(caption)
            draw_text(canvas, self.table.caption, caption, self.width / 2, baseline)
        canvas.setLineWidth(THIN_RULE)
        canvas.setStrokeColor(black)
        canvas.line(0, box, self.width, box)
        canvas.line(0, 0, self.width, 0)
        centred = replace(cell, align="centre")
        draw_text(canvas, self.table.empty, centred, self.width / 2, box - 2 * ABOVE - baseline_in(cell))


def column_widths(table: Table, style: TableStyle, measure: float) -> list[float]:
    """Widths in points that fill the measure, by weight; no word or figure is cut while there is room."""
    wanted, least = [], []
    for number, column in enumerate(table.columns):
        cells = {row[number] for row in table.rows}
        words = [
            style.cell.width(word.rstrip(" ")) for cell in cells for word in _words(cell, column.align, style)
        ]
        total = table.total[number] if table.total else ""
        heads = [style.strong.width(word) for word in tokens(column.title, style.strong.face)]
        strong = [style.strong.width(total), *heads]
        ceiling = WIDEST_BY_ITSELF * style.cell.size
        title = style.strong.width(column.title)
        if column.weight is None:
            natural = [style.cell.width(line) for cell in cells for line in cell.split("\n")]
            wanted.append(
                min(max([*natural, style.strong.width(total), title / 2, *heads]), ceiling) + 2 * SIDE
            )
        else:
            wanted.append(column.weight * style.cell.size)
        least.append(min(max([*words, *strong, 0.0]), ceiling) + 2 * SIDE)
    if sum(least) >= measure:
        return [width * measure / sum(least) for width in least]
    free = [column.weight is None for column in table.columns]
    wanted = _capped(wanted, free, measure, NARROWEST * style.cell.size)
    widths = [measure * w / (sum(wanted) or 1) for w in wanted]
    fixed: set[int] = set()
    while short := {n for n, w in enumerate(widths) if n not in fixed and w < least[n] - 0.001}:
        fixed |= short
        left = measure - sum(least[n] for n in fixed)
        share = sum(w for n, w in enumerate(wanted) if n not in fixed) or 1
        widths = [least[n] if n in fixed else left * w / share for n, w in enumerate(wanted)]
    return widths


def _capped(wanted: list[float], free: list[bool], measure: float, narrowest: float) -> list[float]:
    """The free columns cut down to one common width that makes all fit: the widest give way first."""
    cap = max(wanted, default=0.0)
    while cap > narrowest:
        cut = [min(w, cap) if f else w for w, f in zip(wanted, free, strict=True)]
        if sum(cut) <= measure:
            return cut
        cap -= 1
    return [min(w, narrowest) if f else w for w, f in zip(wanted, free, strict=True)]


def _words(cell: str, align: str, style: TableStyle) -> list[str]:
    """What should stay on one line: every figure whole, of other text each piece that cannot be broken."""
    if align == "right":
        return cell.split("\n")
    return [word for line in cell.split("\n") for word in tokens(line, style.cell.face)]
