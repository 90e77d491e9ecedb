"""The brief's section 归属与划转: what passed on in the month, what should have, and what was carried over."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement

from crm.briefs.content import BarChart, Block, Column, Note, Section, Table, Text
from crm.money import yi
from crm.periods import Month
from crm.services import carry_over_list, monthly_transfers, policy
from crm.services.monthly import AT_MOST
from crm.services.monthly_transfers import Owed
from crm.services.paper_words import Words
from crm.services.unit_figures import Amount


def section(month: Month, day: date, language: str, visible: ColumnElement[bool]) -> Section:
    """The section of a month as of a day, to the eyes of whoever sees what `visible` says."""
    return _Part(month, day, Words(language), visible).section()


class _Part:
    def __init__(self, month: Month, day: date, words: Words, visible: ColumnElement[bool]) -> None:
        self.month, self.day, self.words, self.t, self.visible = month, day, words, words.t, visible
        self.confirmed = monthly_transfers.confirmed(month, visible)
        self.days = policy.on(day)["transfer_due_days"]
        self.owed = monthly_transfers.owed(day, self.days, visible)
        self.carried = monthly_transfers.carried(month, visible)

    def section(self) -> Section:
        t = self.t
        due = sum((one.due for one in self.owed), Amount())
        overdue = sum((one.overdue for one in self.owed), Amount())
        disputed = sum(one.disputed for one in self.owed)
        carried = carry_over_list.in_all(self.month, self.visible) if self.carried else Amount()
        told = t(
            "本月确认划转项目%(confirmed)s个，总投资%(confirmed_yi)s亿元。截至%(day)s，应属单位与实属单位不一致、应划转而未划转的项目"
            "%(due)s个，总投资%(due_yi)s亿元，其中超过%(days)s天的%(overdue)s个，有争议的%(disputed)s个。本月结转%(carried)s笔，总投资%(carried_yi)s亿元。"
            "划转在单位之间进行，全区合计不变。"
        ) % {
            "confirmed": self.confirmed.count,
            "confirmed_yi": yi(self.confirmed.fen),
            "day": self.words.on(self.day),
            "due": due.count,
            "due_yi": yi(due.fen),
            "days": self.days,
            "overdue": overdue.count,
            "disputed": disputed,
            "carried": carried.count,
            "carried_yi": yi(carried.fen),
        }
        blocks: list[Block] = [Text(told), self.passed()]
        if self.confirmed.count > AT_MOST:
            rest = t("另有%(rest)s个项目未列出，可在系统中查看。") % {"rest": self.confirmed.count - AT_MOST}
            blocks.append(Note(rest))
        blocks.append(self.table(due, overdue, disputed))
        if self.owed:
            blocks.append(self.chart())
        blocks.append(self.words.carried(self.carried, t("表8 本月的结转（总投资）")))
        return Section(t("五、归属与划转"), tuple(blocks))

    def passed(self) -> Table:
        t, words = self.t, self.words
        columns = (
            Column(t("项目"), weight=12),
            Column(t("移交单位"), weight=7),
            Column(t("承接单位"), weight=7),
            Column(t("生效日"), weight=7),
            Column(t("依据"), weight=12),
            Column(t("总投资"), t("亿元"), "right", weight=6),
        )
        rows = tuple(
            (
                one.name + words.aside(one.number),
                words.unit(one.from_unit_id),
                words.unit(one.to_unit_id),
                one.effective_day.isoformat(),
                words.rule(one.rule),
                yi(one.fen) if one.fen is not None else "–",
            )
            for one in self.confirmed.rows
        )
        return Table(columns, rows, t("表6 本月确认的划转"), None, t("本月没有确认的划转"))

    def table(self, due: Amount, overdue: Amount, disputed: int) -> Table:
        t, words = self.t, self.words
        columns = (
            Column(t("移交单位"), weight=10),
            Column(t("承接单位"), weight=10),
            Column(t("应划转"), t("个"), "right", weight=6),
            Column(t("其中逾期"), t("个"), "right", weight=6),
            Column(t("有争议"), t("个"), "right", weight=6),
            Column(t("总投资"), t("亿元"), "right", weight=8),
        )
        rows = tuple(
            (
                words.unit(one.from_unit_id),
                words.unit(one.to_unit_id),
                str(one.due.count),
                str(one.overdue.count),
                str(one.disputed),
                yi(one.due.fen),
            )
            for one in self.owed
        )
        total = (t("全区"), "", str(due.count), str(overdue.count), str(disputed), yi(due.fen))
        caption = t("表7 应划转而未划转的项目（按单位）")
        return Table(columns, rows, caption, total if rows else None, t("没有应划转而未划转的项目"))

    def chart(self) -> BarChart:
        t, words = self.t, self.words
        units = [unit for unit in words.units if any(unit in _pair(one) for one in self.owed)]
        out = tuple(sum(one.due.count for one in self.owed if one.from_unit_id == unit) for unit in units)
        into = tuple(sum(one.due.count for one in self.owed if one.to_unit_id == unit) for unit in units)
        return BarChart(
            t("各单位应转出和应转入的项目数"),
            t("个"),
            tuple(map(words.unit, units)),
            ((t("应转出"), out), (t("应转入"), into)),
        )


def _pair(one: Owed) -> tuple[int, int]:
    return one.from_unit_id, one.to_unit_id
