"""Tables as officers have them: CSV in whatever encoding Excel chose, or xlsx; in and out, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from crm.messages import N_

LONGEST_CELL = 32_767
"""What an Excel cell holds."""

MOST_ROWS = 1_048_576
"""What an Excel sheet holds, the head included."""

ENCODINGS = ("utf-8-sig", "gb18030")
SAMPLE = 1 << 16


class CellError(NamedTuple):
    """What is wrong in one cell: file row (the head is row 1), column name, message and its values."""

    row: int
    column: str
    message: str
    values: dict[str, str]

    def __str__(self) -> str:
        return self.message % self.values


class NotATable(Exception):
    """The file cannot be read as a table; carries the one error that says why."""

    def __init__(self, row: int, message: str, **values: str) -> None:
        self.error = CellError(row, "", message, values)
        super().__init__(str(self.error))


class TooManyRows(Exception):
    """More rows than an Excel sheet holds."""


def read(path: Path) -> Iterator[list[str]]:
    """The file's rows as texts, the head first; an all-empty row comes as an empty list.

    Raises NotATable where it is neither CSV text in a known encoding nor an xlsx workbook, when the row is met.
    """
    with open(path, "rb") as file:
        start = file.read(SAMPLE)
    if not start.strip():
        raise NotATable(1, N_("文件是空的；请按模板填写后再提交"))
    if start.startswith(b"PK\x03\x04"):
        return _workbook_rows(path)
    return _text_rows(path, _encoding(path, start))


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise NotATable(1, N_("文件不是表格；请使用xlsx或csv格式"))
    head = start.replace(b"\r", b"\n").split(b"\n", 1)[0]
    # the head decides what the file claims to be: GB18030 would swallow many a broken UTF-8 file
    for encoding in ENCODINGS:
        try:
            head.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _checked(path, encoding)
    raise NotATable(1, N_("第%(line)s行有无法识别的字符编码；请另存为UTF-8编码的csv或xlsx"), line="1")


def _checked(path: Path, encoding: str) -> str:
    """The encoding, once all of the file is known to be in it: nothing is written before that is sure."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open(path, "rb") as file:
        while block := file.read(SAMPLE * 16):
            if b"\0" in block:
                raise NotATable(1, N_("文件不是表格；请使用xlsx或csv格式"))
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += block[: max(error.start, 0)].count(b"\n")
                raise NotATable(
                    line, N_("第%(line)s行有无法识别的字符编码；请另存为UTF-8编码的csv或xlsx"), line=str(line)
                ) from error
            line += block.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise NotATable(line, N_("文件末尾的字符不完整；请重新导出"), line=str(line)) from error
    return encoding


def _text_rows(path: Path, encoding: str) -> Iterator[list[str]]:
    number = 0
    try:
        with open(path, encoding=encoding, newline="") as file:
            for row in csv.reader(file, strict=True):
                number += 1
                yield row if any(row) else []
    except (csv.Error, UnicodeError) as error:
        if "field limit" in str(error):
            most = f"{csv.field_size_limit():,}"
            raise NotATable(
                number + 1,
                N_("第%(line)s行有一格超过%(most)s字，或引号不配对"),
                line=str(number + 1),
                most=most,
            ) from error
        raise NotATable(
            number + 1, N_("第%(line)s行不成表格（引号或换行不配对）"), line=str(number + 1)
        ) from error


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    # imported here: most CSV work never needs the reader of workbooks
    from python_calamine import CalamineError, CalamineWorkbook

    from crm.sheets.workbooks import unread

    shown = unread(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        if not workbook.sheet_names:
            raise NotATable(1, N_("工作簿里没有工作表"))
        sheet = workbook.get_sheet_by_index(0)
        for (first, _), (last, _) in sheet.merged_cell_ranges or ():
            if last > max(first, 0):
                raise NotATable(first + 1, N_("本行起有合并的单元格；请取消合并，每行都填"))
        head, left = sheet.start or (0, 0)
        for _ in range(head):
            yield []
        for number, row in enumerate(sheet.iter_rows(), start=head):
            texts = [cell if cell.__class__ is str else _text(cell) for cell in row]
            if number in shown:
                texts = _with_unread(texts, shown[number], left)
            yield texts if any(texts) else []
    except (CalamineError, OSError) as error:
        raise NotATable(1, N_("文件不是可读的xlsx工作簿；请另存后再试")) from error
    except BaseException as error:
        # the reader of workbooks is Rust, whose panics are no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise NotATable(1, N_("文件不是可读的xlsx工作簿；请另存后再试")) from error


def _with_unread(texts: list[str], shown: Mapping[int, str], left: int) -> list[str]:
    """The row with what the reader passed over in its cells, so that it is met as the mistake it is."""
    for column, text in shown.items():
        if 0 <= column - left < len(texts) and not texts[column - left]:
            texts[column - left] = text
    return texts


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and isfinite(cell):
        # a workbook keeps 0.1 + 0.2 as 0.30000000000000004 and shows fifteen digits of it
        return f"{Decimal(f'{cell:.15g}'):f}"
    return str(cell)


def write_csv(rows: Iterable[Sequence[str]], *, bom: bool = False) -> Iterator[str]:
    """The rows as CSV text, some thousand lines a piece: LF line ends, quotes only where needed."""
    lines = ["\ufeff"] if bom else []
    for row in rows:
        line = ",".join(row)
        # the csv module looks at every character of every cell: only where one needs quotes is it asked
        if line.count(",") != len(row) - 1 or len(row) == 1 or '"' in line or "\n" in line or "\r" in line:
            lines.append(_quoted(row))
        else:
            lines.append(line + "\n")
        if len(lines) >= 5000:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _quoted(row: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()


def write_workbook(path: Path, rows: Iterable[Sequence[str]], *, widths: Sequence[int] = ()) -> None:
    """Writes the rows as text cells of one sheet, the head bold and frozen; a row at a time in memory.

    Raises TooManyRows where a sheet cannot hold them.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        head = workbook.add_format({"bold": True, "bg_color": "#F2F2F2", "bottom": 1, "text_wrap": True})
        sheet.freeze_panes(1, 0)
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        for number, row in enumerate(rows):
            if number == MOST_ROWS:
                raise TooManyRows
            for column, text in enumerate(row):
                sheet.write_string(number, column, text[:LONGEST_CELL], head if number == 0 else None)
