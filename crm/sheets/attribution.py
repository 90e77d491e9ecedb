"""Attribution in the exchange format: who is entitled to what, from when to when, by which rule."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from pathlib import Path

from crm.rules.facts import Facts, Ground
from crm.rules.timeline import Period, periods, stretches
from crm.sheets.registry import RegistryRow
from crm.sheets.tables import write_csv, write_workbook

COLUMNS = ("项目编号", "职责", "主责单位", "协办单位", "起始日", "截止日", "状态", "规则", "建议单位")
WIDTHS = (12, 20, 18, 14, 12, 12, 14, 20, 14)
Line = tuple[str, ...]


def lines(number: str, found: Iterable[Period], names: Mapping[str, str], as_of: date) -> Iterator[Line]:
    """A project's periods as rows: those begun by the as-of day, an end only where it has come."""
    for responsibility, (lead, assists, status, rule, suggestion), from_, to in found:
        if from_ <= as_of:
            yield (
                number,
                responsibility,
                names[lead],
                ";".join([names[unit] for unit in assists]) if assists else "",
                from_.isoformat(),
                to.isoformat() if to is not None and to <= as_of else "",
                status,
                rule,
                names[suggestion] if suggestion else "",
            )


def numbered(registry: Iterable[RegistryRow]) -> list[tuple[str, Facts]]:
    """A registry's projects as number and facts, sorted by number: all that is kept of a million rows."""
    return sorted([(row.number, row.facts) for row in registry], key=itemgetter(0))


def attribute(
    projects: Iterable[tuple[str, Facts]], ground: Ground, names: Mapping[str, str], as_of: date
) -> Iterator[Line]:
    """The rows of a whole registry in the order of its projects, without the head; raises RulesConflict."""
    grounds = [(date.min, ground)]
    for number, facts in projects:
        yield from lines(number, periods(stretches([(date.min, facts)], grounds)), names, as_of)


def write(path: Path, rows: Iterable[Line]) -> None:
    """Writes head and rows as xlsx or CSV, by the file's ending: all of it or nothing.

    Raises OSError where the folder cannot be written to.
    """
    with_head = _with_head(rows)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    try:
        if path.suffix.lower() == ".xlsx":
            os.close(handle)
            write_workbook(Path(unfinished), with_head, widths=WIDTHS)
        else:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.writelines(write_csv(with_head))
        os.chmod(unfinished, 0o666 & ~_umask())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _with_head(rows: Iterable[Line]) -> Iterator[Sequence[str]]:
    yield COLUMNS
    yield from rows


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
