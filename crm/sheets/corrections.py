"""The error workbook: the rows as they were uploaded, and a column of reasons that the next upload ignores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crm.sheets import limits
from crm.sheets.tables import write_workbook

REASON = "原因"
Said = Callable[[str, Mapping[str, str]], str]


def write(path: Path, uploaded: Path, errors: Sequence[Mapping[str, Any]], said: Said) -> None:
    """Writes the workbook; `said` puts a message and its values into words. Raises NotATable."""
    reasons: dict[int, list[str]] = {}
    for error in errors:
        text = said(error["message"], error["values"])
        reasons.setdefault(int(error["row"]), []).append(
            f"{error['column']}：{text}" if error["column"] else text
        )
    write_workbook(path, _rows(limits.read(uploaded), reasons))


def _rows(table: Iterator[list[str]], reasons: Mapping[int, Sequence[str]]) -> Iterator[list[str]]:
    place: int | None = None
    width = 0
    for number, cells in enumerate(table, start=1):
        if number == 1:
            # an error workbook that is sent again has the column already
            place = cells.index(REASON) if REASON in cells else None
            width = len(cells)
            cells = [cell for index, cell in enumerate(cells) if index != place]
            yield [*cells, REASON]
            continue
        kept = [cell for index, cell in enumerate(cells) if index != place]
        if number in reasons:
            kept += [""] * (width - (place is not None) - len(kept))
            kept.append("；".join(reasons[number]))
        yield kept
