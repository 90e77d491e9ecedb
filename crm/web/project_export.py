"""A list of projects as a file: the same filters, order, columns and moment as the page, but every page of it."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from crm import clock
from crm.services import edits
from crm.services.project_list import Line
from crm.sheets.listing import Cell
from crm.web.exporting import Export
from crm.web.project_columns import COLUMNS
from crm.web.project_listing import Shown


def export_of(shown: Shown) -> Export:
    """The list as a file; in a demonstration with a column that names what is invented."""
    marks = edits.invents()
    return Export(
        _("项目列表_%(day)s", day=clock.today().isoformat()),
        _("归属：项目列表"),
        _("项目"),
        [_title(key) for key in shown.columns] + ([_("演示")] if marks else []),
        shown.listing.lines(),
        lambda lines: _rows(shown, lines, marks),
        shown.kept,
        shown.sentences,
    )


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
