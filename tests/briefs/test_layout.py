"""The layout: what stands where on the pages, and what happens where little or much is to be set."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import ImageChops

from crm.briefs.content import BarChart, BriefContent, Column, Note, Section, SubHeading, Table, Text
from crm.briefs.document import DEPTH, LEFT, MEASURE, TOP, render
from tests.briefs.specimens import (
    brief,
    characters,
    every_block,
    one_text,
    page_texts,
)

PAGE_HEIGHT = 841.89


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("glyphs")


def printed(content: BriefContent, cache: Path) -> bytes:
    return render(content, fonts_folder=None, cache_folder=cache)


def long_table(rows: int) -> Table:
    return Table(
        (Column("项目编号"), Column("项目名称"), Column("招商单位"), Column("总投资", "亿元", "right")),
        tuple((f"A{n:03d}", f"显示产业园第{n}期", "机电产业办", f"{n}.50") for n in range(rows)),
        caption="表1　签约项目",
        total=("合计", "", "", "3,000.00"),
    )


def test_a_table_over_three_pages_repeats_its_heads(cache: Path) -> None:
    pages = page_texts(printed(brief(Section("一、签约", (long_table(75),))), cache))
    assert len(pages) >= 3
    for number, page in enumerate(pages):
        assert page.count("项目编号") == page.count("总投资（亿元）") == 1
        assert ("（续表）" in page) == (number > 0)
    assert re.findall(r"A\d\d\d", "".join(pages)) == [f"A{n:03d}" for n in range(75)]
    assert "合计" in pages[-1]
    assert re.search(r"A\d\d\d", pages[-1])


def test_a_row_taller_than_a_page_goes_on_over_the_next(cache: Path) -> None:
    reason = "选址在该产业办板块以外，移交属地街道。" * 120
    table = Table((Column("项目"), Column("原因")), (("硚口光电", reason), ("镕翀喆", "短")), caption="表1")
    text = "".join(page_texts(printed(brief(Section("一、变化", (table,))), cache)))
    assert text.count("移交属地街道。") == 120
    assert "镕翀喆" in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_stands_outside_the_type_area(cache: Path, language: Any) -> None:
    address = "https://guishu.example.gov.cn/" + "attribution/" * 20 + "x" * 120
    wide = Table(
        tuple(Column(f"第{n}列标题", "亿元", "right" if n % 2 else "left") for n in range(9)),
        (("W" * 60, "12,345,678.90", address, "归" * 40, "1", "2", "3", "4", "（" * 9 + "归" + "）" * 9),),
    )
    chart = BarChart("题" * 60, "个", ("很" * 60, "短"), (("长" * 50, (1234567.5, 0)), ("短", (3, 7))))
    content = brief(
        Section("一、" + "很长的标题" * 15, (Text("详见" + address + "。" + "，" * 60), Note(address))),
        Section("二、表", (SubHeading("（一）" + "W" * 90), wide, chart, Text("“" * 40 + "归属" + "”" * 40))),
        language=language,
        sign_off="工作专班办公室" * 12,
        subject="很长的题目" * 30,
    )
    content = replace(content, title="简报名称" * 20, issuer="编发单位" * 20, footnotes=(address, "注" * 90))
    allowed = (LEFT, PAGE_HEIGHT - TOP - DEPTH, LEFT + MEASURE, PAGE_HEIGHT - TOP)
    numbers = 0
    for _, character, (left, bottom, right, top) in characters(printed(content, cache)):
        if top < allowed[1]:
            numbers += 1
            continue
        assert left >= allowed[0] - 1, character
        assert right <= allowed[2] + 1, character
        assert top <= allowed[3] + 1, character
        assert bottom >= allowed[1] - 1, character
    assert numbers >= 3


def test_page_numbers_stand_outside(cache: Path) -> None:
    pdf = printed(brief(Section("一、签约", (long_table(75),))), cache)
    edges: dict[int, list[float]] = {}
    for page, _, (left, _, right, top) in characters(pdf):
        if top < PAGE_HEIGHT - TOP - DEPTH:
            edges.setdefault(page, []).extend((left, right))
    middle = LEFT + MEASURE / 2
    for page, found in edges.items():
        assert min(found) > middle if page % 2 == 0 else max(found) < middle
        assert LEFT < min(found) < max(found) < LEFT + MEASURE
    assert set(edges) == set(range(len(page_texts(pdf))))


def test_empty_tables_and_charts_say_so(cache: Path) -> None:
    heads = (Column("项目"), Column("总投资", "亿元", "right"))
    content = brief(
        Section("一、签约", (Table(heads, (), caption="表1", empty="本月没有签约项目。"),)),
        Section("二、图", (BarChart("图1", "个", (), (), empty="没有可以画的数据。"),)),
        Section("三、无", (Table(heads, ()), BarChart("图2", "个", (), ()))),
        Section("四、零", (BarChart("图3", "个", ("径河街",), (("签约", (0,)),)),)),
    )
    text = "".join(page_texts(printed(content, cache)))
    assert "本月没有签约项目。" in text
    assert "没有可以画的数据。" in text
    assert "三、无四、零" in text
    assert "径河街0" in text
    assert "图2" not in text
    assert len(page_texts(printed(brief(), cache))) == 1


def test_signature_and_foot_never_stand_on_a_page_without_text(cache: Path) -> None:
    for lines in range(12, 24):
        content = brief(Section("一、情况", (Text("归" * 28 * lines),)), sign_off="专班办公室")
        last = page_texts(printed(replace(content, footnotes=("报送：区领导。", "发：各街道。")), cache))[-1]
        assert "归归" in last
        assert "专班办公室" in last
        assert last.index("报送：区领导。") > last.index("专班办公室")


def test_a_heading_stays_with_what_it_heads(cache: Path) -> None:
    for lines in range(10, 24):
        content = brief(
            Section("一、情况", (Text("归" * 28 * lines),)),
            Section("二、变化", (SubHeading("（一）移交"), Text("属" * 100))),
        )
        for page in page_texts(printed(content, cache)):
            assert ("二、变化" in page) == ("（一）移交" in page)
            assert "（一）移交" not in page or "属属" in page


def test_red_is_for_the_head_alone(cache: Path) -> None:
    content = brief(*every_block().sections, Section("三、签约", (long_table(40),)))
    with pypdfium2.PdfDocument(printed(content, cache)) as document:
        red = []
        for page in document:
            picture = page.render(scale=1.0).to_pil().convert("RGB")
            page.close()
            r, g, b = picture.split()
            reddish = ImageChops.darker(ImageChops.subtract(r, g), ImageChops.subtract(r, b))
            red.append(reddish.point(lambda value: 255 if value > 60 else 0).getbbox())
    assert red[0] is not None
    assert red[0][3] < 300
    assert not any(red[1:])


def test_english_keeps_its_words_and_quotation_marks(cache: Path) -> None:
    text = "The district’s “one sheet” shows 38 projects — more than any other office (机电产业办)…"
    content = one_text(text, language="en")
    assert text.replace(" ", "") in "".join(page_texts(printed(content, cache)))
    assert "3June2021" in page_texts(printed(content, cache))[0]
    assert b"/Lang (en)" in printed(content, cache)
