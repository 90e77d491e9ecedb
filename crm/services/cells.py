"""Facts as a sheet shows them: column titles, and the words that stand in cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from crm.db import db
from crm.models import Area, StagedRow, Unit
from crm.money import exact_yi
from crm.services.projects import VERSIONED
from crm.services.staging import plain
from crm.sheets.vocabulary import MARKS, ORIGINS

TITLES: Mapping[str, str] = {
    "name": "项目名称",
    "investor": "投资企业",
    "credit_code": "统一社会信用代码",
    "industry_code": "行业代码",
    "attracted_by_id": "招商单位",
    "served_by_id": "现服务单位",
    "origin": "项目来源",
    "from_street_id": "原所在街道",
    "site_street_id": "选址街道",
    "site_area_id": "选址片区",
    "statistical_street_id": "统计归属街道",
    "above_scale_industrial": "规上工业",
    "named_major": "重大项目标记",
    "signed_on": "签约日期",
    "construction_started_on": "开工日期",
    "completed_on": "建成投产日期",
    "total_investment_fen": "总投资亿元",
}
"""Column of the books → column of the registry, in the registry's order."""

WORDS = {identifier: word for words in (ORIGINS, MARKS) for word, identifier in words.items()}


class Change(NamedTuple):
    """One cell that changes: its column and what it says before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Names:
    """The names of units and areas, for cells."""

    units: Mapping[int, str]
    areas: Mapping[int, str]

    @classmethod
    def of_books(cls) -> Names:
        """All there are: two statements."""
        units = dict(db.session.execute(select(Unit.id, Unit.name)).all())
        areas = dict(db.session.execute(select(Area.id, Area.name)).all())
        return cls(units, areas)

    def cell(self, column: str, value: Any) -> str:
        """A fact as it stands in a cell of the registry; empty where the books are silent."""
        if value is None:
            return ""
        if column == "site_area_id":
            return self.areas[value]
        if column.endswith("_id"):
            return self.units[value]
        if column == "above_scale_industrial":
            return "是" if value else "否"
        if column == "total_investment_fen":
            return exact_yi(value)
        return WORDS.get(value, str(plain(value)))

    def changes(self, row: StagedRow) -> Iterator[Change]:
        """What a staged row changes, in the registry's order of columns."""
        for column, title in TITLES.items():
            if row.before and column in row.before:
                before = self.cell(column, row.before[column])
                yield Change(title, before or "—", self.cell(column, getattr(row, column)) or "—")


assert set(TITLES) == set(VERSIONED)
