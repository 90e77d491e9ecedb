"""A brief as PDF in the layout of GB/T 9704-2012: type area 156 × 225 mm, red head, page numbers outside.

The same content and fonts give the same bytes, whatever the cache holds.
"""

from __future__ import annotations

import calendar
import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Spacer

from crm.briefs.charts import ChartStyle, HorizontalBars
from crm.briefs.content import BarChart, Block, BriefContent, Language, Note, Section, SubHeading, Table, Text
from crm.briefs.fonts import Role, Typefaces, typefaces
from crm.briefs.furniture import Closing, Foot, Headed, Heading, RedHead, SignOff, Title
from crm.briefs.glyphs import Form
from crm.briefs.linebreaks import Style
from crm.briefs.tables import CONTINUED, EmptyTable, RuledTable, TableStyle
from crm.briefs.typesetting import Paragraph, draw_text

# Base 85 makes a file a quarter larger, for carriers of text alone, and takes its time.
rl_config.useA85 = 0

log = logging.getLogger(__name__)

# GB/T 9704-2012, 5.2.1: margins and type area.
TOP, LEFT = 37 * mm, 28 * mm
MEASURE, DEPTH = 156 * mm, 225 * mm
# 5.2.3: twenty-eight characters to the line.
GRID = MEASURE / 28
# Chinese type sizes: 二号, 三号, 四号, 小四, 五号.
NO_2, NO_3, NO_4, SMALL_4, NO_5 = 22.0, 16.0, 14.0, 12.0, 10.5
RUNNING = 8.0
PITCH = 28.0
FEW_COLUMNS = 5
RED = Color(0.86, 0.07, 0.07)
MONTHS = tuple(calendar.month_name)[1:]
LANGUAGES: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
FORMS: dict[Language, Form] = {"zh": "chinese", "en": "latin"}


def render(content: BriefContent, *, fonts_folder: Path | None, cache_folder: Path | None) -> bytes:
    """The brief as PDF. Characters that no font has are shown as 〓 and logged.

    `fonts_folder` may hold a zone's own fonts; `cache_folder` keeps converted outlines between documents.
    """
    with typefaces(
        texts(content), FORMS[content.language], fonts_folder=fonts_folder, cache_folder=cache_folder
    ) as faces:
        if faces.missing:
            log.warning("no font has these characters, shown as 〓: %s", " ".join(map(_code, faces.missing)))
        return _Layout(content, faces).pdf()


def missing(
    content: BriefContent, *, fonts_folder: Path | None = None, cache_folder: Path | None = None
) -> tuple[str, ...]:
    """The characters of the brief that no font has, in code order."""
    with typefaces(
        texts(content), FORMS[content.language], fonts_folder=fonts_folder, cache_folder=cache_folder
    ) as faces:
        return faces.missing


def texts(content: BriefContent) -> Iterator[str]:
    """Every string that the brief prints."""
    yield from (content.title, content.subject, content.issuer, content.number, content.sign_off)
    yield from (*content.footnotes, content.running)
    yield written_date(content.issued_on, content.language)
    yield CONTINUED[content.language] + "（）()0123456789.,-"
    for section in content.sections:
        yield section.heading
        for block in section.blocks:
            match block:
                case Text(text) | Note(text) | SubHeading(text):
                    yield text
                case Table():
                    yield from (block.caption, block.empty, *(block.total or ()))
                    yield from (part for column in block.columns for part in (column.title, column.unit))
                    yield from (cell for row in block.rows for cell in row)
                case BarChart():
                    yield from (block.title, block.unit, block.empty, *block.labels)
                    yield from (name for name, _ in block.series)


def written_date(day: date, language: Language) -> str:
    """2021年6月3日, or 3 June 2021."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


class _Layout:
    """One brief's styles and flowables."""

    def __init__(self, content: BriefContent, faces: Typefaces) -> None:
        self.content, self.faces, self.language = content, faces, content.language
        self.body = self._style(Role.BODY, NO_3, indent=2)
        self.heading = self._style(Role.HEADING, NO_3, indent=2, align="left")
        self.subheading = self._style(Role.SUBHEADING, NO_3, indent=2, align="left")
        self.title = Style(faces[Role.TITLE], NO_2, 34, align="centre")
        self.note = Style(faces[Role.BODY], SMALL_4, 19, indent=2)
        self.page_number = Style(faces[Role.TABLE], NO_4, NO_4)
        self.running = Style(faces[Role.TABLE], RUNNING, RUNNING)

    def _style(self, role: Role, size: float, *, indent: float, align: Any = "justify") -> Style:
        # In English a first line is indented less, and words need no grid.
        if self.language == "en":
            return Style(self.faces[role], size, PITCH, align, indent if align == "justify" else 0)
        return Style(self.faces[role], size, PITCH, align, indent, GRID)

    def pdf(self) -> bytes:
        clean, content = self.faces.clean, self.content
        out = io.BytesIO()
        document = BaseDocTemplate(
            out, pagesize=A4, invariant=1, pageCompression=1, lang=LANGUAGES[self.language],
            title=f"{clean(content.title)} {clean(content.number)}", author=clean(content.issuer),
            subject=clean(content.subject) or content.month, creator="Guishu", producer="Guishu",
            displayDocTitle=1, initialFontName=self.faces[Role.TABLE].name,
        )  # fmt: skip
        frame = Frame(
            LEFT, A4[1] - TOP - DEPTH, MEASURE, DEPTH,
            leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
        )  # fmt: skip
        document.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=self._number_page))
        document.build(list(self._story()))
        return out.getvalue()

    def _number_page(self, canvas: Any, document: Any) -> None:
        # 7.5: 7 mm below the type area, one character in from the outer edge, right on odd pages.
        number = canvas.getPageNumber()
        width = self.page_number.width(f"— {number} —")
        odd_x, even_x = LEFT + MEASURE - NO_4 - width, LEFT + NO_4
        y = A4[1] - TOP - DEPTH - 7 * mm - NO_4 * 0.5
        draw_text(canvas, f"— {number} —", self.page_number, odd_x if number % 2 else even_x, y)
        if self.content.running:
            # opposite the number, so that neither is in the other's way
            running = replace(self.running, align="left" if number % 2 else "right")
            draw_text(
                canvas,
                self.faces.clean(self.content.running),
                running,
                LEFT if number % 2 else LEFT + MEASURE,
                y,
            )

    def _story(self) -> Iterator[Flowable]:
        clean, content = self.faces.clean, self.content
        day = written_date(content.issued_on, self.language)
        small = Style(self.faces[Role.BODY], NO_3, PITCH)
        head = Style(self.faces[Role.TITLE], 0, 0, "centre", colour=RED)
        yield RedHead(clean(content.title), clean(content.number), clean(content.issuer), day, head, small)
        yield Spacer(0, PITCH)
        if content.subject:
            yield Title(clean(content.subject), self.title, after=PITCH * 0.75)
        text = [
            flowable
            for number, section in enumerate(content.sections)
            for flowable in self._section(section, f"section-{number}")
        ]
        closing: list[Flowable] = []
        if content.sign_off:
            closing.append(SignOff(clean(content.sign_off), day, small))
        if content.footnotes:
            foot = Style(self.faces[Role.BODY], SMALL_4, 19, "left")
            closing.append(Foot([clean(line) for line in content.footnotes], foot))
        yield from self._closed(text, closing) if closing else text

    def _closed(self, text: list[Flowable], closing: list[Flowable]) -> list[Flowable]:
        last = text[-1] if text else None
        if isinstance(last, Headed) and isinstance(last.block, Paragraph):
            return [*text[:-1], Headed(last.headings, Closing(last.block, closing), DEPTH)]
        if isinstance(last, Paragraph) and not isinstance(last, Heading):
            return [*text[:-1], Closing(last, closing)]
        return [*text, Closing(None, closing)]

    def _section(self, section: Section, bookmark: str) -> Iterator[Flowable]:
        heading = self.faces.clean(section.heading)
        headings: list[Flowable] = [Heading(heading, self.heading, bookmark)] if heading else []
        for block in section.blocks:
            flowables = self._block(block)
            if isinstance(block, SubHeading):
                headings += flowables
            elif flowables and headings:
                yield Headed(headings, flowables[0], DEPTH)
                yield from flowables[1:]
                headings = []
            else:
                yield from flowables
        yield from headings

    def _block(self, block: Block) -> list[Flowable]:
        clean = self.faces.clean
        match block:
            case SubHeading(text):
                return [Heading(clean(text), self.subheading)]
            case Text(text):
                return self._text(text)
            case Note(text):
                return [Paragraph(clean(text), self.note, before=2, after=6)]
            case Table():
                return self._table(block)
            case BarChart():
                return self._chart(block)

    def _text(self, text: str) -> list[Flowable]:
        return [Paragraph(part, self.body) for part in self.faces.clean(text).split("\n") if part.strip()]

    def _table(self, table: Table) -> list[Flowable]:
        clean = self.faces.clean
        size = SMALL_4 if len(table.columns) <= FEW_COLUMNS else NO_5
        style = TableStyle(
            cell=Style(self.faces[Role.TABLE], size, size * 1.4, "left"),
            strong=Style(self.faces[Role.HEADING], size, size * 1.4, "left"),
            caption=Style(self.faces[Role.HEADING], SMALL_4, 20, "centre"),
        )
        table = replace(
            table,
            columns=tuple(replace(c, title=clean(c.title), unit=clean(c.unit)) for c in table.columns),
            rows=tuple(tuple(map(clean, row)) for row in table.rows),
            total=None if table.total is None else tuple(map(clean, table.total)),
            caption=clean(table.caption),
            empty=clean(table.empty),
        )
        if table.rows:
            return [RuledTable(table, style, self.language, tallest=DEPTH, before=8, after=12)]
        return [EmptyTable(table, style, before=8, after=12)] if table.empty else []

    def _chart(self, chart: BarChart) -> list[Flowable]:
        clean = self.faces.clean
        if not chart.labels or not chart.series:
            return self._text(chart.empty)
        style = ChartStyle(
            label=Style(self.faces[Role.TABLE], NO_5 - 1, 12.5, "left"),
            figure=Style(self.faces[Role.TABLE], 8, 8, "left"),
            title=Style(self.faces[Role.HEADING], SMALL_4, 20, "centre"),
        )
        chart = replace(
            chart,
            title=clean(chart.title),
            unit=clean(chart.unit),
            labels=tuple(map(clean, chart.labels)),
            series=tuple((clean(name), values) for name, values in chart.series),
        )
        return [HorizontalBars(chart, style, self.language, tallest=DEPTH, before=8, after=12)]
