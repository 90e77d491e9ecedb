"""Printing: content becomes a PDF, and the books remember who printed what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement

from crm.briefs import document
from crm.models import User
from crm.periods import Month
from crm.services import briefs, history


@dataclass(frozen=True)
class Printed:
    """A PDF, its SHA-256, and the characters that no font had."""

    pdf: bytes
    sha256: str
    missing: tuple[str, ...]


def print_brief(
    month: Month,
    *,
    fonts_folder: Path,
    cache_folder: Path,
    language: str = "zh",
    visible: ColumnElement[bool],
    actor: User | None,
) -> Printed:
    """The brief of a month as PDF: the same bytes for the same books. Raises Refused for a month yet to come."""
    content = briefs.month_brief(month, language=language, visible=visible)
    pdf = document.render(content, fonts_folder=fonts_folder, cache_folder=cache_folder)
    missing = document.missing(content, fonts_folder=fonts_folder, cache_folder=cache_folder)
    printed = Printed(pdf, hashlib.sha256(pdf).hexdigest(), missing)
    history.record("brief.printed", actor=actor, month=str(month), language=language, sha256=printed.sha256)
    return printed
