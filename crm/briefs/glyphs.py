"""Outlines of single characters as TrueType, taken from any font file and remembered on disk.

PDF embedding needs TrueType outlines, the free Chinese fonts have cubic ones, and converting a whole font
takes a minute. So a character is converted when a document first uses it, and kept for the next document.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from fontTools.misc.transform import Transform
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

EM = 1000
CACHE_FORMAT = b"guishu-glyphs 1 "

# Chinese and English share some characters but not their width: “ is a full square in Chinese and narrow in
# English, and two Chinese dashes must touch.
Form = Literal["chinese", "latin"]
PROPORTIONAL = frozenset("‘’“”…")
TOUCHING = frozenset("—")


@dataclass(frozen=True)
class Outline:
    """Advance in thousandths of the em, and the compiled `glyf` entry (empty for a space)."""

    advance: int
    glyf: bytes


@dataclass
class GlyphSource:
    """One font file (or one member of a collection) as a supply of outlines."""

    path: Path
    member: int = 0
    cache_folder: Path | None = None
    _known: dict[str, Outline | None] = field(default_factory=dict, init=False)
    _grown: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._known = self._remembered()

    def outline(self, character: str, form: Form) -> Outline | None:
        """The outline of one character, None where the font lacks it."""
        varies = character in PROPORTIONAL or character in TOUCHING
        key = character + form[0] if varies else character
        if key not in self._known:
            self._known[key] = self._convert(character, form)
            self._grown = True
        return self._known[key]

    def remember(self) -> None:
        """Writes what was converted to the cache folder, whole or not at all; a folder that cannot be
        written only costs time."""
        if not self._grown or self._cache_file is None:
            return
        known = {**self._remembered(), **self._known}
        body = json.dumps(
            {key: got and [got.advance, base64.b64encode(got.glyf).decode()] for key, got in known.items()},
            sort_keys=True,
        ).encode()
        with suppress(OSError):
            self._cache_file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._cache_file.parent, suffix=".part")
            part = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(CACHE_FORMAT + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                part.replace(self._cache_file)
            finally:
                part.unlink(missing_ok=True)
            self._grown = False

    @cached_property
    def _cache_file(self) -> Path | None:
        if self.cache_folder is None:
            return None
        digest = hashlib.sha256(self._data).hexdigest()
        return self.cache_folder / f"{digest[:24]}-{self.member}.glyphs"

    def _remembered(self) -> dict[str, Outline | None]:
        # Whatever is wrong with the file, converting again puts it right.
        if self._cache_file is None:
            return {}
        try:
            head, body = self._cache_file.read_bytes().split(b"\n", 1)
            if head != CACHE_FORMAT + hashlib.sha256(body).hexdigest().encode():
                return {}
            return {
                key: got and Outline(got[0], base64.b64decode(got[1]))
                for key, got in json.loads(body).items()
            }
        except (OSError, ValueError):
            return {}

    @cached_property
    def _data(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def _font(self) -> TTFont:
        return TTFont(io.BytesIO(self._data), fontNumber=self.member, lazy=True)

    @cached_property
    def _characters(self) -> dict[int, str]:
        return self._font.getBestCmap() or {}

    @cached_property
    def _glyphs(self) -> Any:
        return self._font.getGlyphSet()

    @cached_property
    def _proportional(self) -> dict[str, str]:
        """Glyph name → its narrow form, from the font's `pwid` feature."""
        narrow: dict[str, str] = {}
        if "GSUB" not in self._font:
            return narrow
        table = self._font["GSUB"].table
        for record in table.FeatureList.FeatureRecord:
            if record.FeatureTag != "pwid":
                continue
            for index in record.Feature.LookupListIndex:
                for subtable in table.LookupList.Lookup[index].SubTable:
                    narrow.update(getattr(getattr(subtable, "ExtSubTable", subtable), "mapping", {}))
        return narrow

    def _convert(self, character: str, form: Form) -> Outline | None:
        name = self._characters.get(ord(character))
        if name is None:
            return None
        if form == "latin" and character in PROPORTIONAL:
            name = self._proportional.get(name, name)
        scale = EM / self._font["head"].unitsPerEm
        advance = round(self._glyphs[name].width * scale)
        placing = Transform(scale, 0, 0, scale, 0, 0)
        recording = DecomposingRecordingPen(self._glyphs)
        self._glyphs[name].draw(recording)
        if form == "chinese" and character in TOUCHING:
            bounds = BoundsPen(self._glyphs)
            recording.replay(bounds)
            if bounds.bounds is not None:
                left, _, right, _ = bounds.bounds
                advance, wide = EM, EM / (right - left)
                placing = Transform(wide, 0, 0, scale, -left * wide, 0)
        drawn = TTGlyphPen(None)
        # Cubic outlines turn the other way round than TrueType's.
        cubic = "glyf" not in self._font
        recording.replay(TransformPen(Cu2QuPen(drawn, max_err=1.0, reverse_direction=cubic), placing))
        glyph = drawn.glyph()
        return Outline(advance, glyph.compile(None) if glyph.numberOfContours else b"")
