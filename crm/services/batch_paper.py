"""The list of a batch of transfers on paper: what passes from unit to unit, by which rules, and who signed."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from crm import clock
from crm.briefs.content import Block, BriefContent, Column, Note, Section, SubHeading, Table, Text
from crm.db import db
from crm.models import DUTIES, Project, Transfer, TransferBatch, TransferSignature, Unit, User, duties_of
from crm.money import yi
from crm.periods import Month
from crm.permissions import visible_to
from crm.rules.explanation import reference
from crm.services import batch_totals, transfer_rights
from crm.services.paper_words import Words


def content(batch: TransferBatch, user: User | None, *, digest: str, language: str = "zh") -> BriefContent:
    """The list as it stands, with who signed it in the present round; the same books give the same content."""
    return _Paper(batch, user, digest, language).content()


class _Paper:
    def __init__(self, batch: TransferBatch, user: User | None, digest: str, language: str) -> None:
        self.batch, self.user, self.digest, self.words = batch, user, digest, Words(language)
        self.t = self.words.t
        query = select(TransferSignature).where(
            TransferSignature.batch_id == batch.id, TransferSignature.round == batch.round
        )
        query = query.options(joinedload(TransferSignature.user)).order_by(TransferSignature.id)
        self.signed = {one.unit_id: one for one in db.session.scalars(query)}
        self.rows = self._projects(
            Transfer.state == ("confirmed" if batch.state == "confirmed" else "confirming")
        )

    def content(self) -> BriefContent:
        t, batch = self.t, self.batch
        return BriefContent(
            month=str(Month.of(self.day())),
            title=t("项目划转清单"),
            issuer=t("工作专班办公室"),
            number=t("批次第%(number)s号") % {"number": batch.id},
            issued_on=self.day(),
            subject=batch.title,
            sections=(self.basis(), self.changes(), self.projects(), self.exceptions(), self.signing()),
            footnotes=self.words.footnotes(),
            running=t("清单摘要 SHA-256 %(digest)s") % {"digest": self.digest},
            language="en" if self.words.language == "en" else "zh",
        )

    def day(self) -> date:
        """The day of the last signature, else that on which it was drawn up: printed again it is the same paper."""
        last = max((one.recorded_at for one in self.signed.values()), default=self.batch.drawn_up_at)
        return clock.shanghai(last).date()

    def basis(self) -> Section:
        t, words = self.t, self.words
        told = t("本批按%(day)s的应属和实属拟定，共%(count)s个项目，总投资%(yi)s亿元。") % {
            "day": words.on(self.batch.day),
            "count": len(self.rows),
            "yi": yi(sum(row.fen or 0 for row in self.rows)),
        }
        rules = sorted({row.rule for row in self.rows})
        quoted = (Text(clause) for rule in rules if (clause := words.clause(rule)))
        unknown = sum(row.fen is None for row in self.rows)
        note = t("其中%(count)s个项目没有登记总投资，不计金额。") % {"count": unknown}
        notes = (Note(note),) if unknown else ()
        return Section(t("一、依据"), (Text(told), *notes, Text(self.batch.basis), *quoted))

    def changes(self) -> Section:
        t, words = self.t, self.words
        told = batch_totals.of_batch(self.batch, self.user)
        table = words.before_and_after(told.units, told.district, t("表1 各单位和全区在册的项目"))
        bars = words.bars(told.units, t("各单位承担经济指标的总投资"))
        carried = words.carried(told.carried, t("表2 结转（划转以前已月结的月份，总投资）"))
        balance = (
            t("全区合计划转前后相同。") if told.balanced else t("全区合计划转前后不同，请核对后再签字。")
        )
        return Section(t("二、划转前后"), (table, Text(balance), bars, carried))

    def projects(self) -> Section:
        t, words = self.t, self.words
        columns = (
            Column(t("序号"), align="right", weight=4),
            Column(t("编号"), weight=8),
            Column(t("项目"), weight=17),
            Column(t("总投资"), t("亿元"), "right", weight=7),
            Column(t("应属起始日"), weight=7),
            Column(t("依据"), weight=7),
        )
        blocks: list[Block] = []
        for (giving, getting), group in groupby(
            self.rows, key=lambda row: (row.from_unit_id, row.to_unit_id)
        ):
            rows = list(group)
            fen = sum(row.fen or 0 for row in rows)
            blocks.append(SubHeading(f"{words.unit(giving)} → {words.unit(getting)}"))
            cells = tuple(self.line(place, row) for place, row in enumerate(rows, 1))
            count = t("%(count)s个") % {"count": len(rows)}
            blocks.append(Table(columns, cells, "", (t("合计"), count, "", yi(fen), "", "")))
        return Section(t("三、划转的项目"), tuple(blocks) or (Text(t("没有项目。")),))

    def line(self, place: int, row: Any) -> tuple[str, ...]:
        duties = duties_of(row)
        parted = "" if len(duties) == len(DUTIES) else self.words.aside(self.words.duties(duties))
        return (
            str(place),
            row.number,
            row.name + parted,
            yi(row.fen) if row.fen is not None else "–",
            row.since.isoformat(),
            reference(row.rule) if reference(row.rule) != "–" else self.words.rule(row.rule),
        )

    def exceptions(self) -> Section:
        t, words = self.t, self.words
        columns = (
            Column(t("编号"), weight=8),
            Column(t("项目"), weight=15),
            Column(t("移交单位"), weight=8),
            Column(t("承接单位"), weight=8),
            Column(t("不在本批划转的原因"), weight=13),
        )
        hears = transfer_rights.hearing(self.user)
        rows = tuple(
            (
                row.number,
                row.name,
                words.unit(row.from_unit_id),
                words.unit(row.to_unit_id),
                row.note if hears(row) else "–",
            )
            for row in self._projects(Transfer.state == "withdrawn")
        )
        return Section(t("四、除外的项目"), (Table(columns, rows, "", None, t("没有除外的项目")),))

    def signing(self) -> Section:
        t = self.t
        units = {unit for row in self.rows for unit in (row.from_unit_id, row.to_unit_id)}
        sides = [
            (self.words.unit(unit_id), self.signed.get(unit_id))
            for unit_id in self.words.units
            if unit_id in units or unit_id in self.signed
        ]
        sides.append((t("工作专班办公室（区商务局）"), self.signed.get(None)))
        table, note = self.words.signatures(sides, "")
        return Section(t("五、签字"), (table, Note(note.text)))

    def _projects(self, which: Any) -> list[Any]:
        giving, getting = aliased(Unit), aliased(Unit)
        query = (
            select(
                Project.number, Project.name, Project.total_investment_fen.label("fen"), Transfer.from_unit_id,
                Transfer.to_unit_id, Transfer.indicators, Transfer.enterprise_service, Transfer.rule,
                Transfer.since, Transfer.note,
            )
            .join(Project, Project.id == Transfer.project_id)
            .join(giving, giving.id == Transfer.from_unit_id)
            .join(getting, getting.id == Transfer.to_unit_id)
            .where(Transfer.batch_id == self.batch.id, which, visible_to(self.user))
            .order_by(giving.position, giving.id, getting.position, getting.id, Project.number)
        )  # fmt: skip
        return list(db.session.execute(query))
