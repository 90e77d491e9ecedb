"""Printing: content becomes a PDF, and the books remember who printed what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from crm.briefs import document
from crm.briefs.content import BriefContent
from crm.models import User
from crm.periods import Month
from crm.services import history


@dataclass(frozen=True)
class Printed:
    """A PDF, its SHA-256, and the characters that no font had."""

    pdf: bytes
    sha256: str
    missing: tuple[str, ...]


def on_paper(content: BriefContent, *, fonts_folder: Path, cache_folder: Path) -> Printed:
    """A brief as PDF: the same bytes for the same content. Asks the database nothing, so that nobody waits for it."""
    pdf = document.render(content, fonts_folder=fonts_folder, cache_folder=cache_folder)
    missing = document.missing(content, fonts_folder=fonts_folder, cache_folder=cache_folder)
    return Printed(pdf, hashlib.sha256(pdf).hexdigest(), missing)


def note(printed: Printed, month: Month, *, language: str = "zh", actor: User | None) -> None:
    """Has the books remember that somebody printed the brief of a month."""
    history.record("brief.printed", actor=actor, month=str(month), language=language, sha256=printed.sha256)
