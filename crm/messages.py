"""Marks the sentences of code that knows no web framework; the edges translate them when they are shown."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

TRANSLATIONS = Path(__file__).parent / "translations"


def N_(message: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """The message itself: it is stored and passed on as its Chinese source, translated only when shown."""
    return message


def translator(language: str) -> Callable[[str], str]:
    """What turns messages into a language where there is no request: on the terminal and on paper.

    Chinese is the language of the messages themselves.
    """
    if language == "zh":
        return str
    return gettext.translation("messages", TRANSLATIONS, [language], fallback=True).gettext
