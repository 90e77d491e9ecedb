"""Text as searches compare it: what people type in two ways is one."""

from __future__ import annotations

import unicodedata

BETWEEN = "\n"
"""Stands between the fields of a folded text; no word that is looked for has it."""


def fold(text: str) -> str:
    """The text in small letters, full-width ones as the ordinary ones, spaces between words single."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def folded(*fields: str | None) -> str:
    """Several fields folded into one text, in which no word reaches from one into the next."""
    return BETWEEN.join(fold(field) for field in fields if field)


def tokens(text: str) -> set[str]:
    """Every character of a folded text and every two that stand side by side, as names of code points.

    Names, because an index's own idea of what belongs to a word differs from one database to the other.
    """
    found: set[str] = set()
    before = ""
    for character in text:
        if character.isspace():
            before = ""
            continue
        name = f"{ord(character):x}"
        found.add(name)
        if before:
            found.add(f"{before}x{name}")
        before = name
    return found


def asked(word: str) -> set[str]:
    """The fewest tokens that every text with this folded word has; up to two characters no other text has them."""
    found = tokens(word)
    return {token for token in found if "x" in token} or found
