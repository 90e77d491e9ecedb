"""What frames the text of a brief: the red head, headings that stay with their text, signature and foot."""

from __future__ import annotations

from dataclasses import replace

from reportlab.lib.colors import black
from reportlab.platypus import Flowable

from crm.briefs.linebreaks import Style, balanced, break_lines
from crm.briefs.typesetting import Paragraph, baseline_in, draw_line, draw_text

LARGEST_NAME, SMALLEST_NAME, NAME_FILLS = 48.0, 24.0, 0.96
LINES_WITH_SIGNATURE = 2


class RedHead(Flowable):  # type: ignore[misc]
    """The brief's name as large as the measure allows, its number, issuer and date, and the red rule."""

    def __init__(self, name: str, number: str, issuer: str, day: str, head: Style, line: Style) -> None:
        """`head` gives face and colour of the name, `line` the type of what stands below it."""
        super().__init__()
        self.name, self.number, self.issuer, self.day = name, number, issuer, day
        self.head, self.line = head, line

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        unit = replace(self.head, size=1.0, pitch=1.0).width(self.name) or 1.0
        size = min(LARGEST_NAME, available_width * NAME_FILLS / unit)
        # A long name reads better on two lines than very small on one.
        if size < SMALLEST_NAME:
            size = min(LARGEST_NAME * 0.8, size * 1.6)
        self.head = replace(self.head, size=size, pitch=size * 1.3)
        self.names = balanced(self.name, self.head, available_width)
        day = self.line.width(self.day)
        self.issuers = break_lines(self.issuer, self.line, available_width - day - 3 * self.line.size)
        lines = len(self.issuers) + (2 if self.number else 1) * 1.0
        self.width = available_width
        self.height = len(self.names) * self.head.pitch + lines * self.line.pitch + 8
        return self.width, self.height

    def draw(self) -> None:
        canvas, line, y = self.canv, self.line, self.height
        for name in self.names:
            draw_line(canvas, name, self.head, 0, y - baseline_in(self.head))
            y -= self.head.pitch
        if self.number:
            y -= line.pitch * 0.4
            centred = replace(line, align="centre")
            draw_text(canvas, self.number, centred, self.width / 2, y - baseline_in(line))
            y -= line.pitch
        y -= line.pitch * 0.6
        draw_text(
            canvas, self.day, replace(line, align="right"), self.width - line.size, y - baseline_in(line)
        )
        for issuer in self.issuers:
            draw_line(canvas, issuer, line, line.size, y - baseline_in(line))
            y -= line.pitch
        canvas.setStrokeColor(self.head.colour)
        canvas.setLineWidth(2)
        canvas.line(0, 2, self.width, 2)


class Title(Paragraph):
    """A centred title whose lines are of about one length."""

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if not self.lines:
            parts = self.text.split("\n")
            self.lines = [line for part in parts for line in balanced(part, self.style, available_width)]
        return super().wrap(available_width, available_height)


class Heading(Paragraph):
    """A heading; one with a bookmark stands in the PDF's outline."""

    def __init__(self, text: str, style: Style, bookmark: str = "") -> None:
        super().__init__(text, style)
        self.bookmark = bookmark

    def draw(self) -> None:
        if self.bookmark:
            self.canv.bookmarkHorizontal(self.bookmark, 0, self.height)
            self.canv.addOutlineEntry(self.text.replace("\n", " "), self.bookmark, 0)
        super().draw()


class Headed(Flowable):  # type: ignore[misc]
    """Headings and what they head: not parted, though what follows may go on over the page."""

    def __init__(self, headings: list[Flowable], block: Flowable, tallest: float) -> None:
        """`tallest` is the height of a page's type area in points: what it cannot hold is parted after all."""
        super().__init__()
        self.headings, self.block, self.tallest = headings, block, tallest
        self.spaceAfter = block.getSpaceAfter()

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        above = self._above(available_width, available_height)
        self.width = available_width
        self.height = above + self.block.wrap(available_width, available_height - above)[1]
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        left = available_height - self._above(available_width, available_height)
        parts = self.block.split(available_width, left) if left > 0 else []
        if parts:
            return [Headed(self.headings, parts[0], self.tallest), *parts[1:]]
        return [*self.headings, self.block] if available_height > self.tallest - 1 else []

    def draw(self) -> None:
        y = self.height
        for heading in self.headings:
            y -= heading.height
            heading.drawOn(self.canv, 0, y)
        self.block.drawOn(self.canv, 0, 0)

    def _above(self, available_width: float, available_height: float) -> float:
        headings = sum(heading.wrap(available_width, available_height)[1] for heading in self.headings)
        return float(headings + self.block.getSpaceBefore())


class SignOff(Flowable):  # type: ignore[misc]
    """Who signs and when: centred on each other, two characters from the right, a line below the text."""

    def __init__(self, name: str, day: str, style: Style) -> None:
        super().__init__()
        self.name, self.day, self.style = name, day, style

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        self.names = break_lines(self.name, replace(self.style, align="right"), available_width)
        self.height = (len(self.names) + 2) * self.style.pitch
        return self.width, self.height

    def draw(self) -> None:
        style, y = self.style, self.height - self.style.pitch
        edge = self.width - 2 * style.size
        widest = max(style.width(line.text) for line in self.names)
        middle = max(edge - max(widest, style.width(self.day)) / 2, self.width / 2 if widest > edge else 0)
        for text in (*(line.text for line in self.names), self.day):
            draw_text(self.canv, text, replace(style, align="centre"), middle, y - baseline_in(style))
            y -= style.pitch


class Closing(Flowable):  # type: ignore[misc]
    """The last paragraph with signature and foot: these never stand on a page without some of the text."""

    def __init__(self, paragraph: Paragraph | None, parts: list[Flowable]) -> None:
        super().__init__()
        self.paragraph, self.parts = paragraph, parts

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width, self.height = available_width, 0.0
        for part in self._all():
            space = part.getSpaceBefore() if part is not self.paragraph else 0
            self.height += space + part.wrap(available_width, available_height - self.height - space)[1]
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self.wrap(available_width, available_height)
        if self.paragraph is None or self.height <= available_height:
            return []
        fits = int((available_height + 0.01) // self.paragraph.style.pitch)
        before, after = self.paragraph.divided(min(fits, self.paragraph.length - LINES_WITH_SIGNATURE))
        return [before, Closing(after, self.parts)] if before.length else []

    def draw(self) -> None:
        y = self.height
        for part in self._all():
            y -= part.height + (part.getSpaceBefore() if part is not self.paragraph else 0)
            part.drawOn(self.canv, 0, y)

    def _all(self) -> list[Flowable]:
        return self.parts if self.paragraph is None else [self.paragraph, *self.parts]


class Foot(Flowable):  # type: ignore[misc]
    """Lines between two rules at the foot of the last page."""

    def __init__(self, lines: list[str], style: Style) -> None:
        super().__init__()
        self.texts, self.style = lines, style
        self.spaceBefore = style.pitch

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        inside = available_width - 2 * self.style.size
        self.lines = [line for text in self.texts for line in break_lines(text, self.style, inside)]
        needed = len(self.lines) * self.style.pitch + 10
        # Taking what is left of the page brings the lines to its foot.
        self.width, self.height = available_width, max(needed, available_height - 0.01)
        return self.width, self.height

    def draw(self) -> None:
        canvas, style = self.canv, self.style
        top = len(self.lines) * style.pitch + 9
        canvas.setStrokeColor(black)
        canvas.setLineWidth(0.9)
        canvas.line(0, top, self.width, top)
        canvas.line(0, 0.5, self.width, 0.5)
        y = top - 4
        for line in self.lines:
            draw_line(canvas, line, style, style.size, y - baseline_in(style))
            y -= style.pitch
