"""The handover list (移交清单) of one transfer on paper."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.briefs.content import Block, BriefContent, Column, Note, Section, SubHeading, Table, Text
from crm.db import db
from crm.messages import N_
from crm.models import Transfer, TransferItem, TransferSignature, User
from crm.money import wan, yi
from crm.periods import Month
from crm.services import carry_overs, handover, holdings, transfer_effects
from crm.services.paper_words import Words

ITEM_STATES = {
    "ready": N_("齐备"),
    "missing": N_("缺"),
    "open": N_("未结"),
    "settled": N_("已结"),
    "nothing": N_("没有"),
}

NUMERALS = "一二三四五六七"


def content(transfer: Transfer, user: User | None, *, language: str = "zh") -> BriefContent:
    """The list as it stands, with who signed it in the present round; the same books give the same content."""
    return _Paper(transfer, user, language).content()


class _Paper:
    def __init__(self, transfer: Transfer, user: User | None, language: str) -> None:
        self.transfer, self.user, self.words = transfer, user, Words(language)
        self.t = self.words.t
        query = select(TransferSignature).where(
            TransferSignature.transfer_id == transfer.id, TransferSignature.round == transfer.round
        )
        query = query.options(joinedload(TransferSignature.user)).order_by(TransferSignature.id)
        self.signed = {one.side: one for one in db.session.scalars(query)}

    def content(self) -> BriefContent:
        t, transfer = self.t, self.transfer
        digest = handover.digest(transfer)
        return BriefContent(
            month=str(Month.of(self.day())),
            title=t("项目移交清单"),
            issuer=self.words.unit(transfer.from_unit_id),
            number=t("划转第%(number)s号") % {"number": transfer.id},
            issued_on=self.day(),
            subject=transfer.project.name + self.words.aside(transfer.project.number),
            sections=(self.about(), self.listed(), self.changes(), self.signing()),
            footnotes=self.words.footnotes(),
            running=t("清单摘要 SHA-256 %(digest)s") % {"digest": digest},
            language="en" if self.words.language == "en" else "zh",
        )

    def day(self) -> date:
        """The day of the last signature, else that of the proposal: printed again it is the same paper."""
        last = max((one.recorded_at for one in self.signed.values()), default=self.transfer.proposed_at)
        return clock.shanghai(last).date()

    def about(self) -> Section:
        t, words, transfer = self.t, self.words, self.transfer
        project = transfer.project
        fen = project.total_investment_fen
        effective = transfer.effective_day or holdings.effective_day(transfer.since)
        rows = (
            (t("投资企业"), project.investor or "–"),
            (t("总投资"), t("%(yi)s亿元") % {"yi": yi(fen)} if fen is not None else "–"),
            (t("移交单位"), words.unit(transfer.from_unit_id)),
            (t("承接单位"), words.unit(transfer.to_unit_id)),
            (t("移交的职责"), words.duties(transfer.duties)),
            (t("依据"), words.rule(transfer.rule)),
            (t("应属起始日"), words.on(transfer.since)),
            (
                t("生效日"),
                words.on(effective)
                if transfer.effective_day
                else words.on(effective) + words.aside(t("现在确认的话")),
            ),
            (t("提出"), self.proposed()),
        )
        blocks: list[Block] = [Table((Column(t("事项"), weight=6), Column(t("内容"), weight=22)), rows)]
        if quoted := words.clause(transfer.rule):
            blocks.append(Text(quoted))
        return Section(t("一、移交的项目"), tuple(blocks))

    def proposed(self) -> str:
        by = self.transfer.proposed_by
        who = by.name if by else self.t("系统")
        said = f"{who}  {self.words.at(self.transfer.proposed_at)}"
        return f"{said}\n{self.transfer.reason}" if self.transfer.reason else said

    def listed(self) -> Section:
        t, blocks = self.t, list[Block]()
        items = handover.items(self.transfer)
        for numeral, (section, name) in zip(NUMERALS, handover.SECTION_NAMES.items(), strict=True):
            place = f"（{numeral}）" if self.words.language == "zh" else f"{NUMERALS.index(numeral) + 1}. "
            blocks.append(SubHeading(place + t(name)))
            lines = [item for item in items if item.section == section]
            if all(item.state == "nothing" for item in lines):
                # a line of its own, so that nobody takes it for forgotten
                blocks.append(Text(t("没有。") if lines else t("尚未填写。")))
                continue
            columns = (
                Column(t("序号"), align="centre", weight=3),
                Column(t("内容"), weight=15),
                Column(t("状态"), align="centre", weight=4),
                Column(t("金额、期限"), weight=7),
                Column(t("承接单位意见和答复"), weight=9),
            )
            rows = tuple(self.line(place, item) for place, item in enumerate(lines, 1))
            blocks.append(Table(columns, rows))
        return Section(t("二、移交事项"), tuple(blocks))

    def line(self, place: int, item: TransferItem) -> tuple[str, ...]:
        t = self.t
        files = t("附文件%(count)s份") % {"count": len(item.files)} if item.files else ""
        amount = t("%(wan)s万元") % {"wan": wan(item.amount_fen)} if item.amount_fen is not None else ""
        said = [
            t("意见：%(text)s") % {"text": item.remark} if item.remark else "",
            t("答复：%(text)s") % {"text": item.answer} if item.answer else "",
        ]
        return (
            str(place),
            "\n".join(filter(None, (item.text or t("尚未填写"), files))),
            t(ITEM_STATES[item.state]),
            "\n".join(filter(None, (amount, item.due_on.isoformat() if item.due_on else ""))),
            "\n".join(filter(None, said)),
        )

    def changes(self) -> Section:
        t, transfer, words = self.t, self.transfer, self.words
        heading = t("三、划转前后")
        carried_caption = t("结转（划转以前已月结的月份，总投资）")
        if transfer.is_open:
            told = transfer_effects.of_transfer(transfer, self.user)
            table = words.before_and_after(told.units, told.district, t("两个单位和全区在册的项目"))
            return Section(heading, (table, words.carried(told.carried, carried_caption)))
        if transfer.state != "confirmed":
            return Section(heading, (Text(t("这次划转没有生效，各单位在册的项目不变。")),))
        booked = transfer_effects.booked(carry_overs.booked(Transfer.id == transfer.id))
        return Section(
            heading,
            (
                Text(t("自%(day)s起在册单位为承接单位。") % {"day": words.on(transfer.effective_day)}),  # type: ignore[arg-type]
                words.carried(booked, carried_caption),
            ),
        )

    def signing(self) -> Section:
        t, transfer = self.t, self.transfer
        # the unit that signed, where another has succeeded the one that gives or receives
        sides = (
            ("giving", t("移交单位"), self._signing("giving", transfer.from_unit_id)),
            ("receiving", t("承接单位"), self._signing("receiving", transfer.to_unit_id)),
            ("bureau", t("确认"), t("工作专班办公室（区商务局）")),
        )
        table, note = self.words.signatures(
            [(f"{role}\n{name}", self.signed.get(side)) for side, role, name in sides], ""
        )
        return Section(t("四、签字"), (table, Note(note.text)))

    def _signing(self, side: str, unit_id: int) -> str:
        one = self.signed.get(side)
        return self.words.unit(one.unit_id if one and one.unit_id else unit_id)
