"""How large a sheet may be, by what is in it and not by what it claims."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crm.messages import N_
from crm.sheets import tables
from crm.sheets.tables import NotATable

MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_UNPACKED = 1 << 29
"""Bytes of a workbook once unpacked; 200,000 rows of a registry are about 250 MB."""

BLOCK = 1 << 22
OVERLAP = 4096

# Cheap to look for: what no sheet within the limits has. Only then is it asked whether the cell is empty.
DOUBTFUL = re.compile(rb"r=\"(?:[A-Z]{3}|[A-Z]{0,2}(?:\d{7}|[3-9]\d{5}|2[7-9]\d{4}))")

# A cell with something in it beyond row 262,143 or beyond column ZZ; empty ones, which styled files are full of, pass.
FAR = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=\"(?:[A-Z]{3,}\d+|[A-Z]+(?:\d{7,}|[3-9]\d{5}|2[7-9]\d{4}))\"[^<>]*[^<>/]>\s*<(?:\w+:)?(?:v|is|f)\b"
    rb"|<(?:\w+:)?row\s[^<>]*?\br=\"(?:\d{7,}|[3-9]\d{5}|2[7-9]\d{4})\"[^<>]*>\s*<(?:\w+:)?c\b[^<>]*>\s*<(?:\w+:)?(?:v|is|f)\b"
)


def read(path: Path) -> Iterator[list[str]]:
    """The file's rows as texts, the head first, as `tables.read` gives them.

    Raises NotATable as well where there are more rows or columns than the program takes, at the first one too many.
    """
    _refuse_far_cells(path)
    filled = 0
    try:
        for number, row in enumerate(tables.read(path), start=1):
            filled += bool(row)
            if filled > MOST_ROWS + 1:
                raise NotATable(number, N_("表格超过%(most)s行；请分成几个文件导入"), most=f"{MOST_ROWS:,}")
            if len(row) > MOST_COLUMNS:
                raise NotATable(
                    number,
                    N_("表格有%(found)s列，最多%(most)s列；请删除多余的列"),
                    found=str(len(row)),
                    most=str(MOST_COLUMNS),
                )
            yield row
    except NotATable:
        raise
    except Exception as error:
        raise NotATable(1, N_("文件不是可读的表格；请另存后再试")) from error
    except BaseException as error:
        # the reader of workbooks is Rust, whose panics are no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise NotATable(1, N_("文件不是可读的xlsx工作簿；请另存后再试")) from error


def rows_about(path: Path) -> int | None:
    """About how many rows follow the head, without reading a cell; none where it cannot be told."""
    try:
        if not zipfile.is_zipfile(path):
            with open(path, "rb") as file:
                return max(_count(file, b"\n") - 1, 0)
        with zipfile.ZipFile(path) as archive:
            sheets = (name for name in archive.namelist() if name.startswith("xl/worksheets/"))
            with archive.open(min(sheets, key=lambda name: (len(name), name))) as sheet:
                return max(_count(sheet, b"</row>") - 1, 0) or None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, KeyError):
        return None


def _count(stream: IO[bytes], mark: bytes) -> int:
    found, tail = 0, b""
    while block := stream.read(BLOCK):
        seen = tail + block
        found += seen.count(mark)
        tail = seen[len(seen) - len(mark) + 1 :] if len(mark) > 1 else b""
    return found


def _refuse_far_cells(path: Path) -> None:
    """The reader lays out every cell up to the farthest: one far away would ask for all the memory there is."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
                raise NotATable(1, N_("工作簿展开后太大；请分成几个文件导入"))
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                    with archive.open(entry) as sheet:
                        _scan(sheet)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise NotATable(1, N_("文件不是可读的xlsx工作簿；请另存后再试")) from error


def _scan(sheet: object) -> None:
    tail = b""
    while block := sheet.read(BLOCK):  # type: ignore[attr-defined]
        seen = tail + block
        if DOUBTFUL.search(seen) and FAR.search(seen):
            raise NotATable(
                1, N_("工作表的内容超出%(most)s行或末列太远；请删除多余的行列"), most=f"{MOST_ROWS:,}"
            )
        tail = block[-OVERLAP:]
