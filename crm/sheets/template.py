"""The registry as an empty workbook to fill in: head, drop-down lists, notes and the worked example's first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crm.sheets.registry import COLUMNS
from crm.sheets.vocabulary import MARKS, ORIGINS, YES_NO, Vocabulary

REQUIRED = ("项目编号", "项目名称", "行业代码", "项目来源", "规上工业")
NOTES: Mapping[str, str] = {
    "项目编号": "必填，每个项目一个，不重复；再次导入时按它认项目。",
    "项目名称": "必填，最多200字。",
    "投资企业": "企业全称。",
    "统一社会信用代码": "18位，可空；按它认企业。",
    "行业代码": "必填，GB/T 4754-2017的四位数字，如3525；首位为0的也要写全。",
    "招商单位": "产业办简称、街道或部门名称；与现服务单位至少填一个。",
    "现服务单位": "2020年4月27日账面的服务单位；之后登记的，填登记时的服务单位。",
    "项目来源": "必填：新引进、扩产、搬迁。",
    "原所在街道": "扩产或搬迁前所在的街道。",
    "选址街道": "尚未选址的留空。",
    "选址片区": "在下列片区内的才填。",
    "统计归属街道": "统计上归属的街道。",
    "规上工业": "必填：是、否。",
    "重大项目标记": "由区商务局认定：京东方、康宁、全产业链；其余留空。",
    "签约日期": "写成2021-05-31的样子；三个日期至少填一个，先后不能颠倒。",
    "开工日期": "同上。",
    "建成投产日期": "开始生产的日期；厂房建成而未投产的不算。",
    "总投资亿元": "单位亿元，不小于0，如12.6。",
}
"""What to write in each column."""

EXAMPLES = (
    ("示例001", "精密模具基地", "", "", "3525", "机电产业办", "机电产业办", "新引进", "", "径河街", "", "径河街", "是", "", "2015-03-02", "2015-09-01", "2017-06-30", "3.2"),
    ("示例002", "冷链仓储项目", "", "", "5930", "食品医药产业办", "", "新引进", "", "", "", "", "否", "", "2021-03-01", "", "", "1.5"),
)  # fmt: skip
LAST_ROW = 200_000
WIDTHS = (14, 26, 26, 22, 10, 18, 18, 10, 14, 14, 24, 14, 10, 14, 12, 12, 14, 12)


def write(path: Path, vocabulary: Vocabulary) -> None:
    """Writes the workbook: the first sheet is what is filled in and read, the second says how."""
    import xlsxwriter

    lists: dict[str, Sequence[str]] = {
        "单位": list(vocabulary.names.values()),
        "街道": [name for code, name in vocabulary.names.items() if vocabulary.kinds[code] == "street"],
        "片区": list(vocabulary.areas),
        "来源": list(ORIGINS),
        "是否": list(YES_NO),
        "标记": list(MARKS),
    }
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        as_text = workbook.add_format({"num_format": 49})
        head = workbook.add_format({"bold": True, "bg_color": "#F2F2F2", "bottom": 1, "num_format": 49})
        required = workbook.add_format({"bold": True, "bg_color": "#FBE5D6", "bottom": 1, "num_format": 49})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        sheet = workbook.add_worksheet("登记表")
        notes = workbook.add_worksheet("填写说明")
        names = workbook.add_worksheet("名称")
        sheet.freeze_panes(1, 0)
        for column, (title, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            # format 49 is text: a code keeps its zeros and a day stays as it was typed
            sheet.set_column(column, column, width, as_text)
            sheet.write_string(0, column, title, required if title in REQUIRED else head)
        _write_lists(sheet, names, lists)
        _write_notes(notes, head, wrapped)


def _write_lists(sheet: Any, names: Any, lists: Mapping[str, Sequence[str]]) -> None:
    chosen_from = {
        "招商单位": "单位",
        "现服务单位": "单位",
        "项目来源": "来源",
        "原所在街道": "街道",
        "选址街道": "街道",
        "选址片区": "片区",
        "统计归属街道": "街道",
        "规上工业": "是否",
        "重大项目标记": "标记",
    }
    places = {}
    for column, (title, found) in enumerate(lists.items()):
        names.set_column(column, column, 24)
        for row, text in enumerate((title, *found)):
            names.write_string(row, column, text)
        letter = chr(ord("A") + column)
        places[title] = f"=名称!${letter}$2:${letter}${len(found) + 1}"
    for title, source in chosen_from.items():
        column = COLUMNS.index(title)
        # a warning only: full names and aliases are accepted as well
        sheet.data_validation(
            1,
            column,
            LAST_ROW,
            column,
            {"validate": "list", "source": places[source], "error_type": "warning", "ignore_blank": True},
        )


def _write_notes(notes: Any, head: Any, wrapped: Any) -> None:
    notes.set_column(0, 0, 18)
    notes.set_column(1, 1, 80)
    notes.write_string(0, 0, "列名", head)
    notes.write_string(0, 1, "怎样填", head)
    row = 0
    for row, title in enumerate(COLUMNS, start=1):
        notes.write_string(row, 0, title)
        notes.write_string(row, 1, NOTES[title], wrapped)
    row += 2
    notes.write_string(row, 0, "示例", head)
    for column, title in enumerate(COLUMNS):
        notes.write_string(row + 1, column, title)
    for line, example in enumerate(EXAMPLES, start=row + 2):
        for column, text in enumerate(example):
            notes.write_string(line, column, text)
