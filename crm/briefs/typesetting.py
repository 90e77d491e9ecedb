"""Chinese paragraphs as reportlab flowables, and how a line of text is drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from reportlab.platypus import Flowable

from crm.briefs.linebreaks import Line, Style, break_lines, place


def draw_line(canvas: Any, line: Line, style: Style, x: float, baseline: float) -> None:
    """Draws the line with its left edge at x."""
    if not line.text:
        return
    text = canvas.beginText(x + line.start, baseline)
    text.setFont(style.face.name, style.size)
    text.setFillColor(style.colour)
    if style.face.stroke:
        canvas.saveState()
        canvas.setLineWidth(style.face.stroke * style.size)
        canvas.setLineJoin(1)
        text.setTextRenderMode(2)
        text.setStrokeColor(style.colour)
    done, spaced = 0, 0.0
    for gap, run in groupby(line.gaps):
        count = len(list(run))
        if gap != spaced:
            text.setCharSpace(gap)
            spaced = gap
        text.textOut(line.text[done : done + count])
        done += count
    # In PDF it outlives the text object.
    if spaced:
        text.setCharSpace(0)
    canvas.drawText(text)
    if style.face.stroke:
        canvas.restoreState()


def draw_text(canvas: Any, text: str, style: Style, x: float, baseline: float) -> None:
    """Draws one short line: at x, ending at x or centred on x, as the style is aligned."""
    width = style.width(text)
    shift = {"right": width, "centre": width / 2}.get(style.align, 0.0)
    line = place(text, replace(style, align="left"), width)
    draw_line(canvas, line, style, x - shift, baseline)


def baseline_in(style: Style) -> float:
    """How far below the top of its line a text's baseline lies, its square centred, in points."""
    return (style.pitch - style.size) / 2 + 0.88 * style.size


class Paragraph(Flowable):  # type: ignore[misc]
    """Text in one style; line feeds start new paragraphs. It may be split between lines over pages."""

    def __init__(self, text: str, style: Style, *, before: float = 0, after: float = 0) -> None:
        super().__init__()
        self.text, self.style = text, style
        self.spaceBefore, self.spaceAfter = before, after
        self.lines: list[Line] = []

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if not self.lines:
            self.lines = [
                line
                for paragraph in self.text.split("\n")
                for line in break_lines(paragraph, self.style, available_width)
            ]
        self.width, self.height = available_width, len(self.lines) * self.style.pitch
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        fits = int((available_height + 0.01) // self.style.pitch)
        if fits <= 0:
            return []
        if fits >= len(self.lines):
            return [self]
        # A single line is not left alone at the head of a page.
        if len(self.lines) - fits == 1 and fits > 2:
            fits -= 1
        return list(self.divided(fits))

    @property
    def length(self) -> int:
        """How many lines it has, once wrapped."""
        return len(self.lines)

    def divided(self, fits: int) -> tuple[Paragraph, Paragraph]:
        """The first `fits` lines and the others, once wrapped."""
        parts = Paragraph("", self.style), Paragraph("", self.style, after=self.spaceAfter)
        cut = max(0, fits)
        parts[0].lines, parts[1].lines = self.lines[:cut], self.lines[cut:]
        return parts

    def draw(self) -> None:
        baseline = self.height - baseline_in(self.style)
        for line in self.lines:
            draw_line(self.canv, line, self.style, 0, baseline)
            baseline -= self.style.pitch
