"""What papers about transfers say alike: units, rules, days and instants, and who signed, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from crm import clock
from crm.briefs.content import BarChart, Column, Table, Text
from crm.briefs.document import written_date
from crm.db import db
from crm.messages import N_, translator
from crm.models import DUTIES, Books, TransferSignature, Unit
from crm.money import FEN_PER_YI, yi
from crm.rules.explanation import RESPONSIBILITY_NAMES, RULE_NAMES, reference, words
from crm.services.transfer_effects import Carried, Change, Held

DEMONSTRATION = N_("本清单来自演示账套，含演示数据，不作移交依据。")


class Words:
    """A language, the units by id, and what both are good for."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.t: Callable[[str], str] = translator(language)
        self.units = {unit.id: unit for unit in db.session.scalars(select(Unit).order_by(Unit.position))}

    def unit(self, unit_id: int) -> str:
        """The name of a unit."""
        unit = self.units[unit_id]
        return unit.name_en if self.language == "en" else unit.name

    def aside(self, text: str) -> str:
        """A text in brackets, to be put behind another."""
        return f"（{text}）" if self.language == "zh" else f" ({text})"

    def listed(self, texts: Iterable[str]) -> str:
        """Several names one after the other."""
        return ("、" if self.language == "zh" else ", ").join(texts)

    def on(self, day: date) -> str:
        """A day as it is written out."""
        return written_date(day, "en" if self.language == "en" else "zh")

    def at(self, instant: datetime) -> str:
        """Day and minute in Shanghai."""
        return f"{clock.shanghai(instant):%Y-%m-%d %H:%M}"

    def duties(self, duties: Iterable[str]) -> str:
        """The names of responsibilities."""
        return self.listed(self.t(RESPONSIBILITY_NAMES[duty]) for duty in duties)

    def rule(self, rule: str) -> str:
        """What a rule is called, with its clause; a rule that no notice has stands for itself."""
        name = self.t(RULE_NAMES.get(rule, rule))
        return name + self.aside(reference(rule)) if reference(rule) != "–" else name

    def clause(self, rule: str) -> str:
        """The words of a rule's clause, as the notice has them; empty where the notice is silent."""
        place, quoted, _ = next(
            (found for completed in (True, False) if (found := words(rule, completed=completed))[1]),
            ("", "", ""),
        )
        told = self.t("武临开办〔2020〕1号%(place)s：“%(words)s”")
        return told % {"place": place, "words": quoted} if quoted else ""

    def footnotes(self) -> tuple[str, ...]:
        """What stands at the foot of the last page of books that are a demonstration."""
        demonstration = db.session.scalar(select(Books.kind)) == "demonstration"
        return (self.t(DEMONSTRATION),) if demonstration else ()

    def signatures(
        self, sides: Sequence[tuple[str, TransferSignature | None]], caption: str
    ) -> tuple[Table, Text]:
        """Who signed for each side, with time and digest; a line to sign on for those that did not yet."""
        t = self.t
        columns = (
            Column(t("单位"), weight=9),
            Column(t("签字人"), weight=8),
            Column(t("签字时间"), weight=8),
            Column(t("所签清单的摘要（SHA-256）"), weight=13),
        )
        rows = tuple(
            (side, signed.user.name, self.at(signed.recorded_at), _in_lines(signed.digest))
            if signed
            else (side, "\n____________\n", "\n____________\n", t("尚未签字"))
            for side, signed in sides
        )
        return Table(columns, rows, caption), Text(
            t("摘要印在每一页下方；清单改动一个字，摘要就不同，签过的字即不作数。")
        )

    def before_and_after(self, units: Mapping[int, Held], district: Held, caption: str) -> Table:
        """What each unit holds before and after, and the district."""
        t = self.t
        columns = (
            Column(t("单位和职责"), weight=13),
            Column(t("项目：前 → 后"), t("个"), "right", weight=8),
            Column(t("增减"), "", "right", weight=5),
            Column(t("总投资：前 → 后"), t("亿元"), "right", weight=11),
            Column(t("增减"), "", "right", weight=6),
        )
        ordered = [(unit_id, units[unit_id]) for unit_id in self.units if unit_id in units]
        rows = [row for unit_id, held in ordered for row in self._rows(self.unit(unit_id), held)]
        whole = self._rows(t("全区"), district)
        return Table(columns, (*rows, *whole), caption)

    def _rows(self, name: str, held: Held) -> list[tuple[str, ...]]:
        """What is the same for both responsibilities is said once."""
        if held.of(DUTIES[0]) == held.of(DUTIES[1]):
            return [self._row(name, DUTIES, held.of(DUTIES[0]))]
        return [self._row(name, (duty,), held.of(duty)) for duty in DUTIES]

    def _row(self, name: str, duties: Sequence[str], change: Change) -> tuple[str, ...]:
        more = change.difference
        return (
            f"{name}\n{self.duties(duties)}",
            f"{change.before.count:,} → {change.after.count:,}",
            f"{more.count:+,}" if more.count else "0",
            f"{yi(change.before.fen)} → {yi(change.after.fen)}",
            ("+" if more.fen > 0 else "") + yi(more.fen),
        )

    def bars(self, units: Mapping[int, Held], title: str) -> BarChart:
        """The investment behind the indicators of each unit before and after."""
        ordered = [unit_id for unit_id in self.units if unit_id in units]
        sides = (
            (self.t("划转前"), tuple(_bar(units[one].indicators.before.fen) for one in ordered)),
            (self.t("划转后"), tuple(_bar(units[one].indicators.after.fen) for one in ordered)),
        )
        return BarChart(title, self.t("亿元"), tuple(map(self.unit, ordered)), sides, "")

    def carried(self, carried: Sequence[Carried], caption: str) -> Table:
        """What is carried over, by units and months."""
        t = self.t
        columns = (
            Column(t("移交单位"), weight=9),
            Column(t("承接单位"), weight=9),
            Column(t("涉及月份"), weight=9),
            Column(t("入账月份"), weight=6),
            Column(t("项目"), t("个"), "right", weight=5),
            Column(t("总投资"), t("亿元"), "right", weight=7),
        )
        rows = tuple(
            (
                self.unit(one.from_unit_id),
                self.unit(one.to_unit_id),
                str(one.first_month)
                if one.first_month == one.last_month
                else t("%(first)s至%(last)s") % {"first": one.first_month, "last": one.last_month},
                str(one.month),
                str(one.projects.count),
                yi(one.projects.fen),
            )
            for one in carried
        )
        return Table(columns, rows, caption, None, t("没有结转：应属起始日不在已月结的月份"))


def _in_lines(digest: str) -> str:
    return "\n".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def _bar(fen: int) -> float:
    return round(max(fen, 0) / FEN_PER_YI, 2)
