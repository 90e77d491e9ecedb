"""Compiles the English catalogue where it is older than its source, as an installation does."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[1] / "crm" / "translations" / "en" / "LC_MESSAGES" / "messages.po"


def compiled() -> Path:
    """The compiled catalogue, up to date; whole at every moment, since several processes may ask at once."""
    target = SOURCE.with_suffix(".mo")
    if not target.exists() or target.stat().st_mtime < SOURCE.stat().st_mtime:
        with SOURCE.open("rb") as file:
            catalogue = read_po(file, locale="en")
        handle, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            write_mo(file, catalogue)
        os.replace(name, target)
    return target
