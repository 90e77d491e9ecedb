"""Briefs to render, fonts to drop in a folder, and what a PDF shows when it is read back."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from crm.briefs.content import BarChart, BriefContent, Column, Language, Section, SubHeading, Table, Text

RARE = "硚镕翀㎡喆垚"
BEYOND_THE_BASIC_PLANE = "𬭎"


def brief(
    *sections: Section, language: Language = "zh", sign_off: str = "", subject: str = ""
) -> BriefContent:
    return BriefContent(
        month="2021-05",
        title="招商引资项目归属月度简报" if language == "zh" else "Monthly Brief",
        issuer="工作专班办公室" if language == "zh" else "Office of the Working Group",
        number="2021年第5期" if language == "zh" else "No. 5 of 2021",
        issued_on=date(2021, 6, 3),
        sections=sections,
        subject=subject,
        sign_off=sign_off,
        language=language,
    )


def one_text(text: str, language: Language = "zh") -> BriefContent:
    return brief(Section("一、项目" if language == "zh" else "1. Projects", (Text(text),)), language=language)


def every_block() -> BriefContent:
    return brief(
        Section("一、总体情况", (Text("在库项目150个，总投资2,846.35亿元……其中新签约6个——均为工业项目。"),)),
        Section(
            "二、签约项目",
            (
                SubHeading("（一）本月签约"),
                Table(
                    (Column("项目"), Column("总投资", "亿元", "right")),
                    (("硚口光电", "12.50"), ("镕翀喆垚（㎡）", "3.00")),
                    caption="表1　签约项目",
                    total=("合计", "15.50"),
                ),
                BarChart("各单位项目数", "个", ("径河街", "走马岭街"), (("签约", (3, 5)), ("投产", (1, 0)))),
            ),
        ),
        sign_off="工作专班办公室",
        subject="2021年5月招商引资项目归属情况",
    )


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, without the spaces and line ends that layout brings."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = []
        for page in document:
            text_page = page.get_textpage()
            pages.append(re.sub(r"\s", "", text_page.get_text_range()))
            text_page.close()
            page.close()
    return pages


def characters(pdf: bytes) -> list[tuple[int, str, tuple[float, float, float, float]]]:
    """Page, character, and the box of its ink (left, bottom, right, top) in points, spaces left out."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document):
            text_page = page.get_textpage()
            for index in range(text_page.count_chars()):
                text = text_page.get_text_range(index, 1)
                if text.strip():
                    found.append((number, text, text_page.get_charbox(index)))
            text_page.close()
            page.close()
    return found


def pictures(pdf: bytes, scale: float) -> list[Any]:
    """Each page as a greyscale picture of `scale` pixels a point."""
    with pypdfium2.PdfDocument(pdf) as document:
        drawn = []
        for page in document:
            drawn.append(page.render(scale=scale, grayscale=True).to_pil())
            page.close()
    return drawn


def squares(path: Path, family: str, text: str, *, advance: int = 1000) -> Path:
    """A TrueType font in which each character of the text is a solid square."""
    pen = TTGlyphPen(None)
    for move, corner in enumerate(((0, 0), (0, 700), (700, 700), (700, 0))):
        (pen.lineTo if move else pen.moveTo)(corner)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", *(f"u{ord(c):05X}" for c in text)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(c): f"u{ord(c):05X}" for c in text})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (advance, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": "Squares"})
    builder.setupOS2()
    builder.setupPost()
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)
    return path
