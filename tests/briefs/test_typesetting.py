"""Line breaks: marks stay where they belong, lines are filled, nothing leaks to later text."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from crm.briefs.fonts import Face, Role, typefaces
from crm.briefs.linebreaks import Style, balanced, break_lines
from crm.briefs.typesetting import Paragraph

NO_LINE_BEGINS_WITH = set("、，。；：？！）》〉】〕」』”’…—·％℃")
NO_LINE_ENDS_WITH = set("（《〈【〔「『“‘")
HANZI = "招商引资项目归属街道产业办建成投产移交经济指标硚镕翀喆垚"
MARKS = "、，。；：？！）》”’·（《“‘〔〕"
WORDS = ["TFT-LCD", "10.5", "2021", "A017", "3.2%", "Mini LED", "——", "……", "12,345.67亿元", "㎡", " "]
ALL = HANZI + MARKS + "".join(WORDS) + "https://guishu.example.gov.cn/projects?on=&language#_%abcdefgh 详见年"
EM = 16.0


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    folder = tmp_path_factory.mktemp("glyphs")
    with typefaces([ALL], "chinese", fonts_folder=None, cache_folder=folder) as faces:
        yield faces[Role.BODY]


def pieces() -> st.SearchStrategy[str]:
    hanzi = st.text(st.sampled_from(HANZI), min_size=1, max_size=12)
    marks = st.text(st.sampled_from(MARKS), max_size=3)
    return st.tuples(st.one_of(hanzi, st.sampled_from(WORDS)), marks, hanzi).map("".join)


# on a busy machine the first texts take their time, which says nothing about them
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(text=st.lists(pieces(), min_size=1, max_size=25).map("".join), ems=st.integers(12, 40))
def test_no_line_begins_or_ends_with_a_mark_that_must_not(face: Face, text: str, ems: int) -> None:
    style = Style(face, EM, 28, indent=2)
    lines = break_lines(text, style, ems * EM)
    assert "".join(line.text for line in lines).replace(" ", "") == text.replace(" ", "")
    for before, after in itertools.pairwise(lines):
        assert before.text[-1] not in NO_LINE_ENDS_WITH
        assert after.text[0] not in NO_LINE_BEGINS_WITH
    for line in lines:
        # The blank half of a closing mark may stand outside.
        assert line.start + line.width <= (ems + 0.5) * EM + 0.01
        assert len(line.gaps) == len(line.text)


@given(text=st.text(st.sampled_from(MARKS + HANZI[:2]), max_size=120), ems=st.integers(3, 12))
def test_heaps_of_marks_neither_fail_nor_lose_a_character(face: Face, text: str, ems: int) -> None:
    lines = break_lines(text, Style(face, EM, 28, indent=2), ems * EM)
    assert "".join(line.text for line in lines) == text


def test_filled_lines_reach_the_measure_exactly(face: Face) -> None:
    style = Style(face, EM, 28, indent=2)
    lines = break_lines("项目归属街道，产业办移交经济指标2021年建成投产。" * 12, style, 442.2)
    assert len(lines) > 8
    for line in lines[:-1]:
        spare = 0.5 * EM if line.text[-1] in "，。" else 0
        assert line.start + line.width == pytest.approx(442.2 + spare)
    assert lines[-1].width < 442.2


def test_a_grid_sets_twenty_eight_characters_to_the_line(face: Face) -> None:
    style = Style(face, EM, 28, grid=442.2 / 28)
    assert [len(line.text) for line in break_lines("归" * 60, style, 442.2)] == [28, 28, 4]


def test_dashes_and_ellipses_stay_whole_and_joined(face: Face) -> None:
    for lead in range(1, 12):
        style = Style(face, EM, 28)
        lines = break_lines("项" * lead + "——归属……" + "街" * 20, style, 8 * EM)
        assert sum(line.text.count("——") + line.text.count("……") for line in lines) == 2
        for line in lines:
            if "——" in line.text:
                assert line.gaps[line.text.index("——")] == 0


def test_neighbouring_marks_close_up(face: Face) -> None:
    style = Style(face, EM, 28)
    assert style.width("》（") == 1.5 * EM
    assert style.width("。”") == 1.5 * EM
    assert style.width("属（") == 2 * EM


def test_words_stay_whole_and_english_is_filled_at_its_spaces(face: Face) -> None:
    style = Style(face, EM, 28)
    text = "a bad dad had a bad cab a dab bed fed a bad dad had a cab"
    lines = break_lines(text, style, 10 * EM)
    assert " ".join(line.text for line in lines) == text
    for line in lines[:-1]:
        assert all(gap == 0 for gap, c in zip(line.gaps, line.text, strict=True) if c != " ")


def test_an_overlong_address_is_cut_within_the_measure(face: Face) -> None:
    style = Style(face, EM, 28)
    address = "https://guishu.example.gov.cn/projects?on=2021&language=a#" + "abcdefgh" * 20
    lines = break_lines("详见" + address + "。", style, 20 * EM)
    assert "".join(line.text for line in lines) == "详见" + address + "。"
    assert all(line.width <= 20.5 * EM for line in lines)
    assert lines[-1].text != "。"


def test_titles_are_balanced_and_placed(face: Face) -> None:
    style = Style(face, EM, 28, align="centre")
    lines = balanced("项目归属街道产业办建成投产移交", style, 12 * EM)
    assert [len(line.text) for line in lines] == [8, 7]
    assert [line.start for line in lines] == [2 * EM, 2.5 * EM]
    assert [line.text for line in balanced("abcdefgh abc dad", replace(style, align="left"), 5 * EM)] == [
        "abcdefgh",
        "abc dad",
    ]
    (right,) = break_lines("归属", replace(style, align="right"), 12 * EM)
    assert right.start == 10 * EM


def test_a_paragraph_splits_between_lines_and_leaves_no_last_line_alone(face: Face) -> None:
    paragraph = Paragraph("归" * 100, Style(face, EM, 28))
    _, height = paragraph.wrap(10 * EM, 1000)
    assert height == 10 * 28
    first, second = paragraph.split(10 * EM, 9 * 28 + 5)
    assert (first.wrap(10 * EM, 1000)[1], second.wrap(10 * EM, 1000)[1]) == (8 * 28, 2 * 28)
    assert paragraph.split(10 * EM, 27) == []


def test_character_space_does_not_leak_to_later_text(face: Face) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=0, initialFontName=face.name)
    paragraph = Paragraph("项目归属街道，产业办移交经济指标2021年建成。" * 5, Style(face, EM, 28))
    paragraph.wrap(20.3 * EM, 1000)
    paragraph.drawOn(canvas, 50, 100)
    canvas.save()
    spaces = re.findall(rb"(\S+) Tc|(ET)", out.getvalue())
    assert any(float(space) for space, _ in spaces if space)
    held, ends = 0.0, []
    for space, end in spaces:
        held = held if end else float(space)
        ends += [held] if end else []
    assert ends == [0.0] * paragraph.length
