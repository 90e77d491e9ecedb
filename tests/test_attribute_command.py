"""`crm attribute` and `crm explain` as they are typed: exact output, every mistake at once, nothing half-written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.catalogue import compiled

CASES = Path(__file__).parent / "cases"
REGISTRY, ATTRIBUTION = CASES / "registry.csv", CASES / "attribution.csv"
AS_OF = ("--as-of", "2021-05-31")


def crm(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "crm.cli", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        # the terminal's language is Chinese, whatever that of this machine
        env={**os.environ, "LANGUAGE": "zh", **settings},
    )


def test_the_worked_example_byte_for_byte(tmp_path: Path) -> None:
    done = crm("attribute", REGISTRY, *AS_OF, "-o", tmp_path / "a.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.csv").read_bytes() == ATTRIBUTION.read_bytes()


def test_the_same_on_the_terminal(tmp_path: Path) -> None:
    assert crm("attribute", REGISTRY, *AS_OF).stdout == ATTRIBUTION.read_text(encoding="utf-8")


def test_the_same_whatever_the_terminals_encoding() -> None:
    done = crm("attribute", REGISTRY, *AS_OF, PYTHONIOENCODING="ascii:strict")
    assert (done.returncode, done.stdout) == (0, ATTRIBUTION.read_text(encoding="utf-8"))


def test_workbooks_in_and_out(tmp_path: Path) -> None:
    import csv

    import xlsxwriter

    with (
        open(REGISTRY, encoding="utf-8", newline="") as file,
        xlsxwriter.Workbook(str(tmp_path / "r.xlsx")) as workbook,
    ):
        sheet = workbook.add_worksheet()
        for number, row in enumerate(csv.reader(file)):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    done = crm("attribute", tmp_path / "r.xlsx", *AS_OF, "-o", tmp_path / "a.xlsx")
    assert (done.returncode, done.stderr) == (0, "")
    found = CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()
    expected = ATTRIBUTION.read_text(encoding="utf-8").splitlines()
    assert [",".join(map(str, row)) for row in found] == expected


def test_readings_are_chosen_several_at_once(tmp_path: Path) -> None:
    done = crm("attribute", REGISTRY, *AS_OF, "--reading", "R5=out-of-plate", "--reading", "R9=site-street")
    assert "A15,indicators,径河街,,2020-04-27,,decided,3.1-transfer," in done.stdout
    assert "A01,policy_delivery,径河街,,2020-04-27,,decided,2-street-duty," in done.stdout
    moved = crm("attribute", REGISTRY, *AS_OF, "--reading", "R8=2020-06-30").stdout
    assert (
        ",2020-04-27," not in moved and "A01,indicators,机电产业办,,2020-06-30,,decided,3.1-retain," in moved
    )


@pytest.mark.parametrize(
    "wrong", ["R5=nobody", "R12=x", "R7=by-kind", "R8=soon", "R5", "=", "r5=out-of-plate"]
)
def test_an_unknown_reading_or_choice_is_an_error(tmp_path: Path, wrong: str) -> None:
    done = crm("attribute", REGISTRY, *AS_OF, "--reading", wrong, "-o", tmp_path / "a.csv")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_at_once_exit_2_no_traceback_no_file(tmp_path: Path) -> None:
    lines = REGISTRY.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("机电产业办,机电产业办", ",").replace("3525", "35")
    lines[3] = lines[3].replace("2017-08-01", "2018-08-01")
    lines[5] = lines[5].replace("A05", "A04")
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kept = tmp_path / "a.csv"
    kept.write_text("旧的结果", encoding="utf-8")
    done = crm("attribute", tmp_path / "bad.csv", *AS_OF, "-o", kept)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stdout == ""
    found = done.stderr.splitlines()
    assert [line.split("：")[0] for line in found[:-1]] == [
        "第2行 招商单位",
        "第2行 行业代码",
        "第4行 开工日期",
        "第6行 项目编号",
    ]
    assert kept.read_text(encoding="utf-8") == "旧的结果" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\0", b"a,b\n1,2\n", "项目编号\n\xff".encode("latin-1", "ignore")]
)
def test_what_is_no_registry_is_said_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    done = crm("attribute", tmp_path / "bad.csv", *AS_OF, "-o", tmp_path / "a.csv")
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr
    assert not (tmp_path / "a.csv").exists()


def test_a_file_that_is_not_there_and_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    assert crm("attribute", tmp_path / "none.csv", *AS_OF).returncode == 2
    done = crm("attribute", REGISTRY, *AS_OF, "-o", tmp_path / "none" / "a.csv")
    assert done.returncode != 0 and "Traceback" not in done.stderr


def test_a_day_that_is_none_is_an_error() -> None:
    assert crm("attribute", REGISTRY, "--as-of", "2021-02-30").returncode == 2


def test_the_explanation_of_a_registrys_project_in_both_languages() -> None:
    chinese = crm("explain", "C02", "--on", "2021-04-20", "--registry", REGISTRY)
    assert chinese.returncode == 0
    for words in (
        "项目建成后，移交属地街道负责",
        "经济指标: 金银湖街",
        "✓ 选址在该产业办板块以外",
        "2021-04-15",
    ):
        assert words in chinese.stdout
    compiled()
    english = crm("explain", "C02", "--on", "2021-04-20", "--registry", REGISTRY, "--language", "en").stdout
    assert "Jinyinhu Street" in english and "金银湖街" not in english
    # what stays Chinese: the project's name, the notice's number, its words and where a clause stands in it
    kept = r"新能源电控|武临开办〔2020〕1号|「[^」]+」|[一二三四五]|[是末机电] ?段?"
    assert re.findall("[\u4e00-\u9fff]+", re.sub(kept, "", english)) == []


def test_what_a_reading_would_change_is_said() -> None:
    found = crm("explain", "C03", "--on", "2021-04-20", "--registry", REGISTRY).stdout
    assert "R1=office" in found and "street: 经济指标 → 金银湖街" in found


def test_nothing_to_explain_is_said(tmp_path: Path) -> None:
    for words in (("X99", "--on", "2021-01-01"), ("C02", "--on", "2020-07-31"), ("C02", "--on", "soon")):
        done = crm("explain", *words, "--registry", REGISTRY)
        assert done.returncode == 2 and "Traceback" not in done.stderr
