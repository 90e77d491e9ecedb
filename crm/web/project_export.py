"""A list of projects as a file: the same filters, order, columns and moment as the page, but every page of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.services import books
from crm.services.project_list import Line
from crm.sheets import listing
from crm.sheets.listing import Cell
from crm.web import presentation
from crm.web.project_columns import COLUMNS
from crm.web.project_listing import Shown

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Exported:
    """A file that was written, and what history keeps of it."""

    name: str
    mimetype: str
    told: dict[str, Any]


def write(shown: Shown, format_: str, path: Path) -> Exported:
    """Writes the list; nothing of it is in memory as a whole. Raises Refused where a sheet cannot hold it."""
    today = clock.today()
    about = [
        _("归属：项目列表"),
        *shown.sentences,
        _("%(day)s由%(name)s导出", day=presentation.long_day(today), name=current_user.name),
    ]
    opened = books.books()
    marks = opened is not None and opened.kind == "demonstration"
    if marks:
        about.append(_("标有“演示”的内容为虚构，不代表真实项目"))
    head = [_title(key) for key in shown.columns] + ([_("演示")] if marks else [])
    with closing(shown.listing.lines()) as lines:
        rows = _rows(shown, lines, marks)
        if format_ == "csv":
            count = listing.write_csv(path, about, head, rows)
        else:
            count = listing.write_workbook(path, about, (_("说明"), _("项目")), head, rows)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    told = {"count": count, "format": format_, "filters": shown.kept, "sha256": digest}
    name = _("项目列表_%(day)s", day=today.isoformat())
    return Exported(f"{name}.{format_}", FORMATS[format_], told)


def _title(key: str) -> str:
    column = COLUMNS[key]
    return f"{_(column.title)} ({_(column.unit)})" if column.unit else _(column.title)


def _rows(shown: Shown, lines: Iterator[Line], marks: bool) -> Iterator[list[Cell]]:
    names = shown.names()
    columns = [COLUMNS[key] for key in shown.columns]
    for line in lines:
        cells = [column.value(line, names) for column in columns]
        if marks:
            # which of the values shown are invented, by the titles of their columns
            invented = [_(column.title) for column in columns if column.fact in line.project.invented]
            cells.append("、".join(invented))
        yield cells
