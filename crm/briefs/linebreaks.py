"""Chinese lines: where a line may break, and how it is filled to the measure.

Line-break rules follow GB/T 15834-2011 5.1: no line begins with a closing mark or ends with an opening one,
and —— and …… stay whole. Lines are filled by space between characters; words in Latin letters stay whole and
are filled between words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from reportlab.lib.colors import Color, black

from crm.briefs.fonts import Face

Alignment = Literal["justify", "left", "right", "centre"]

OPENING = frozenset("“‘（《〈【〔「『［｛〖([{￥＄")
CLOSING = frozenset("、，。；：？！）》〉】〕」』］｝〗”’…—·～／％‰℃°′″,.;:?!)]}%-–")
# Full-width marks whose ink fills one half of their square, so that the other half may be given up.
BLANK_AFTER = frozenset("、，。；：）》〉】〕」』］｝〗”’")
BLANK_BEFORE = frozenset("（《〈【〔「『［｛〖“‘")
BLANK = BLANK_AFTER | BLANK_BEFORE
WHOLE = ("——", "……")
FULL_WIDTH = 850
# A line with this many spaces is taken for Latin text and filled at the spaces alone.
WORDS_OF_LATIN = 4

# A longer word than the line may be cut after one of these.
SEAMS = frozenset("/?&=._-:,;@+#")
WORD_SEAM = re.compile(r"(?<=[a-z]{3}[-/])(?=[a-z]{3})")


@dataclass(frozen=True)
class Style:
    """How text is set; lengths in points, `indent` and `hang` in characters.

    `grid` is the advance of a full-width character where it is not the type size itself.
    """

    face: Face
    size: float
    pitch: float
    align: Alignment = "justify"
    indent: float = 0
    grid: float | None = None
    colour: Color = black

    def advance(self, character: str) -> float:
        """The character's advance in points."""
        width = self.face.widths[character]
        if self.grid is not None and is_full(character, self.face):
            return width * self.size / 1000 + self.grid - self.size
        return width * self.size / 1000

    def width(self, text: str) -> float:
        """The text's natural width on one line, in points."""
        if self.grid is None:
            widths, size = self.face.widths, self.size
            natural = sum([widths[character] * size / 1000 for character in text])
        else:
            natural = sum(map(self.advance, text))
        if BLANK.isdisjoint(text):
            return natural
        return natural + sum(squeeze(a, b, self.face) * self.size for a, b in pairwise(text))


@dataclass(frozen=True)
class Line:
    """A line of text, the space after each character in points, and where it starts from the left edge."""

    text: str
    gaps: tuple[float, ...]
    start: float
    width: float


def is_full(character: str, face: Face) -> bool:
    """Whether the character stands in a square of its own, as Chinese does."""
    return character >= "\u2000" and face.widths[character] >= FULL_WIDTH


def squeeze(first: str, second: str, face: Face) -> float:
    """What two neighbouring full-width marks give up, in ems: 》（ takes one and a half squares, not two."""
    if first not in BLANK_AFTER and not (first in BLANK_BEFORE and second in BLANK_BEFORE):
        return 0.0
    if second not in BLANK_AFTER and second not in BLANK_BEFORE:
        return 0.0
    return -0.5 if is_full(first, face) and is_full(second, face) else 0.0


def tokens(text: str, face: Face) -> list[str]:
    """The pieces between which a line may break, spaces kept at the end of the piece they follow."""
    pieces: list[str] = []
    for token in _runs(text, face):
        if token.isspace() and token[0] != "\u3000":
            if pieces:
                pieces[-1] += token
            continue
        if pieces:
            before = pieces[-1].rstrip(" ")
            if token[0] in CLOSING or before[-1] in OPENING:
                pieces[-1] += token
                continue
        pieces.append(token)
    return pieces


def break_lines(text: str, style: Style, measure: float) -> list[Line]:
    """One paragraph's lines within `measure` points, filled or placed as the style says."""
    if _on_one_line(text, style, measure):
        return _placed([text.rstrip(" ")], style, measure)
    return _placed(_filled(_pieces(text, style), style, measure), style, measure)


def balanced(text: str, style: Style, measure: float) -> list[Line]:
    """The lines of a title or a cell, as few as the measure allows and about equally long."""
    if _on_one_line(text, style, measure):
        return _placed([text.rstrip(" ")], style, measure)
    pieces = _pieces(text, style)
    broken, narrow = _filled(pieces, style, measure), measure
    longest = max((piece.bare_width for piece in pieces), default=0.0)
    while len(broken) > 1 and narrow - style.size / 2 >= longest:
        closer = _filled(pieces, style, narrow - style.size / 2)
        if len(closer) > len(broken):
            break
        broken, narrow = closer, narrow - style.size / 2
    shift = {"centre": 0.5, "right": 1.0}.get(style.align, 0.0) * (measure - narrow)
    lines = _placed(broken, style, narrow)
    return [replace(line, start=line.start + shift) for line in lines] if shift else lines


class _Piece(NamedTuple):
    """A piece between two places where a line may break; widths in points, `spare` what may stand outside the measure."""

    text: str
    width: float
    bare_width: float
    """Without the spaces at its end."""
    spare: float


def _pieces(text: str, style: Style) -> list[_Piece]:
    return [_piece(token, style) for token in tokens(text, style.face)]


def _piece(token: str, style: Style) -> _Piece:
    bare = token.rstrip(" ")
    bare_width = style.width(bare)
    width = bare_width if bare == token else style.width(token)
    return _Piece(token, width, bare_width, _spare(bare, style))


def _on_one_line(text: str, style: Style, measure: float) -> bool:
    """Does the text fit without a break? What begins with a space is broken, which drops it."""
    room = measure - style.indent * (style.grid or style.size)
    return text != "" and not text[0].isspace() and style.width(text.rstrip(" ")) <= room


def _filled(pieces: Sequence[_Piece], style: Style, measure: float) -> list[str]:
    """The text of each line, as many pieces on it as fit."""
    broken: list[str] = []
    room = measure - style.indent * (style.grid or style.size)
    line, used = "", 0.0

    def end_line() -> None:
        nonlocal line, used, room
        broken.append(line.rstrip(" "))
        line, used, room = "", 0.0, measure

    pending = list(reversed(pieces))
    while pending:
        piece = pending.pop()
        text, width, bare_width, spare = piece
        joint = squeeze(line[-1], text[0], style.face) * style.size if line else 0.0
        if used + joint + bare_width <= room + spare + 0.001:
            line, used = line + text, used + joint + width
        elif bare_width <= measure + spare:
            end_line()
            pending.append(piece)
        else:
            cut = _cut(text, style, room - used - joint)
            if cut == 0 and line:
                end_line()
                pending.append(piece)
                continue
            cut = max(cut, 1)
            line += text[:cut]
            end_line()
            pending.append(_piece(text[cut:], style))
    if line or not broken:
        end_line()
    return broken


def _placed(broken: Sequence[str], style: Style, measure: float) -> list[Line]:
    first, last = style.indent * (style.grid or style.size), len(broken) - 1
    return [
        place(text, style, measure, first if number == 0 else 0.0, last=number == last)
        for number, text in enumerate(broken)
    ]


def _runs(text: str, face: Face) -> Iterator[str]:
    def kind(character: str) -> str:
        if character in " \u3000":
            return character
        return "" if is_full(character, face) or character > "\u2e7f" else "word"

    for found, run in groupby(text, kind):
        whole = "".join(run)
        if found == "word":
            yield from WORD_SEAM.split(whole)
        elif found:
            yield whole
        else:
            yield from re.findall(r"—+|…+|.", whole, re.DOTALL)


def _spare(text: str, style: Style) -> float:
    """The blank half of a mark at the end of a line may stand outside the measure."""
    last = text[-1:]
    return 0.5 * style.size if last in BLANK_AFTER and last and is_full(last, style.face) else 0.0


def _cut(piece: str, style: Style, room: float) -> int:
    """How many characters of an overlong piece to set in `room` points; 0 when none may stand there."""
    used, fits = 0.0, 0
    for character in piece:
        used += style.advance(character)
        if used > room:
            break
        fits += 1
    allowed = [
        n
        for n in range(fits, 0, -1)
        if piece[n - 1] not in OPENING and (piece[n] not in CLOSING or piece[n] in SEAMS)
    ]
    near = [n for n in allowed if piece[n - 1] in SEAMS and n > fits * 2 // 3]
    return (near or allowed or [0])[0]


def place(text: str, style: Style, measure: float, start: float = 0.0, *, last: bool = True) -> Line:
    """The text as one line of `measure` points, filled unless it is the last of its paragraph."""
    face, size = style.face, style.size
    pairs = list(pairwise(text))
    if style.grid is None and BLANK.isdisjoint(text):
        gaps = [0.0] * len(pairs)
    else:
        tracking = [style.advance(c) - face.widths[c] * size / 1000 for c in text]
        gaps = [t + squeeze(a, b, face) * size for t, (a, b) in zip(tracking, pairs, strict=False)]
    natural = style.width(text)
    target = measure - start
    left = target + _spare(text, style) - natural if text else 0.0
    if style.align == "justify" and not last and left > 0:
        open_pairs = [
            n
            for n, (a, b) in enumerate(pairs)
            if a == " " or (a + b not in WHOLE and b != " " and (is_full(a, face) or is_full(b, face)))
        ]
        # Better a short line than one torn apart where a long word moved on.
        spaces = [n for n in open_pairs if text[n] == " "]
        if len(spaces) >= WORDS_OF_LATIN:
            open_pairs = spaces
        if open_pairs and left / len(open_pairs) <= 0.6 * size:
            for n in open_pairs:
                gaps[n] += left / len(open_pairs)
            natural += left
    elif style.align == "right":
        start += target - natural
    elif style.align == "centre":
        start += (target - natural) / 2
    return Line(text, tuple(round(gap, 3) for gap in (*gaps, 0.0)[: len(text)]), start, natural)
