"""Lists written out for people: CSV that Excel opens as it is, and xlsx; row by row, whatever their length."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from xlsxwriter import Workbook

MOST_ROWS = 1_048_575
"""Rows a sheet of a workbook can hold below its head."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would calculate instead of showing."""

WIDTH = 22


def write_csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Writes UTF-8 with a mark that Excel knows; returns how many rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    count = 0
    for row in rows:
        writer.writerow([f"'{value}" if value.startswith(FORMULA) else value for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def write_xlsx(file: IO[bytes], title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Writes a workbook of one sheet, its head kept in sight; returns how many rows.

    Raises ValueError where there are more than a sheet can hold.
    """
    with Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(head) - 1, WIDTH)
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        count = 0
        for count, row in enumerate(rows, 1):
            if count > MOST_ROWS:
                raise ValueError("too many rows for a workbook")
            for column, value in enumerate(row):
                sheet.write_string(count, column, value)
    return count
