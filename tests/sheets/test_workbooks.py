"""What a workbook shows but its reader passes over is met as a mistake, never as an empty cell."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from crm.sheets import tables
from crm.sheets.registry import COLUMNS
from tests.sheets.test_registry import GOOD, read

SITE, SUM = COLUMNS.index("选址街道"), COLUMNS.index("总投资亿元")


def workbook(path: Path, touch: Callable[[Any], object] = lambda sheet: None) -> Path:
    """A registry of two projects, its sheet touched before it is saved."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for row, number in enumerate(("P1", "P2"), start=1):
            sheet.write_row(row, 0, list((GOOD | {"项目编号": number}).values()))
        touch(sheet)
    return path


@pytest.mark.parametrize(
    ("formula", "value", "found"),
    [("=NA()", "#N/A", "#N/A"), ("=1/0", "#DIV/0!", "#DIV/0!")],
)
def test_an_error_value_is_a_mistake_in_its_cell(
    tmp_path: Path, formula: str, value: str, found: str
) -> None:
    path = workbook(tmp_path / "r.xlsx", lambda sheet: sheet.write_formula(2, SITE, formula, None, value))
    rows, errors = read(path)
    assert [row.number for row in rows] == ["P1"]
    assert [(error.row, error.column, error.values) for error in errors] == [
        (3, "选址街道", {"found": found})
    ]


def test_a_formula_counts_by_its_value_and_one_without_is_a_mistake(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda sheet: sheet.write_formula(2, SITE, '="x"', None, "慈惠街"))
    assert [row.facts.site_street for row in read(path)[0]] == ["jinghe", "cihui"]
    path = workbook(
        tmp_path / "b.xlsx", lambda sheet: sheet.write_formula(2, SITE, '="慈惠街"', None, "慈惠街")
    )
    never = tmp_path / "never.xlsx"
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(never, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name.endswith("sheet1.xml"):
                kept = part.replace(b' t="str"', b"").replace("<v>慈惠街</v>".encode(), b"<v></v>")
                assert kept != part
                part = kept
            after.writestr(name, part)
    assert [(error.row, error.column) for error in read(never)[1]] == [(3, "选址街道")]


def test_merged_rows_are_refused_in_words(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", lambda sheet: sheet.merge_range(1, SITE, 2, SITE, "径河街"))
    rows, errors = read(path)
    assert rows == [] and [error.row for error in errors] == [2] and "合并" in str(errors[0])


def test_a_sum_is_read_with_the_digits_that_are_shown(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "r.xlsx",
        lambda sheet: (sheet.write_number(1, SUM, 0.1 + 0.2), sheet.write_number(2, SUM, 0.00001)),
    )
    assert [row.total_investment_fen for row in read(path)[0]] == [3_000_000_000, 100_000]


def test_a_cell_far_away_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", lambda sheet: sheet.write(1_048_575, 16_383, "x"))
    with pytest.raises(tables.NotATable):
        list(tables.read(path))
