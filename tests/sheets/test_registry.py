"""A bad registry yields every error at once, with row and column; a good one is read whatever its encoding."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from crm.sheets import tables
from crm.sheets.registry import COLUMNS, Registry, RegistryRow
from crm.sheets.tables import CellError
from crm.sheets.vocabulary import seeded_vocabulary

VOCABULARY = seeded_vocabulary()
CASES = Path(__file__).parents[1] / "cases"
GOOD = dict(
    zip(
        COLUMNS,
        [
            "P1",
            "名称",
            "企业",
            "",
            "3525",
            "机电产业办",
            "",
            "新引进",
            "",
            "径河街",
            "",
            "径河街",
            "是",
            "",
            "2015-03-02",
            "2015-09-01",
            "2017-06-30",
            "3.2",
        ],
        strict=True,
    )
)


def text(*rows: dict[str, str], head: tuple[str, ...] = COLUMNS) -> str:
    """A registry as CSV text."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, head, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def read(path: Path) -> tuple[list[RegistryRow], list[CellError]]:
    """The rows and the errors of a file."""
    registry = Registry(VOCABULARY)
    try:
        rows = list(registry.read(tables.read(path)))
    except tables.NotATable as problem:
        return [], [problem.error]
    return rows, registry.errors


def errors(tmp_path: Path, *rows: dict[str, str]) -> list[tuple[int, str]]:
    """Row and column of every error in a registry of these rows."""
    (tmp_path / "r.csv").write_text(text(*rows), encoding="utf-8")
    return [(error.row, error.column) for error in read(tmp_path / "r.csv")[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_whatever_encoding_excel_chose(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "r.csv").write_bytes((CASES / "registry.csv").read_text("utf-8").encode(encoding))
    assert read(tmp_path / "r.csv") == read(CASES / "registry.csv")


def test_line_ends_of_old_machines(tmp_path: Path) -> None:
    rows = [GOOD | {"项目编号": f"P{number}"} for number in range(1500)]
    (tmp_path / "r.csv").write_bytes(text(*rows).replace("\n", "\r").encode())
    found, wrong = read(tmp_path / "r.csv")
    assert (len(found), wrong) == (1500, []) and found[0].name == "名称"


def test_a_workbook_with_real_dates_and_numbers_reads_as_the_text_does(tmp_path: Path) -> None:
    with open(CASES / "registry.csv", encoding="utf-8") as file:
        table = list(csv.reader(file))
    with xlsxwriter.Workbook(str(tmp_path / "r.xlsx")) as workbook:
        sheet, day = workbook.add_worksheet(), workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, table[0])
        for number, row in enumerate(table[1:], start=1):
            for column, cell in enumerate(row):
                if "日期" in table[0][column] and cell:
                    sheet.write_datetime(number, column, datetime.fromisoformat(cell), day)
                elif table[0][column] in ("总投资亿元", "行业代码") and cell:
                    sheet.write_number(number, column, float(cell))
                else:
                    sheet.write_string(number, column, cell)
    assert read(tmp_path / "r.xlsx") == read(CASES / "registry.csv")


def test_cells_are_trimmed_and_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    head = (*reversed(COLUMNS), "原因")
    spaced = {column: f" \u3000{value} " for column, value in GOOD.items()} | {"原因": "旧的原因"}
    (tmp_path / "r.csv").write_text(text(spaced, head=head), encoding="utf-8")
    (tmp_path / "good.csv").write_text(text(GOOD), encoding="utf-8")
    assert read(tmp_path / "r.csv") == read(tmp_path / "good.csv")


def test_other_names_of_units_are_known(tmp_path: Path) -> None:
    row = GOOD | {"招商单位": "机电产业建设管理办公室", "现服务单位": "区机电产业办", "选址街道": "径河街道"}
    (tmp_path / "r.csv").write_text(text(row), encoding="utf-8")
    facts = read(tmp_path / "r.csv")[0][0].facts
    assert (facts.attracted_by, facts.served_by, facts.site_street) == ("jd", "jd", "jinghe")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"项目编号": ""}, "项目编号"),
        ({"行业代码": "352"}, "行业代码"),
        ({"行业代码": "35a5"}, "行业代码"),
        ({"行业代码": "９９９９"}, "行业代码"),
        ({"行业代码": "9899"}, "行业代码"),
        ({"招商单位": "火星产业办"}, "招商单位"),
        ({"现服务单位": "火星街"}, "现服务单位"),
        ({"招商单位": "", "现服务单位": ""}, "招商单位"),
        ({"项目来源": "新建"}, "项目来源"),
        ({"项目来源": ""}, "项目来源"),
        ({"原所在街道": "机电产业办"}, "原所在街道"),
        ({"选址街道": "武昌街"}, "选址街道"),
        ({"选址片区": "综保区三期"}, "选址片区"),
        ({"统计归属街道": "某街"}, "统计归属街道"),
        ({"规上工业": "Y"}, "规上工业"),
        ({"规上工业": ""}, "规上工业"),
        ({"重大项目标记": "大项目"}, "重大项目标记"),
        ({"签约日期": "2021-02-29"}, "签约日期"),
        ({"签约日期": "2021/03/01"}, "签约日期"),
        ({"签约日期": "20150302"}, "签约日期"),
        ({"开工日期": "2015-03-01"}, "开工日期"),
        ({"开工日期": "", "建成投产日期": "2015-03-01"}, "建成投产日期"),
        ({"签约日期": "", "开工日期": "", "建成投产日期": ""}, "签约日期"),
        ({"总投资亿元": "-1"}, "总投资亿元"),
        ({"总投资亿元": "三亿"}, "总投资亿元"),
        ({"总投资亿元": "NaN"}, "总投资亿元"),
        ({"总投资亿元": "1e30"}, "总投资亿元"),
        ({"总投资亿元": "1e999999"}, "总投资亿元"),
        ({"统一社会信用代码": "91420112MA4KXXXX0X"}, "统一社会信用代码"),
        ({"统一社会信用代码": "123"}, "统一社会信用代码"),
    ],
)
def test_each_mistake_is_found_in_its_cell(tmp_path: Path, change: dict[str, str], column: str) -> None:
    assert errors(tmp_path, GOOD, GOOD | {"项目编号": "P2"} | change) == [(3, column)]


@pytest.mark.parametrize("name", ["", "长" * 201])
def test_the_books_ask_for_a_name_of_decent_length_and_the_exchange_format_does_not(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "r.csv").write_text(text(GOOD | {"项目名称": name}), encoding="utf-8")
    books = Registry(VOCABULARY, for_books=True)
    assert list(books.read(tables.read(tmp_path / "r.csv"))) == []
    assert [error.column for error in books.errors] == ["项目名称"]
    assert len(read(tmp_path / "r.csv")[0]) == 1


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    bad = GOOD | {"行业代码": "x", "招商单位": "甲", "选址街道": "乙", "签约日期": "丙", "总投资亿元": "丁"}
    assert errors(tmp_path, GOOD, bad, {}, GOOD) == [
        (3, "招商单位"),
        (3, "选址街道"),
        (3, "签约日期"),
        (3, "项目编号"),
        (3, "行业代码"),
        (3, "总投资亿元"),
        (5, "项目编号"),
    ]


def test_a_credit_code_with_full_width_or_small_letters_is_normalised(tmp_path: Path) -> None:
    code = "91420100MA4KL1T79K"
    from stdnum.cn import uscc

    code = code[:17] + uscc.calc_check_digit(code[:17])
    (tmp_path / "r.csv").write_text(
        text(GOOD | {"统一社会信用代码": code.lower().replace("9", "９")}), "utf-8"
    )
    rows, found = read(tmp_path / "r.csv")
    assert found == [] and rows[0].credit_code == code


@pytest.mark.parametrize("start", ["91", "N2", "12", "A1", "Y1"])
def test_every_authority_of_the_standard_gives_credit_codes(tmp_path: Path, start: str) -> None:
    from stdnum.cn import uscc

    code = f"{start}420112MA4KL1T79"
    code += uscc.calc_check_digit(code)
    (tmp_path / "r.csv").write_text(text(GOOD | {"统一社会信用代码": code}), "utf-8")
    rows, found = read(tmp_path / "r.csv")
    assert found == [] and rows[0].credit_code == code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert errors(tmp_path, GOOD | {"统一社会信用代码": wrong}) == [(2, "统一社会信用代码")]


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    head = tuple(column for column in COLUMNS if column != missing)
    (tmp_path / "r.csv").write_text(text(GOOD, head=head), encoding="utf-8")
    assert [(error.row, error.column) for error in read(tmp_path / "r.csv")[1]] == [(1, missing)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"PK\x03\x04 not really a workbook",
        "随便一段文字，没有表头\n".encode(),
        ",".join(COLUMNS).encode() + b"\nP1,\xff\xfe\xfa\n",
        ",".join(COLUMNS).encode() + "\nP1,名".encode()[:-1],
        ",".join(COLUMNS).encode() + b'\n"P1,never closed\n',
        b"\xff\xfe\x00\xd8\x00",
        ",".join(COLUMNS).encode() + b"\n" * tables.SAMPLE + b"P1,\0\n",
        ",".join(COLUMNS).encode() + b"\nP1," + b"x" * 200_000 + b"\n",
    ],
)
def test_what_is_no_table_is_one_error_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    rows, found = read(tmp_path / "r.csv")
    assert rows == [] and len(found) == 1 and str(found[0])


def test_a_short_row_and_a_long_row_are_errors_and_an_empty_one_is_not(tmp_path: Path) -> None:
    good = text(GOOD).splitlines()
    lines = [*good, "", "P2,短", " " + "," * 17, good[1].replace("P1", "P3") + ",多出"]
    (tmp_path / "r.csv").write_text("\n".join(lines), encoding="utf-8")
    rows, found = read(tmp_path / "r.csv")
    assert [row.number for row in rows] == ["P1"]
    assert [(error.row, error.column) for error in found] == [(4, "投资企业"), (6, "总投资亿元")]
    short = good[1].rpartition(",")[0].replace("机电产业办", "火星办")
    (tmp_path / "r.csv").write_text("\n".join([*good, short]), encoding="utf-8")
    # what it has is looked at all the same
    wrong = [(error.row, error.column) for error in read(tmp_path / "r.csv")[1]]
    assert wrong == [(3, "总投资亿元"), (3, "招商单位"), (3, "项目编号")]


def test_money_is_exact(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(text(GOOD | {"总投资亿元": "0.0000000001"}), encoding="utf-8")
    assert read(tmp_path / "r.csv")[0][0].total_investment_fen == 1
    assert errors(tmp_path, GOOD | {"总投资亿元": "0.00000000001"}) == [(2, "总投资亿元")]
    assert read(CASES / "registry.csv")[0][0].facts.signed_on == date(2015, 3, 2)
