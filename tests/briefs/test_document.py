"""The whole document: what can be read back from it, what it looks like, and that it is always the same."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from crm.briefs.content import BarChart, BriefContent, Column, Section, Table, Text
from crm.briefs.document import missing, render
from tests.briefs.specimens import (
    BEYOND_THE_BASIC_PLANE,
    RARE,
    brief,
    characters,
    every_block,
    one_text,
    page_texts,
    pictures,
    squares,
)

PAGE_HEIGHT = 841.89


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("glyphs")


def printed(content: BriefContent, cache: Path) -> bytes:
    return render(content, fonts_folder=None, cache_folder=cache)


def shape(picture: Any) -> Any:
    """The ink alone, black on white, on a square of one size."""
    dark = picture.point(lambda value: 255 if value < 140 else 0)
    box = dark.getbbox()
    assert box is not None, "nothing is drawn here"
    return dark.crop(box).resize((40, 40))


def difference(one: Any, other: Any) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0]) / 255


def drawn_by_the_font(character: str) -> Any:
    font = ImageFont.truetype(str(pylopdf_fonts_zh_cn.serif_path()), 96)
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).text((40, 20), character, font=font, fill=0)
    return shape(picture)


def test_text_survives_with_rare_characters_dashes_and_ellipses(cache: Path) -> None:
    text = (
        f"{RARE}{BEYOND_THE_BASIC_PLANE}——归属……《通知》（武临开办〔2020〕1号）“一办一表”10.5代TFT-LCD、3.2%"
    )
    assert text in "".join(page_texts(printed(one_text(text), cache)))


def test_every_block_can_be_read_back(cache: Path) -> None:
    text = "".join(page_texts(printed(every_block(), cache)))
    for words in (
        "招商引资项目归属月度简报", "2021年第5期", "工作专班办公室", "2021年6月3日", "2021年5月招商引资项目归属情况",
        "一、总体情况", "2,846.35亿元……其中", "6个——均为", "（一）本月签约", "表1签约项目", "总投资（亿元）",
        "镕翀喆垚（㎡）", "12.50", "合计", "15.50", "各单位项目数（个）", "走马岭街", "签约", "投产", "—1—",
    ):  # fmt: skip
        assert words in text


def test_the_rare_glyphs_are_drawn_as_the_font_draws_them(cache: Path) -> None:
    pdf = printed(one_text("".join(f"{c}　" for c in RARE)), cache)
    scale = 6.0
    (page,) = pictures(pdf, scale)
    notdef = drawn_by_the_font("\U0003ffff")
    seen = set()
    for _, character, (left, bottom, right, top) in characters(pdf):
        if character not in RARE:
            continue
        seen.add(character)
        edges = (left - 1, PAGE_HEIGHT - top - 1, right + 1, PAGE_HEIGHT - bottom + 1)
        glyph = shape(page.crop(tuple(round(edge * scale) for edge in edges)))
        expected = drawn_by_the_font(character)
        assert difference(glyph, expected) < 0.12
        assert difference(glyph, notdef) > 0.2
    assert seen == set(RARE)


def test_what_no_font_has_is_shown_as_a_substitute_and_reported(cache: Path) -> None:
    content = one_text("归属😀街道")
    assert missing(content, cache_folder=cache) == ("😀",)
    assert "归属〓街道" in "".join(page_texts(printed(content, cache)))
    assert missing(every_block(), cache_folder=cache) == ()


def test_every_font_is_embedded_truetype_that_can_be_copied_from(cache: Path) -> None:
    many = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 600))
    content = every_block()
    pdf = printed(replace(content, sections=(*content.sections, Section("三、用字", (Text(many),)))), cache)
    fonts = re.findall(rb"/Type /Font\b(?!D)[^>]*|/BaseFont [^>]*", pdf)
    count = pdf.count(b"/Subtype /TrueType")
    assert count >= 4
    assert len(re.findall(rb"/Type /Font\s", pdf)) == count, fonts
    assert pdf.count(b"/ToUnicode") == pdf.count(b"/FontFile2") == count
    assert len(set(re.findall(rb"/BaseFont (\S+)", pdf))) == count
    assert b"Helvetica" not in pdf
    assert many in re.sub(r"—\d—", "", "".join(page_texts(pdf)))


def test_the_file_says_what_it_is(cache: Path) -> None:
    pdf = printed(every_block(), cache)
    with pypdfium2.PdfDocument(pdf) as document:
        described = document.get_metadata_dict()
        outline = [entry.get_title() for entry in document.get_toc()]
    assert described["Title"] == "招商引资项目归属月度简报 2021年第5期"
    assert described["Author"] == "工作专班办公室"
    assert b"/Lang (zh-CN)" in pdf
    assert outline == ["一、总体情况", "二、签约项目"]


def test_the_same_content_gives_the_same_bytes_cold_and_warm(tmp_path: Path) -> None:
    cold = printed(every_block(), tmp_path / "cache")
    assert printed(every_block(), tmp_path / "cache") == cold
    assert render(every_block(), fonts_folder=None, cache_folder=None) == cold
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:500])
    assert printed(every_block(), tmp_path / "cache") == cold


@pytest.mark.parametrize("seed", ["1", "77"])
def test_another_process_gives_the_same_bytes(cache: Path, seed: str) -> None:
    program = (
        "import hashlib, pathlib, sys\n"
        "from crm.briefs.document import render\n"
        "from tests.briefs.specimens import every_block\n"
        "pdf = render(every_block(), fonts_folder=None, cache_folder=pathlib.Path(sys.argv[1]))\n"
        "sys.stdout.write(hashlib.sha256(pdf).hexdigest())\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(cache)],
        cwd=root, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == hashlib.sha256(printed(every_block(), cache)).hexdigest()


def test_one_more_character_changes_nothing_else_in_the_cache(tmp_path: Path) -> None:
    printed(one_text("归属"), tmp_path)
    with_more = printed(one_text("归属街道"), tmp_path)
    assert with_more == render(one_text("归属街道"), fonts_folder=None, cache_folder=None)


def test_a_font_in_the_folder_is_the_one_that_is_drawn(tmp_path: Path, cache: Path) -> None:
    squares(tmp_path / "fangsong.ttf", "仿宋_GB2312", "归")
    content = one_text("归归归归归归归归")
    ink = [
        ImageStat.Stat(pictures(render(content, fonts_folder=folder, cache_folder=cache), 2.0)[0]).sum[0]
        for folder in (None, tmp_path)
    ]
    assert ink[1] < ink[0]
    assert "归" * 8 in "".join(page_texts(render(content, fonts_folder=tmp_path, cache_folder=cache)))


def test_content_that_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 heads"):
        Table((Column("甲"), Column("乙")), (("一",),))
    with pytest.raises(ValueError, match="1 values for 2 labels"):
        BarChart("图", "个", ("甲", "乙"), (("签约", (1,)),))
    with pytest.raises(ValueError, match="below zero"):
        BarChart("图", "个", ("甲",), (("签约", (-1,)),))


def test_values_are_written_without_idle_zeros(cache: Path) -> None:
    chart = BarChart("图", "亿元", ("甲", "乙", "丙"), (("投资", (1234.50, 20, 0.125)),))
    text = "".join(page_texts(printed(brief(Section("一、图", (chart,))), cache)))
    assert re.search(r"甲1,234\.5乙20丙0\.125", text)
