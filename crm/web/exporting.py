"""A list as a file: what its page shows, all pages of it, with lines that say what it is of; the log tells who took it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Response, send_file
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.db import only_reading, transaction
from crm.services import edits, history
from crm.sheets import listing
from crm.sheets.listing import Cell
from crm.web.parameters import Given
from crm.web.presentation import long_day

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Export:
    """A list that is to be written, in words of the reader."""

    name: str
    """The file's, without its ending."""
    title: str
    sheet: str
    head: Sequence[str]
    lines: Generator[Any, None, None]
    cells: Callable[[Any], Iterable[Sequence[Cell]]]
    """The lines as rows of cells."""
    kept: Mapping[str, str]
    """The filters, as the address has them."""
    sentences: Sequence[str] = ()
    """What the list is narrowed to."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What history keeps besides."""


def answer(given: Given, action: str, found: Callable[[], Export]) -> Response:
    """The list as a file in the format asked for; that it was taken is recorded. Raises Refused where a sheet cannot hold it.

    Nothing of it is in memory as a whole before it is written.
    """
    format_ = given.one_of("format", FORMATS) or "xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        with only_reading():
            export = found()
            count = write(export, format_, path)
        content = path.read_bytes()
    with transaction():
        history.record(
            action,
            actor=current_user,
            count=count,
            format=format_,
            filters=dict(export.kept),
            sha256=hashlib.sha256(content).hexdigest(),
            **export.told,
        )
    name = f"{export.name}.{format_}"
    return send_file(BytesIO(content), FORMATS[format_], as_attachment=True, download_name=name)


def write(export: Export, format_: str, path: Path) -> int:
    """Writes the list; how many rows it has."""
    day = long_day(clock.today())
    about = [export.title, *export.sentences, _("%(day)s由%(name)s导出", day=day, name=current_user.name)]
    if edits.invents():
        about.append(_("标有“演示”的内容为虚构，不代表真实项目"))
    with closing(export.lines) as lines:
        rows = export.cells(lines)
        if format_ == "csv":
            return listing.write_csv(path, about, export.head, rows)
        return listing.write_workbook(path, about, (_("说明"), export.sheet), export.head, rows)
