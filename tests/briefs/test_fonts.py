"""Fonts: the zone's own win, what one lacks the next supplies, and the cache never changes the result."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from fontTools.ttLib import TTFont
from reportlab.pdfbase import pdfmetrics

from crm.briefs.embedding import build
from crm.briefs.fonts import FAMILIES, Role, chains, typefaces
from crm.briefs.glyphs import GlyphSource, Outline
from tests.briefs.specimens import BEYOND_THE_BASIC_PLANE, RARE, squares

SAMPLE = "招商引资归属0123456789" + RARE


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("glyphs")


def outlines(cache_folder: Path | None, text: str = SAMPLE) -> list[Outline | None]:
    source = GlyphSource(pylopdf_fonts_zh_cn.serif_path(), cache_folder=cache_folder)
    found = [source.outline(character, "chinese") for character in text]
    source.remember()
    return found


def test_every_role_has_the_rare_characters(cache: Path) -> None:
    with typefaces(
        [RARE + BEYOND_THE_BASIC_PLANE], "chinese", fonts_folder=None, cache_folder=cache
    ) as faces:
        assert faces.missing == ()
        for role in Role:
            assert set(RARE + BEYOND_THE_BASIC_PLANE) <= set(faces[role].widths)


def test_a_font_holds_exactly_the_characters_asked_for(cache: Path) -> None:
    with typefaces(["归属\n归属"], "chinese", fonts_folder=None, cache_folder=cache) as faces:
        assert set(faces[Role.BODY].widths) == set("归属 \u00a00123456789—〓")


def test_what_no_font_has_is_named_and_shown_as_a_substitute(cache: Path) -> None:
    with typefaces(["归属😀\ue000"], "chinese", fonts_folder=None, cache_folder=cache) as faces:
        assert faces.missing == ("\ue000", "😀")
        assert faces.clean("归😀属\ue000\n属") == "归〓属〓\n属"


def test_invisible_characters_vanish_and_are_not_missed(cache: Path) -> None:
    text = "归\u200b属\ufeff葛\U000e0101\x07\tA\r\nB"
    with typefaces([text], "chinese", fonts_folder=None, cache_folder=cache) as faces:
        assert faces.missing == ()
        assert faces.clean(text) == "归属葛 A\nB"


def test_figures_are_of_one_width_in_every_face(cache: Path) -> None:
    with typefaces([""], "chinese", fonts_folder=None, cache_folder=cache) as faces:
        for role in Role:
            assert len({faces[role].widths[figure] for figure in "0123456789"}) == 1


def test_two_chinese_dashes_touch(cache: Path) -> None:
    source = GlyphSource(pylopdf_fonts_zh_cn.serif_path(), cache_folder=cache)
    figures = {c: source.outline(c, "chinese") for c in "0123456789—"}
    font = build({c: outline for c, outline in figures.items() if outline}, "Dash")
    read = TTFont(io.BytesIO(font.data))
    glyph = read["glyf"][read.getBestCmap()[ord("—")]]
    assert (glyph.xMin, glyph.xMax, font.widths["—"]) == (0, 1000, 1000)


def test_quotation_marks_are_square_in_chinese_and_narrow_in_english(cache: Path) -> None:
    source = GlyphSource(pylopdf_fonts_zh_cn.serif_path(), cache_folder=cache)
    square, narrow = source.outline("“", "chinese"), source.outline("“", "latin")
    assert square is not None
    assert narrow is not None
    assert square.advance == 1000
    assert narrow.advance < 600


@pytest.mark.parametrize(
    ("family", "role"),
    [
        ("方正小标宋_GBK", Role.TITLE),
        ("FZXiaoBiaoSong-B05S", Role.TITLE),
        ("仿宋_GB2312", Role.BODY),
        ("FangSong", Role.BODY),
        ("楷体_GB2312", Role.SUBHEADING),
        ("KaiTi", Role.SUBHEADING),
        ("黑体", Role.HEADING),
        ("SimHei", Role.HEADING),
        ("方正书宋", Role.TABLE),
        ("SimSun", Role.TABLE),
    ],
)
def test_a_font_in_the_folder_is_known_by_its_family_and_wins(
    tmp_path: Path, family: str, role: Role
) -> None:
    path = squares(tmp_path / "own.ttf", family, "归")
    found = chains(tmp_path, None)
    assert found[role][0].path == path
    assert all(found[other][0].path != path for other in Role if other is not role)
    assert set(FAMILIES) == set(Role)


def test_a_font_in_the_folder_wins_for_its_characters_and_the_others_fall_back(
    tmp_path: Path, cache: Path
) -> None:
    squares(tmp_path / "own.ttf", "仿宋_GB2312", "归", advance=640)
    with typefaces(["归属"], "chinese", fonts_folder=tmp_path, cache_folder=cache) as faces:
        assert (faces[Role.BODY].widths["归"], faces[Role.BODY].widths["属"]) == (640, 1000)
        assert faces[Role.HEADING].widths["归"] == 1000
        assert faces[Role.BODY].stroke == 0
        assert faces[Role.TITLE].stroke > 0


def test_a_font_of_unknown_family_supplies_what_all_others_lack(tmp_path: Path, cache: Path) -> None:
    squares(tmp_path / "rare.ttf", "本区造字", "归\ue000", advance=700)
    with typefaces(["归\ue000"], "chinese", fonts_folder=tmp_path, cache_folder=cache) as faces:
        assert faces.missing == ()
        assert faces[Role.BODY].widths["\ue000"] == 700
        assert faces[Role.BODY].widths["归"] == 1000


def test_a_damaged_font_in_the_folder_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"\0\1\0\0 not a font")
    (tmp_path / "broken.ttc").write_bytes(b"ttcf")
    (tmp_path / "notes.txt").write_text("仿宋")
    with caplog.at_level(logging.WARNING):
        assert chains(tmp_path, None)[Role.BODY][0].path == pylopdf_fonts_zh_cn.serif_path()
    assert {"broken.ttf", "broken.ttc"} <= set(" ".join(r.getMessage() for r in caplog.records).split())


def test_outlines_from_the_cache_equal_those_converted(tmp_path: Path) -> None:
    converted = outlines(None)
    assert outlines(tmp_path) == converted
    assert len(list(tmp_path.iterdir())) == 1
    assert outlines(tmp_path) == converted


def test_a_warm_cache_is_used_instead_of_the_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted = outlines(tmp_path)
    monkeypatch.setattr(GlyphSource, "_convert", lambda *_: pytest.fail("converted again"))
    assert outlines(tmp_path) == converted


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign"])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, damage: str) -> None:
    converted = outlines(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(
        {
            "cut": whole[:middle],
            "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "empty": b"",
            "foreign": b"{}",
        }[damage]
    )
    assert outlines(tmp_path) == converted
    assert file.read_bytes() == whole


def test_two_writers_keep_each_others_outlines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (GlyphSource(pylopdf_fonts_zh_cn.serif_path(), cache_folder=tmp_path) for _ in range(2))
    expected = [one.outline("归", "chinese"), other.outline("属", "chinese")]
    one.remember()
    other.remember()
    monkeypatch.setattr(GlyphSource, "_convert", lambda *_: pytest.fail("converted again"))
    assert outlines(tmp_path, "归属") == expected


def test_a_cache_folder_that_cannot_be_made_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert outlines(tmp_path / "file") == outlines(None)


def test_fonts_are_forgotten_after_the_document(cache: Path) -> None:
    before = set(pdfmetrics._fonts), set(pdfmetrics._dynFaceNames)
    with typefaces(["归属"], "chinese", fonts_folder=None, cache_folder=cache) as faces:
        assert faces[Role.BODY].name in pdfmetrics._fonts
        assert faces[Role.BODY].name != faces[Role.HEADING].name
    assert (set(pdfmetrics._fonts), set(pdfmetrics._dynFaceNames)) == before
