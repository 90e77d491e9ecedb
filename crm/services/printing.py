"""Printing: content becomes a PDF, and the books remember who printed what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from crm.briefs import document
from crm.briefs.content import BriefContent
from crm.models import Transfer, TransferBatch, User
from crm.periods import Month
from crm.services import batch_paper, handover_paper, history


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


def handover_list(transfer: Transfer, user: User | None, *, language: str = "zh") -> BriefContent:
    """The handover list of a transfer, as somebody reads it, to be given to `on_paper`."""
    return handover_paper.content(transfer, user, language=language)


def batch_list(batch: TransferBatch, user: User | None, *, digest: str, language: str = "zh") -> BriefContent:
    """The list of a batch, to be given to `on_paper`; `digest` is the SHA-256 of the list as it is signed."""
    return batch_paper.content(batch, user, digest=digest, language=language)


def note_list(
    printed: Printed, subject: Transfer | TransferBatch, *, language: str = "zh", actor: User | None
) -> None:
    """Has the books remember that somebody printed the list of a transfer or of a batch."""
    action = "transfer.printed" if isinstance(subject, Transfer) else "batch.printed"
    history.record(action, subject, actor=actor, language=language, sha256=printed.sha256)
