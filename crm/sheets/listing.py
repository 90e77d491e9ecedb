"""A list as a workbook or as CSV, written row by row: figures are figures, days are days, and no text is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from crm.errors import Refused
from crm.messages import N_

Cell = str | date | Decimal | None

LARGEST_SHEET = 1_048_576
"""Rows of one sheet, the head among them."""

WIDTHS = (12, 30)
"""How wide a column of figures or days is, and any other, in characters."""


def write_workbook(
    path: Path,
    about: Sequence[str],
    names: tuple[str, str],
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
) -> int:
    """Writes a sheet that says what the list is of, and the sheet of the list; how many rows there were.

    `names` are the two sheets'. Raises Refused where there are more rows than a sheet holds.
    """
    # imported here: only exports need it
    import xlsxwriter

    count = 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        figures = book.add_format({"num_format": "#,##0.00"})
        first = book.add_worksheet(names[0])
        first.set_column(0, 0, 100)
        for number, sentence in enumerate(about):
            first.write_string(number, 0, sentence)
        sheet = book.add_worksheet(names[1])
        sheet.activate()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(head) - 1, WIDTHS[0])
        sheet.set_column(1, 2, WIDTHS[1])
        for column, title in enumerate(head):
            sheet.write_string(0, column, title, bold)
        for count, row in enumerate(rows, start=1):
            if count >= LARGEST_SHEET:
                raise Refused(N_("项目太多，一张工作表放不下；请先缩小范围，或导出为csv"), field="format")
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(count, column, cell, days)
                elif isinstance(cell, Decimal):
                    sheet.write_number(count, column, float(cell), figures)
                elif cell:
                    sheet.write_string(count, column, cell)
    return count


def write_csv(path: Path, about: Sequence[str], head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Writes CSV with a mark by which Excel knows UTF-8: a line that says what the list is of, the head, the rows."""
    count = 0
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["；".join(about)])
        writer.writerow(head)
        for row in _texts(rows):
            writer.writerow(row)
            count += 1
    return count


def _texts(rows: Iterable[Sequence[Cell]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_text(cell) for cell in row]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        # a spreadsheet would take it for a formula
        return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
    return cell.isoformat() if isinstance(cell, date) else f"{cell:f}"
