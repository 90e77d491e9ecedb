"""The monthly brief (简报) of the working group: what the books say of a month, in words, tables and one chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import ColumnElement, func, select

from crm import clock
from crm.briefs.content import BarChart, BriefContent, Column, Note, Section, Table, Text
from crm.db import db
from crm.errors import Refused
from crm.messages import N_, translator
from crm.models import Books, Decision, Unit
from crm.money import yi
from crm.periods import Month
from crm.rules.explanation import RULE_NAMES, STATUS_NAMES, reference
from crm.rules.facts import CHOICES, NOTICE_DAY, Readings
from crm.scorecards import scorecard
from crm.services import brief_transfers, monthly
from crm.sheets.vocabulary import rows as seed_rows


def months() -> list[Month]:
    """The months a brief can be made for, newest first: from the notice's to the one running."""
    first = db.session.scalar(select(func.min(Decision.from_day)))
    if first is None:
        return []
    month, found = Month.of(max(first, NOTICE_DAY)), []
    while month.first <= clock.today():
        found.append(month)
        month = month.plus(1)
    return found[::-1]


def month_brief(month: Month, *, language: str = "zh", visible: ColumnElement[bool]) -> BriefContent:
    """The brief of a month as of its last day, or of today where it is still running.

    `visible` is what visible_to() answers for who reads it. The same books and the same month give the same content.
    Raises Refused for a month yet to come and for one before the notice.
    """
    if month.last < NOTICE_DAY:
        raise Refused(N_("%(month)s早于通知印发的月份，没有归属可报"), field="month", month=month)
    if month.first > clock.today():
        raise Refused(N_("%(month)s还没有开始，不能出简报"), field="month", month=month)
    return _Brief(month, language, visible).content()


class _Brief:
    """One brief being put together: the month, the language, and the units by id."""

    def __init__(self, month: Month, language: str, visible: ColumnElement[bool]) -> None:
        self.month = month
        self.day = min(month.last, clock.today())
        self.language = language
        self.visible = visible
        self.t: Callable[[str], str] = translator(language)
        units = list(db.session.scalars(select(Unit).order_by(Unit.position)))
        self.names = {unit.id: unit.name_en if language == "en" else unit.name for unit in units}
        self.by_code = {unit.code: self.names[unit.id] for unit in units}

    def content(self) -> BriefContent:
        t, month = self.t, self.month
        figures = {"year": month.year, "month": month.month}
        demonstration = db.session.scalar(select(Books.kind)) == "demonstration"
        return BriefContent(
            month=str(month),
            title=t("招商引资工作简报"),
            issuer=t("工作专班办公室"),
            number=t("%(year)s年第%(month)s期") % figures,
            issued_on=self.day,
            subject=t("%(year)s年%(month)s月项目归属情况") % figures,
            sections=(
                self.overview(),
                self.signed(),
                self.changed(),
                self.open(),
                brief_transfers.section(self.month, self.day, self.language, self.visible),
                self.basis(),
            ),
            sign_off=t("工作专班办公室（区商务局）"),
            footnotes=(t("本期数据来自演示账套，含演示数据，不是正式统计。"),) if demonstration else (),
            language="en" if self.language == "en" else "zh",
        )

    def overview(self) -> Section:
        t = self.t
        card = scorecard(monthly.cells(self.day, self.visible), list(self.by_code))
        signed, started, completed = card.total.by_stage
        told = t(
            "截至%(day)s，全区已确定归属的招商引资项目%(projects)s个，总投资%(yi)s亿元。"
            "其中已签约未开工%(signed)s个，在建%(started)s个，已建成投产%(completed)s个。"
            "一个项目只计入一个单位，即经济指标实属的单位；与应属不一致的见第五部分。"
        ) % {
            "day": self.on(self.day),
            "projects": card.total.projects,
            "yi": yi(card.total.fen),
            "signed": signed,
            "started": started,
            "completed": completed,
        }
        columns = (
            Column(t("经济指标实属单位"), weight=12),
            Column(t("已签约"), t("个"), "right", weight=6),
            Column(t("在建"), t("个"), "right", weight=6),
            Column(t("已投产"), t("个"), "right", weight=6),
            Column(t("合计"), t("个"), "right", weight=6),
            Column(t("总投资"), t("亿元"), "right", weight=8),
        )
        rows = tuple(
            (self.by_code[line.unit], *map(str, line.by_stage), str(line.projects), yi(line.fen))
            for line in card.lines
        )
        total = (t("全区"), *map(str, card.total.by_stage), str(card.total.projects), yi(card.total.fen))
        chart = BarChart(
            t("各单位经济指标实属的项目数"),
            t("个"),
            tuple(self.by_code[line.unit] for line in card.lines),
            ((t("项目数"), tuple(line.projects for line in card.lines)),),
            t("没有可以比较的数字"),
        )
        table = Table(
            columns, rows, t("表1 项目数和总投资（按单位和阶段）"), total if rows else None, t("没有项目")
        )
        return Section(t("一、总体情况"), (Text(told), table, chart))

    def signed(self) -> Section:
        t = self.t
        found = monthly.signings(self.month, self.day, self.visible)
        rows = tuple(
            (s.name, s.number, self.unit(s.attracted_by), self.unit(s.site_street), yi(s.fen) if s.fen is not None else "–")
            for s in found.rows
        )  # fmt: skip
        columns = (
            Column(t("项目"), weight=14),
            Column(t("编号"), weight=5),
            Column(t("招商单位"), weight=8),
            Column(t("选址街道"), weight=6),
            Column(t("总投资"), t("亿元"), "right", weight=6),
        )
        told = t("本月新签约项目%(count)s个，总投资%(yi)s亿元。") % {
            "count": found.count,
            "yi": yi(found.fen),
        }
        blocks = (Text(told), Table(columns, rows, t("表2 本月新签约项目"), None, t("本月没有新签约项目")))
        return Section(t("二、本月签约"), (*blocks, *self.rest(found.count, len(rows))))

    def changed(self) -> Section:
        t = self.t
        found = monthly.turns(self.month, self.day, self.visible)
        corrected = monthly.corrections(self.month, self.day, self.visible)
        told = t(
            "本月应属发生变化的项目%(count)s个，因事实更正而改变以往应属的%(corrected)s个。划转经确认以后，实属随之改变。"
        ) % {
            "count": found.count,
            "corrected": corrected.count,
        }
        columns = (
            Column(t("项目"), weight=11),
            Column(t("起始日"), weight=7),
            Column(t("原单位"), weight=7),
            Column(t("现单位"), weight=7),
            Column(t("依据和理由"), weight=20),
        )
        tables = (
            (found, t("表3 本月应属变化（经济指标）"), t("本月没有应属变化")),
            (corrected, t("表4 以往应属的更正（经济指标）"), t("本月没有更正以往应属")),
        )
        blocks = [
            Table(columns, tuple(map(self.turn, listed.rows)), caption, None, empty)
            for listed, caption, empty in tables
        ]
        rest = self.rest(found.count + corrected.count, len(found.rows) + len(corrected.rows))
        return Section(t("三、应属变化"), (Text(told), *blocks, *rest))

    def aside(self, text: str) -> str:
        """A text in the brackets of the brief's language, to be put behind another."""
        return f"（{text}）" if self.language == "zh" else f" ({text})"

    def turn(self, turn: monthly.Turn) -> tuple[str, ...]:
        status = "" if turn.status == "decided" else self.aside(self.t(STATUS_NAMES[turn.status]))
        return (
            turn.name + self.aside(turn.number),
            turn.from_day.isoformat(),
            self.unit(turn.before),
            self.unit(turn.after) + status,
            self.t(RULE_NAMES[turn.rule]) + self.aside(reference(turn.rule)),
        )

    def open(self) -> Section:
        t = self.t
        found = monthly.open_questions(self.day, self.visible)
        told = t(
            "归属未定或暂定的项目%(count)s个。未定项目由账面单位继续服务，"
            "建议单位按“属地服务、经济指标随着项目走”的原则给出，由裁定机关裁定。"
        ) % {"count": found.count}
        columns = (
            Column(t("项目"), weight=13),
            Column(t("状态"), weight=4),
            Column(t("账面单位"), weight=7),
            Column(t("建议单位"), weight=6),
            Column(t("原因"), weight=12),
        )
        rows = tuple(
            (
                o.name + self.aside(o.number),
                t(STATUS_NAMES[o.status]),
                self.unit(o.unit),
                self.unit(o.suggestion),
                t(RULE_NAMES[o.rule]),
            )
            for o in found.rows
        )
        table = Table(columns, rows, t("表5 归属未定和暂定的项目"), None, t("没有归属未定的项目"))
        return Section(t("四、未定事项"), (Text(told), table, *self.rest(found.count, len(rows))))

    def basis(self) -> Section:
        t = self.t
        told = t(
            "归属依据武临开办〔2020〕1号，自%(day)s起按日判定。通知文字有两种以上理解的，按下列口径执行。"
        )
        chosen = {term.code: term.choice for term in monthly.readings_in_force(self.day)}
        rows = tuple(
            (code, *self.wording(code, choice), t("内置") if choice == _built_in(code) else t("另定"))
            for code, choice in chosen.items()
        )
        first_day = date.fromisoformat(chosen.get("R8", Readings().R8))
        columns = (
            Column(t("口径"), weight=3),
            Column(t("问题"), weight=14),
            Column(t("执行口径"), weight=15),
            Column(t("来源"), weight=3),
        )
        note = Note(t("阶段按签约、开工、建成投产日期划分；金额为协议总投资，单位亿元，保留两位小数。"))
        table = Table(columns, rows, t("表9 适用的口径"), None, t("没有设定口径"))
        return Section(t("六、依据和口径"), (Text(told % {"day": self.on(first_day)}), table, note))

    def rest(self, count: int, shown: int) -> tuple[Note, ...]:
        if count <= shown:
            return ()
        return (Note(self.t("另有%(rest)s个项目未列出，可在系统中查看。") % {"rest": count - shown}),)

    def unit(self, unit_id: int | None) -> str:
        return self.names[unit_id] if unit_id is not None else "–"

    def wording(self, code: str, choice: str) -> tuple[str, str]:
        """A reading's question and what the choice means, as the seeds word them; a day stands for itself."""
        known = {(row["code"], row["choice"]): row for row in seed_rows("readings.csv")}
        row = known.get((code, choice))
        question = next((r[f"question_{self.language}"] for (of, _), r in known.items() if of == code), code)
        return question, row[f"meaning_{self.language}"] if row else choice

    def on(self, day: date) -> str:
        figures = {"year": day.year, "month": day.month, "day": day.day}
        return (
            self.t("%(year)s年%(month)s月%(day)s日") % figures if self.language == "zh" else day.isoformat()
        )


def _built_in(code: str) -> str:
    return CHOICES[code][0] if code in CHOICES else str(getattr(Readings(), code))
