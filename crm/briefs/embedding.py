"""From outlines to fonts that reportlab embeds: built for one document, known only while it is drawn."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph
from reportlab.pdfbase import pdfmetrics, ttfonts

from crm.briefs.glyphs import EM, Outline


@dataclass(frozen=True)
class BuiltFont:
    """A TrueType file, the PostScript name it carries, and its advances in thousandths of the em."""

    name: str
    data: bytes
    widths: Mapping[str, int]


def build(outlines: Mapping[str, Outline], name: str) -> BuiltFont:
    """A TrueType font of exactly these outlines, its name made unique by their digest.

    Digits get one width, so that columns of figures line up; they must be among the outlines.
    """
    digest = hashlib.sha256(
        repr((name, sorted((c, o.advance, o.glyf) for c, o in outlines.items()))).encode()
    ).hexdigest()
    # A second font of the same PostScript name would silently be drawn with the first one's glyphs.
    name = f"{name}-{digest[:12]}"
    digit = max(outlines[c].advance for c in "0123456789")
    glyphs, advances = {".notdef": _notdef()}, {".notdef": EM}
    for character, outline in outlines.items():
        code = f"u{ord(character):05X}"
        glyphs[code], advances[code] = outline.glyf, outline.advance
        if outline.glyf and character in "0123456789":
            glyphs[code], advances[code] = _shifted(outline.glyf, (digit - outline.advance) // 2), digit
    builder = FontBuilder(EM, isTTF=True)
    font = builder.font
    # Outlines go in as they are: taking each apart to measure it again would cost a second.
    font.recalcTimestamp = font.recalcBBoxes = False
    boxes = {code: struct.unpack_from(">hhhhh", data) if data else (0,) * 5 for code, data in glyphs.items()}
    edges = list(zip(*boxes.values(), strict=True))
    builder.setupHead(
        unitsPerEm=EM, created=0, modified=0,
        xMin=min(edges[1]), yMin=min(edges[2]), xMax=max(edges[3]), yMax=max(edges[4]),
    )  # fmt: skip
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(c): f"u{ord(c):05X}" for c in outlines})
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphs = {code: Glyph(data) for code, data in glyphs.items()}
    font["glyf"].glyphOrder = list(glyphs)
    builder.setupHorizontalMetrics({code: (advances[code], boxes[code][1]) for code in glyphs})
    builder.setupHorizontalHeader(ascent=880, descent=-120, advanceWidthMax=max(advances.values()))
    builder.setupMaxp()
    font["maxp"].maxContours = max(edges[0])
    font["maxp"].maxPoints = max(
        struct.unpack_from(">H", data, 8 + 2 * boxes[code][0])[0] + 1 for code, data in glyphs.items() if data
    )
    builder.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name})
    builder.setupOS2(
        sTypoAscender=880, sTypoDescender=-120, usWinAscent=1160, usWinDescent=320, sCapHeight=733
    )
    builder.setupPost(keepGlyphNames=False)
    out = io.BytesIO()
    builder.save(out)
    return BuiltFont(name, out.getvalue(), {c: advances[f"u{ord(c):05X}"] for c in outlines})


def _shifted(glyf: bytes, right: int) -> bytes:
    glyph = Glyph(glyf)
    glyph.expand(None)
    glyph.coordinates.translate((right, 0))
    return bytes(glyph.compile(None))


def _notdef() -> bytes:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in ((100, -60, 900, 820), (850, -10, 150, 770)):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return bytes(pen.glyph().compile(None))


class _EmbeddedFont(ttfonts.TTFont):  # type: ignore[misc]
    """A font whose text can be copied out of the PDF, rare characters beyond U+FFFF included."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        subsets = [list(subset) for subset in self.state[doc].subsets]
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            base = f"{ttfonts.SUBSETN(number).decode()}+{self.face.name.decode()}"
            doc.idToObject["toUnicodeCMap:" + base].content = _to_unicode(base, subset)


def _to_unicode(name: str, subset: list[int]) -> str:
    # The library writes five digits beyond U+FFFF and more than the hundred lines a block may have.
    lines = [f"<{i:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>" for i, code in enumerate(subset)]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<00> <FF>",
            "endcodespacerange",
            *(line for b in blocks for line in (f"{len(b)} beginbfchar", *b, "endbfchar")),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


_registry = threading.Lock()


@contextmanager
def registered(fonts: Collection[BuiltFont]) -> Iterator[None]:
    """Makes the fonts known to reportlab by their names inside the block.

    reportlab knows fonts by name for the whole process: one document at a time, and forgotten afterwards,
    or every brief ever printed would stay in memory.
    """
    with _registry:
        for font in fonts:
            pdfmetrics.registerFont(_EmbeddedFont(font.name, io.BytesIO(font.data), asciiReadable=False))
        try:
            yield
        finally:
            for font in fonts:
                known = pdfmetrics._fonts.pop(font.name, None)
                if known is not None:
                    pdfmetrics._dynFaceNames.pop(known.face.name, None)
