"""A bar chart drawn with lines and text of our own fonts; its tints stay apart in black and white print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from reportlab.lib.colors import Color, black, white
from reportlab.platypus import Flowable

from crm.briefs.content import BarChart, Language, Number
from crm.briefs.linebreaks import Line, Style, break_lines
from crm.briefs.typesetting import baseline_in, draw_line, draw_text

INK = Color(0.13, 0.23, 0.37)
TINTS = (INK, Color(0.53, 0.65, 0.79), Color(0.84, 0.89, 0.94), white, Color(0.35, 0.35, 0.35))
GROUP_GAP = 6.0
BAR, BAR_ALONE = 7.5, 11.0
LABEL_SHARE = 0.3


@dataclass(frozen=True)
class ChartStyle:
    """Type of labels and legend, of the values beside the bars, and of the title."""

    label: Style
    figure: Style
    title: Style


class HorizontalBars(Flowable):  # type: ignore[misc]
    """The chart over the whole measure; one too tall for the page goes on over the next, group by group."""

    def __init__(
        self,
        chart: BarChart,
        style: ChartStyle,
        language: Language,
        *,
        tallest: float,
        before: float,
        after: float,
    ) -> None:
        """`tallest` is the height of a page's type area in points: only a chart beyond it is divided."""
        super().__init__()
        self.chart, self.style, self.language, self.tallest = chart, style, language, tallest
        self.spaceBefore, self.spaceAfter = before, after
        self.top = max((value for _, values in chart.series for value in values), default=0)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        self.height = self._head() + sum(self._group(label) for label in self.chart.labels) + GROUP_GAP
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        left, fits = available_height - self._head() - GROUP_GAP, 0
        for label in self.chart.labels:
            left -= self._group(label)
            if left < 0:
                break
            fits += 1
        if self.height <= self.tallest or fits == 0:
            return []
        return [self._part(0, fits), self._part(fits, len(self.chart.labels))]

    def draw(self) -> None:
        canvas, label, figure = self.canv, self.style.label, self.style.figure
        y = self._draw_title_and_legend()
        labels = self._label_width()
        left = labels + 6
        longest = max((figure.width(written(v)) for _, vs in self.chart.series for v in vs), default=0.0)
        scale = (self.width - left - longest - 8) / float(self.top or 1)
        foot = y - sum(self._group(name) for name in self.chart.labels) - GROUP_GAP
        y -= GROUP_GAP / 2
        for number, name in enumerate(self.chart.labels):
            height = self._group(name)
            lines = self._lines(name)
            baseline = y - (height - len(lines) * label.pitch) / 2 - baseline_in(label)
            for line in lines:
                draw_line(canvas, line, replace(label, align="right"), 0, baseline)
                baseline -= label.pitch
            bar = self._bar()
            edge = y - (height - bar * len(self.chart.series)) / 2
            for tint, (_, values) in enumerate(self.chart.series):
                edge -= bar
                self._draw_bar(left, edge, float(values[number]) * scale, bar - 1, tint)
                beside = left + float(values[number]) * scale + 3
                draw_text(
                    canvas, written(values[number]), figure, beside, edge + (bar - 1) / 2 - figure.size * 0.37
                )
            y -= height
        canvas.setStrokeColor(black)
        canvas.setLineWidth(0.8)
        canvas.line(left, foot, left, foot + self._body())

    def _draw_title_and_legend(self) -> float:
        canvas, label, title = self.canv, self.style.label, self.style.title
        y = self.height
        for line in self._title_lines():
            draw_line(canvas, line, title, 0, y - baseline_in(title))
            y -= title.pitch
        for row in self._legend_rows():
            x = (self.width - sum(width for _, _, width in row)) / 2
            for tint, lines, width in row:
                self._draw_bar(x, y - label.pitch / 2 - 3.5, 14, 7, tint)
                for number, line in enumerate(lines):
                    draw_line(canvas, line, label, x + 18, y - number * label.pitch - baseline_in(label))
                x += width
            y -= max(len(lines) for _, lines, _ in row) * label.pitch
        return y - 4

    def _draw_bar(self, x: float, y: float, width: float, height: float, tint: int) -> None:
        canvas: Any = self.canv
        canvas.setFillColor(TINTS[tint % len(TINTS)])
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.5)
        if width > 0:
            canvas.rect(x, y, width, height, stroke=1, fill=1)

    def _title_lines(self) -> list[Line]:
        unit = self.chart.unit
        bracketed = (f"（{unit}）" if self.language == "zh" else f" ({unit})") if unit else ""
        return break_lines(self.chart.title + bracketed, self.style.title, self.width)

    def _legend_rows(self) -> list[list[tuple[int, list[Line], float]]]:
        rows: list[list[tuple[int, list[Line], float]]] = []
        if len(self.chart.series) < 2:
            return rows
        for tint, (name, _) in enumerate(self.chart.series):
            lines = break_lines(name, self.style.label, self.width - 36)
            width = max(line.width for line in lines) + 36
            if not rows or sum(w for _, _, w in rows[-1]) + width > self.width:
                rows.append([])
            rows[-1].append((tint, lines, width))
        return rows

    def _head(self) -> float:
        titles = len(self._title_lines()) * self.style.title.pitch
        legend = sum(max(len(lines) for _, lines, _ in row) for row in self._legend_rows())
        return titles + legend * self.style.label.pitch + 4

    def _body(self) -> float:
        return sum(self._group(name) for name in self.chart.labels) + GROUP_GAP

    def _bar(self) -> float:
        return BAR if len(self.chart.series) > 1 else BAR_ALONE

    def _group(self, label: str) -> float:
        bars = self._bar() * len(self.chart.series)
        return max(bars, len(self._lines(label)) * self.style.label.pitch) + GROUP_GAP

    def _label_width(self) -> float:
        widest = max((self.style.label.width(name) for name in self.chart.labels), default=0.0)
        return min(widest + 0.01, self.width * LABEL_SHARE)

    def _lines(self, label: str) -> list[Line]:
        return break_lines(label, replace(self.style.label, align="right"), self._label_width())

    def _part(self, first: int, end: int) -> HorizontalBars:
        part = HorizontalBars(
            replace(
                self.chart,
                labels=self.chart.labels[first:end],
                series=tuple((name, values[first:end]) for name, values in self.chart.series),
            ),
            self.style,
            self.language,
            tallest=self.tallest,
            before=self.spaceBefore,
            after=self.spaceAfter,
        )
        part.top = self.top
        return part


def written(value: Number) -> str:
    """The value as written beside its bar: thousands set off, no idle zeros after the point."""
    exact = Decimal(str(value))
    text = f"{exact:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
