"""A registry of projects in the exchange format: every row as facts, every mistake with its row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import NamedTuple, TypeVar

from crm.messages import N_
from crm.money import fen_from_yi
from crm.periods import parse_day
from crm.rules.facts import Facts
from crm.sheets.credit_codes import credit_code
from crm.sheets.tables import CellError, NotATable
from crm.sheets.vocabulary import MARKS, ORIGINS, YES_NO, Vocabulary

COLUMNS = (
    "项目编号",
    "项目名称",
    "投资企业",
    "统一社会信用代码",
    "行业代码",
    "招商单位",
    "现服务单位",
    "项目来源",
    "原所在街道",
    "选址街道",
    "选址片区",
    "统计归属街道",
    "规上工业",
    "重大项目标记",
    "签约日期",
    "开工日期",
    "建成投产日期",
    "总投资亿元",
)
LONGEST = {"项目编号": 40, "项目名称": 200, "投资企业": 200}
REMEMBERED = 100_000
"""Distinct days and sums kept parsed."""

T = TypeVar("T")


class RegistryRow(NamedTuple):
    """A row that has nothing wrong: what identifies the project, and its facts."""

    row: int
    number: str
    name: str
    investor: str
    credit_code: str | None
    industry_code: str
    facts: Facts
    total_investment_fen: int | None


class _Accepted:
    """Every accepted text of a column, the empty one included."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.units: dict[str, str | None] = {**vocabulary.units, "": None}
        self.streets: dict[str, str | None] = {**vocabulary.streets, "": None}
        self.areas: dict[str, str | None] = {**vocabulary.areas, "": None}
        self.marks: dict[str, str | None] = {**MARKS, "": None}


@dataclass
class Registry:
    """Reads rows as projects and keeps every error; a row with an error is left out of what is yielded.

    The books ask for more than the exchange format does: a name, and texts of a length that a page can show.
    """

    vocabulary: Vocabulary
    for_books: bool = False
    errors: list[CellError] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _days: dict[str, date | None] = field(default_factory=lambda: {"": None})
    _sums: dict[str, int] = field(default_factory=dict)
    _wrong_days: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._accepted = _Accepted(self.vocabulary)

    def read(self, table: Iterable[list[str]]) -> Iterator[RegistryRow]:
        """The rows without error, in file order; where the head is wrong there are none."""
        for _, _, row in self.read_all(table):
            if row is not None:
                yield row

    def read_all(self, table: Iterable[list[str]]) -> Iterator[tuple[int, list[str], RegistryRow | None]]:
        """Every row that is not empty: its number, its cells, and the project where nothing is wrong with it."""
        rows = iter(table)
        try:
            head = [cell.strip() for cell in next(rows, [])]
            if self._wrong_head(head):
                return
            places = [head.index(column) for column in COLUMNS]
            wanted, width = itemgetter(*places), max(places) + 1
            for number, cells in enumerate(rows, start=2):
                if not (cells and cells[0].strip()) and not any(cell.strip() for cell in cells):
                    continue
                if len(cells) < width:
                    self._short(number, cells, head, wanted)
                    yield number, cells, None
                    continue
                too_long = len(cells) > len(head) and any(cell.strip() for cell in cells[len(head) :])
                if too_long:
                    self._error(
                        number, head[-1], N_("本行比表头多出%(extra)s列"), extra=len(cells) - len(head)
                    )
                row = self._row(number, list(map(str.strip, wanted(cells))))
                yield number, cells, None if too_long else row
        except NotATable as problem:
            self.errors.append(problem.error)

    def _short(
        self, number: int, cells: list[str], head: list[str], wanted: Callable[[list[str]], tuple[str, ...]]
    ) -> None:
        """What is wrong with a row that ends too early: that it does, and every mistake in what it has."""
        self._error(number, head[len(cells)], N_("本行只有%(found)s列，缺少这一列"), found=len(cells))
        before = len(self.errors)
        self._row(number, list(map(str.strip, wanted(cells + [""] * (len(head) - len(cells))))))
        found = self.errors[before:]
        self.errors[before:] = [error for error in found if error.column not in head[len(cells) :]]

    def _wrong_head(self, head: list[str]) -> bool:
        before = len(self.errors)
        missing = [column for column in COLUMNS if column not in head]
        if len(missing) == len(COLUMNS):
            self._error(1, "", N_("第1行没有任何登记表列名；请使用登记表模板"))
            return True
        for column in missing:
            self._error(1, column, N_("缺少这一列；请按模板补上"))
        for column in COLUMNS:
            if head.count(column) > 1:
                self._error(1, column, N_("这一列出现了不止一次；请只留一列"))
        return len(self.errors) > before

    def _error(self, row: int, column: str, message: str, **values: object) -> None:
        self.errors.append(CellError(row, column, message, {k: str(v) for k, v in values.items()}))

    def _row(self, row: int, cells: list[str]) -> RegistryRow | None:
        before = len(self.errors)
        (number, name, investor, credit_code, industry, attracted_by, served_by, origin, from_street, site_street,
         area, statistical, above_scale, mark, signed, started, completed, investment) = cells  # fmt: skip
        known = self._accepted
        try:
            facts = Facts(
                known.units[attracted_by],
                known.units[served_by],
                ORIGINS[origin],
                known.streets[from_street],
                known.streets[site_street],
                known.areas[area],
                known.streets[statistical],
                YES_NO[above_scale],
                known.marks[mark],
                self._days[signed],
                self._days[started],
                self._days[completed],
            )
        except KeyError:
            # a day met for the first time, or something wrong: cell by cell, with its reason
            facts = self._facts(row, cells)
        self._check_days(row, facts)
        if not attracted_by and not served_by:
            self._error(row, "招商单位", N_("招商单位和现服务单位都是空的；至少填一个"))
        self._check_identity(row, number, name, investor, industry)
        code = self._credit_code(row, credit_code) if credit_code else None
        fen = self._fen(row, investment) if investment else None
        if len(self.errors) > before:
            return None
        return RegistryRow(row, number, name, investor, code, industry, facts, fen)

    def _facts(self, row: int, cells: list[str]) -> Facts:
        (attracted_by, served_by, origin, from_street, site_street, area, statistical, above_scale, mark, signed,
         started, completed) = cells[5:17]  # fmt: skip
        units, streets = self.vocabulary.units, self.vocabulary.streets
        unknown_unit = N_("没有名为“%(found)s”的单位；请填产业办简称、街道或部门名称")
        unknown_street = N_("没有名为“%(found)s”的街道")
        unknown_mark = N_("没有“%(found)s”这种标记；可填京东方、康宁、全产业链或留空")
        return Facts(
            self._known(row, "招商单位", attracted_by, units, unknown_unit),
            self._known(row, "现服务单位", served_by, units, unknown_unit),
            self._required(row, "项目来源", origin, ORIGINS),
            self._known(row, "原所在街道", from_street, streets, unknown_street),
            self._known(row, "选址街道", site_street, streets, unknown_street),
            self._known(row, "选址片区", area, self.vocabulary.areas, N_("没有名为“%(found)s”的片区")),
            self._known(row, "统计归属街道", statistical, streets, unknown_street),
            bool(self._required(row, "规上工业", above_scale, YES_NO)),
            self._known(row, "重大项目标记", mark, MARKS, unknown_mark),
            self._day(row, "签约日期", signed),
            self._day(row, "开工日期", started),
            self._day(row, "建成投产日期", completed),
        )

    def _known(self, row: int, column: str, text: str, names: Mapping[str, T], message: str) -> T | None:
        if not text:
            return None
        found = names.get(text)
        if found is None:
            self._error(row, column, message, found=text)
        return found

    def _required(self, row: int, column: str, text: str, names: Mapping[str, T]) -> T | None:
        found = names.get(text)
        if found is None:
            self._error(
                row, column, N_("填的是“%(found)s”；只能填%(choices)s"), found=text, choices="、".join(names)
            )
        return found

    def _day(self, row: int, column: str, text: str) -> date | None:
        day = self._days.get(text)
        if day is None and text:
            try:
                day = parse_day(text)
            except ValueError:
                self._error(row, column, N_("“%(found)s”不是日期；请写成2021-05-31的样子"), found=text)
                self._wrong_days.add(row)
                return None
            if len(self._days) < REMEMBERED:
                self._days[text] = day
        return day

    def _fen(self, row: int, text: str) -> int | None:
        fen = self._sums.get(text)
        if fen is None:
            try:
                fen = fen_from_yi(text)
            except ValueError:
                wrong = N_("“%(found)s”不是金额；请填不小于0的数字，单位亿元")
                self._error(row, "总投资亿元", wrong, found=text)
                return None
            if len(self._sums) < REMEMBERED:
                self._sums[text] = fen
        return fen

    def _check_days(self, row: int, facts: Facts) -> None:
        signed, started, completed = facts.signed_on, facts.construction_started_on, facts.completed_on
        if signed is None and started is None and completed is None:
            if row not in self._wrong_days:
                self._error(row, "签约日期", N_("签约、开工、建成投产日期都是空的；至少填一个"))
            return
        if signed is not None and started is not None and started < signed:
            self._reversed(row, "开工日期", started, "签约日期", signed)
        if completed is not None:
            if started is not None and completed < started:
                self._reversed(row, "建成投产日期", completed, "开工日期", started)
            elif signed is not None and completed < signed:
                self._reversed(row, "建成投产日期", completed, "签约日期", signed)

    def _reversed(self, row: int, column: str, day: date, earlier_column: str, earlier: date) -> None:
        message = N_("%(day)s早于%(other)s%(earlier)s")
        self._error(row, column, message, day=day, other=earlier_column, earlier=earlier)

    def _check_identity(self, row: int, number: str, name: str, investor: str, industry: str) -> None:
        if not number:
            self._error(row, "项目编号", N_("项目编号是空的"))
        elif (first := self._numbers.setdefault(number, row)) != row:
            self._error(
                row, "项目编号", N_("项目编号“%(found)s”与第%(first)s行重复"), found=number, first=first
            )
        if self.for_books:
            self._check_for_books(row, number, name, investor)
        if not (len(industry) == 4 and industry.isascii() and industry.isdecimal()):
            self._error(
                row, "行业代码", N_("“%(found)s”不是四位数字的行业代码（GB/T 4754-2017）"), found=industry
            )
        elif industry[:2] not in self.vocabulary.divisions:
            self._error(
                row, "行业代码", N_("行业代码“%(found)s”的前两位不是GB/T 4754-2017的大类"), found=industry
            )

    def _check_for_books(self, row: int, number: str, name: str, investor: str) -> None:
        if not name:
            self._error(row, "项目名称", N_("项目名称是空的"))
        for column, text in (("项目编号", number), ("项目名称", name), ("投资企业", investor)):
            if len(text) > LONGEST[column]:
                most = LONGEST[column]
                self._error(row, column, N_("长度%(found)s字，最多%(most)s字"), found=len(text), most=most)

    def _credit_code(self, row: int, text: str) -> str | None:
        code = credit_code(text)
        if code is None:
            self._error(row, "统一社会信用代码", N_("“%(found)s”不是有效的统一社会信用代码（18位，末位校验）"), found=text)  # fmt: skip
        return code
