"""What a workbook holds that its reader would pass over in silence: error values, formulas never calculated."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from crm.messages import N_
from crm.sheets.tables import NotATable

BLOCK = 1 << 22
OVERLAP = 4096
FAR_COLUMN = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=\"(?:[A-Z]{3,}|[H-Z][A-Z])\d+\"[^<>]*[^<>/]>\s*<(?:\w+:)?(?:v|is|f)\b"
)
"""A cell with something in it beyond the two hundredth column: the reader lays out every cell up to it."""

SIGNS = (b't="e"', b"t='e'", b"<f", b":f")
"""What no block without an error value or a formula has, and what is quick to look for."""

FAR = re.compile(rb"r=\"(?:[A-Z]{3}|[H-Z][A-Z])")
CELL = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*[^<>/])>\s*(?:<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<>]*</(?:\w+:)?f>)\s*()|)"
    rb"(?:<(?:\w+:)?v[^<>]*>([^<>]*)</(?:\w+:)?v>|<(?:\w+:)?v\s*/>|)\s*</(?:\w+:)?c>"
)
PLACE = re.compile(rb"\br=\"([A-Z]{1,3})(\d+)\"")
KIND = re.compile(rb"\bt=[\"'](\w+)[\"']")
NOT_CALCULATED = "=?"

Places = dict[int, dict[int, str]]
"""Row → column, both from 0 → the text to be read there."""


def unread(path: Path) -> Places:
    """The cells of the first sheet that show an error, with its name, and those with a formula without a value.

    Raises NotATable where a cell lies so far to the right that no memory would hold what is before it.
    """
    found: Places = {}
    try:
        with zipfile.ZipFile(path) as archive:
            name = _first_sheet(archive)
            if name is None:
                return found
            with archive.open(name) as sheet:
                tail = b""
                while block := sheet.read(BLOCK):
                    seen = tail + block
                    tail = block[-OVERLAP:]
                    if FAR.search(seen) and FAR_COLUMN.search(seen):
                        raise NotATable(1, N_("工作表的末列太远；请删除多余的列"))
                    if any(sign in seen for sign in SIGNS):
                        _collect(seen, found)
    except (
        zipfile.BadZipFile,
        KeyError,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise NotATable(1, N_("文件不是可读的xlsx工作簿；请另存后再试")) from error
    return found


def _collect(seen: bytes, found: Places) -> None:
    for cell in CELL.finditer(seen):
        attributes, formula, value = cell.groups()
        kind = KIND.search(attributes)
        is_error = kind is not None and kind[1] == b"e"
        if not is_error and (formula is None or value or (kind and kind[1] == b"str")):
            continue
        place = PLACE.search(attributes)
        if place is not None:
            column = 0
            for letter in place[1]:
                column = column * 26 + letter - 64
            text = (value or b"").decode("utf-8", "replace") if is_error else ""
            found.setdefault(int(place[2]) - 1, {})[column - 1] = text or NOT_CALCULATED


def _first_sheet(archive: zipfile.ZipFile) -> str | None:
    """The part that holds the first sheet; None where the parts do not say."""
    sheet = re.search(rb"<(?:\w+:)?sheet\s[^<>]*?\b\w+:id=\"([^\"]+)\"", archive.read("xl/workbook.xml"))
    if sheet is None:
        return None
    for relation in re.findall(rb"<Relationship\s[^<>]*>", archive.read("xl/_rels/workbook.xml.rels")):
        if b'Id="%s"' % sheet[1] in relation and (target := re.search(rb"Target=\"([^\"]+)\"", relation)):
            name = target[1].decode("utf-8", "replace")
            name = name[1:] if name.startswith("/") else f"xl/{name}"
            return name if name in archive.namelist() else None
    return None
