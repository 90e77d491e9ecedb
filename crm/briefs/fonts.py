"""The typefaces of a brief: for each role a chain of fonts, merged glyph by glyph into one TrueType font.

Fonts are taken in this order: those in the zone's own folder, recognised by their family names (see
`FAMILIES`), then 霞鹜文楷 for 楷 where the system has it, then the Noto Serif SC and Noto Sans SC that come
with the program, then any other font in the folder: a font of rare characters may simply be dropped there.
"""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from crm.briefs.embedding import BuiltFont, build, registered
from crm.briefs.glyphs import Form, GlyphSource, Outline

log = logging.getLogger(__name__)


class Role(StrEnum):
    """What a typeface is for; in official documents each is a face of its own."""

    TITLE = "title"
    BODY = "body"
    SUBHEADING = "subheading"
    HEADING = "heading"
    TABLE = "table"


# A font in the folder serves the first role one of whose words occurs in one of its family or PostScript
# names, spaces, hyphens and underscores left out: 仿宋 must be asked before 宋.
FAMILIES: Mapping[Role, tuple[str, ...]] = {
    Role.TITLE: ("小标宋", "xiaobiaosong", "fzxbs"),
    Role.BODY: ("仿宋", "fangsong", "fandolfang", "fzfs"),
    Role.SUBHEADING: ("楷", "kaiti", "wenkai", "stkai", "fandolkai", "fzkt", "fzkai"),
    Role.HEADING: ("黑体", "simhei", "heiti", "fandolhei", "fzhei", "fzht"),
    Role.TABLE: ("宋", "simsun", "shusong", "stsong", "fandolsong", "fzss"),
}
SYSTEM_KAI = Path("/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf")

# The bundled fonts have one weight. Where they stand in for a heavier face the outline is stroked with this
# part of the em, so that the ranks of headings stay visible.
STROKES: Mapping[Role, float] = {Role.TITLE: 0.030, Role.HEADING: 0.022, Role.SUBHEADING: 0.014}

SUBSTITUTE = "〓"
ALWAYS = " \u00a00123456789—" + SUBSTITUTE


@dataclass(frozen=True)
class Face:
    """A registered font, its advances in thousandths of the em, and the stroke that thickens it (in ems)."""

    name: str
    widths: Mapping[str, int]
    stroke: float = 0.0


@dataclass(frozen=True)
class Typefaces:
    """The faces of one document, and the characters that no font had."""

    faces: Mapping[Role, Face]
    missing: tuple[str, ...]

    def __getitem__(self, role: Role) -> Face:
        return self.faces[role]

    def clean(self, text: str) -> str:
        """The text with every character that no font has shown as 〓, and without invisible ones."""
        if self._plain.issuperset(text):
            return text
        known = self.faces[Role.BODY].widths
        return "".join(c if c == "\n" or c in known else SUBSTITUTE for c in visible(text))

    @cached_property
    def _plain(self) -> frozenset[str]:
        """What stays as it is: nearly all that long lists consist of."""
        return frozenset(c for c in self.faces[Role.BODY].widths if not _invisible(c)) | {"\n"}


def visible(text: str) -> str:
    """The text without control and format characters and variation selectors; tabs become spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c for c in text if c == "\n" or not _invisible(c))


def _invisible(character: str) -> bool:
    variation = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return variation or unicodedata.category(character) in ("Cc", "Cf")


def chains(fonts_folder: Path | None, cache_folder: Path | None) -> dict[Role, list[GlyphSource]]:
    """For each role the fonts to ask for a character, in order."""
    own: dict[Role, list[GlyphSource]] = {role: [] for role in Role}
    other: list[GlyphSource] = []
    for source, role in _folder_fonts(fonts_folder, cache_folder):
        (other if role is None else own[role]).append(source)
    serif = GlyphSource(pylopdf_fonts_zh_cn.serif_path(), cache_folder=cache_folder)
    sans = GlyphSource(pylopdf_fonts_zh_cn.sans_path(), cache_folder=cache_folder)
    kai = [GlyphSource(SYSTEM_KAI, cache_folder=cache_folder)] if SYSTEM_KAI.is_file() else []
    every = [source for role in Role for source in own[role]] + other
    found = {}
    for role in Role:
        chain = [*own[role], *(kai if role is Role.SUBHEADING else [])]
        chain += [sans, serif] if role is Role.HEADING else [serif, sans]
        found[role] = chain + [source for source in every if source not in own[role]]
    return found


@contextmanager
def typefaces(
    texts: Iterable[str], form: Form, *, fonts_folder: Path | None, cache_folder: Path | None
) -> Iterator[Typefaces]:
    """Faces that hold exactly the characters of the texts, usable with reportlab inside the block."""
    characters = sorted(set(visible("".join(set("".join(texts))))) - {"\n"} | set(ALWAYS))
    of_role = chains(fonts_folder, cache_folder)
    built: dict[tuple[int, ...], BuiltFont] = {}
    faces: dict[Role, Face] = {}
    for role, chain in of_role.items():
        key = tuple(map(id, chain))
        if key not in built:
            stem = re.sub("[^A-Za-z0-9]", "", chain[0].path.stem) or "Own"
            built[key] = build(_merge(chain, characters, form), f"{stem}-{role.value}")
        font = built[key]
        stands_in = chain[0].path.parent == Path(pylopdf_fonts_zh_cn.__file__).parent
        faces[role] = Face(font.name, font.widths, STROKES.get(role, 0.0) if stands_in else 0.0)
    for source in {id(s): s for chain in of_role.values() for s in chain}.values():
        source.remember()
    known = faces[Role.BODY].widths
    missing = tuple(c for c in characters if c not in known)
    with registered(built.values()):
        yield Typefaces(faces, missing)


def _folder_fonts(
    folder: Path | None, cache_folder: Path | None
) -> Iterator[tuple[GlyphSource, Role | None]]:
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".ttf", ".otf", ".ttc") or not path.is_file():
            continue
        try:
            data = io.BytesIO(path.read_bytes())
            collection = path.suffix.lower() == ".ttc"
            members = TTCollection(data, lazy=True).fonts if collection else [TTFont(data, lazy=True)]
            for number, font in enumerate(members):
                role = _role_of(font)
                font.getBestCmap()
                yield GlyphSource(path, number, cache_folder), role
        except (TTLibError, OSError, AssertionError, KeyError, ValueError, EOFError) as error:
            log.warning("font %s cannot be read and is left out: %s", path.name, error)


def _role_of(font: TTFont) -> Role | None:
    names = {
        re.sub(r"[\s_-]", "", record.toUnicode(errors="replace")).casefold()
        for record in font["name"].names
        if record.nameID in (1, 4, 6, 16)
    }
    for role, words in FAMILIES.items():
        if any(word in name for word in words for name in names):
            return role
    return None


def _merge(chain: list[GlyphSource], characters: list[str], form: Form) -> dict[str, Outline]:
    merged = {}
    for character in characters:
        for source in chain:
            outline = source.outline(character, form)
            if outline is not None:
                merged[character] = outline
                break
    return merged
