"""Lists of transfers on paper: everything the books say of them, on every page the digest, and the same bytes twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import insert, update

from crm import clock
from crm.briefs.content import BriefContent, Table
from crm.db import count_statements
from crm.models import AuditEvent, Project, Transfer, TransferBatch, TransferItem, TransferSignature
from crm.services import carry_overs, handover, printing, units
from tests import build
from tests.founded import database
from tests.services.passing import DUE, TODAY, begin, confirm, project, proposed

__all__ = ["database"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LONG = "（一期）年产三百万套新能源汽车驱动电机控制器及配套功率半导体模块封装测试生产线建设"


@pytest.fixture
def books(session: Any) -> Iterator[Any]:
    with clock.at(TODAY):
        begin()
        yield session


@pytest.fixture
def transfer(books: Any) -> Transfer:
    """A transfer with something in each section but one, signed by the giving unit."""
    [made] = proposed("P4", reason="三月已投产", state="signing")
    said = {
        "documents": ("投资协议书", "ready"),
        "contacts": ("企业办公室主任", "ready"),
        "problems": ("消防验收整改，" * 12, "open"),
        "promises": ("道路六月底前通车", "missing"),
        "policy_owed": ("设备补贴", "open"),
        "money": ("到位资金", "settled"),
        "tasks": ("", "nothing"),
    }
    for place, (section, (text, state)) in enumerate(said.items()):
        item = TransferItem(transfer_id=made.id, section=section, position=place, text=text, state=state)
        if section == "policy_owed":
            item.amount_fen, item.due_on = 123_456_700, TODAY
            item.remark, item.answer = "金额以何文件为准", "以2021年第3号纪要为准"
        books.add(item)
    books.flush()
    sign(books, made, "giving", made.from_unit_id)
    return made


def sign(books: Any, transfer: Transfer, side: str, unit_id: int | None) -> None:
    user = build.user("unit_head", login=side, unit=units.unit_by_code("jd"))
    books.add(
        TransferSignature(transfer_id=transfer.id, round=transfer.round, side=side, unit_id=unit_id, user_id=user.id,
                          digest=handover.digest(transfer))
    )  # fmt: skip
    books.flush()


def on_paper(content: BriefContent, folder: Path) -> tuple[printing.Printed, list[str]]:
    """The PDF, and what stands on each page."""
    printed = printing.on_paper(content, fonts_folder=folder / "none", cache_folder=folder / "glyphs")
    document = pypdfium2.PdfDocument(printed.pdf)
    return printed, [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]


def cells(content: BriefContent) -> str:
    tables = (block for section in content.sections for block in section.blocks if isinstance(block, Table))
    return "\n".join("|".join(row) for table in tables for row in (*table.rows, table.total or ()))


def test_a_handover_list_says_everything(transfer: Transfer, tmp_path: Path) -> None:
    user = build.user("leader")
    content = printing.handover_list(transfer, user)
    printed, pages = on_paper(content, tmp_path)
    assert printed.pdf == on_paper(printing.handover_list(transfer, user), tmp_path)[0].pdf
    assert printed.missing == ()
    text = "".join(pages)
    for said in (
        "项目4（P4）", "机电产业办", "慈惠街", "经济指标、企业经济和社会服务", "三二是", "项目建成后", "2021年3月18日", "2021年6月1日",
        "现在确认的话", "三月已投产", "投资协议书", "123.4567万元", "金额以何文件为准", "以2021年第3号纪要为准", "没有。",
        "2021-03至2021-05", "尚未签字", "unit_head",
    ):  # fmt: skip
        assert said in text, said
    digest = handover.digest(transfer)
    assert all(f"清单摘要SHA-256{digest}" in page for page in pages) and len(pages) >= 3
    assert all(f"—{number}—" in page for number, page in enumerate(pages, 1))
    fonts = set(re.findall(rb"/FontName /([A-Z]{6}\+)?", printed.pdf))
    assert fonts and b"" not in fonts, "every font is embedded as a subset"


def test_a_handover_list_after_its_end(transfer: Transfer, books: Any) -> None:
    event = confirm([transfer])
    carry_overs.book([transfer], event)
    told = printing.handover_list(transfer, None)
    assert "机电产业办|慈惠街|2021-03至2021-05|2021-06|1|4.00" in cells(told)
    assert "现在确认的话" not in cells(told)
    [other] = proposed("P2", state="withdrawn")
    assert "结转" not in cells(printing.handover_list(other, None))


def test_a_batch_list_says_everything(books: Any, tmp_path: Path) -> None:
    user = build.user("leader")
    batch = drawn_up(books, user)
    project("P3").name += LONG
    transfers = proposed(*DUE, batch_id=batch.id)
    transfers[-1].state, transfers[-1].note = "withdrawn", "企业正在搬迁"
    books.flush()
    content = printing.batch_list(batch, user, digest="ab" * 32)
    printed, pages = on_paper(content, tmp_path)
    assert printed.pdf == on_paper(printing.batch_list(batch, user, digest="ab" * 32), tmp_path)[0].pdf
    assert printed.missing == ()
    text = "".join(pages)
    for said in ("机电产业办→慈惠街", "机电产业办→柏泉街", LONG, "企业正在搬迁", "共4个项目，总投资14.00亿元", "没有登记总投资",
                 "全区合计划转前后相同", "区商务局"):  # fmt: skip
        assert said in text, said
    assert all("清单摘要SHA-256" + "ab" * 32 in page for page in pages)
    rows, both = cells(content), "经济指标、企业经济和社会服务"
    assert f"机电产业办\n{both}|6 → 2|-4|31.00 → 17.00|-14.00" in rows
    assert f"全区\n{both}|6 → 6|0|31.00 → 31.00|0.00" in rows
    # in effect it says what was kept of it
    moved: Any = [[6, 31], [4, 14], [0, 0]]
    batch.summary = {
        "amount": [4, 14],
        "units": {str(units.unit_by_code("jd").id): {"indicators": moved, "enterprise_service": moved}},
        "district": {duty: [[6, 31], [4, 14], [4, 14]] for duty in ("indicators", "enterprise_service")},
    }
    event = confirm(transfers[:-1])
    carry_overs.book(transfers[:-1], event)
    batch.state = "confirmed"
    after = cells(printing.batch_list(batch, user, digest="ab" * 32))
    assert f"机电产业办\n{both}|6 → 2|-4|" in after and "2020-04至2021-05|2021-06|2|2.00" in after


def drawn_up(books: Any, user: Any) -> TransferBatch:
    batch = TransferBatch(
        kind="stock", title="2020年存量项目划转", day=TODAY, basis="通知三 一是：存量项目分类划转", due_on=TODAY,
        held_by_id=user.id, drawn_up_by_id=user.id,
    )  # fmt: skip
    books.add(batch)
    books.flush()
    return batch


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_are_complete(transfer: Transfer, books: Any, language: str) -> None:
    user = build.user("leader")
    books.execute(update(TransferItem).values(text="x", remark="", answer=""))
    transfer.reason = ""
    transfer.project.name = "x"
    batch = drawn_up(books, user)
    batch.title = batch.basis = "x"
    for content in (
        printing.handover_list(transfer, user, language=language),
        printing.batch_list(batch, user, digest="ab" * 32, language=language),
    ):
        heads = [section.heading for section in content.sections]
        heads += [
            block.text for section in content.sections for block in section.blocks if hasattr(block, "text")
        ]
        words = "".join(heads) + cells(content) + content.title + content.running + content.number
        # a clause is quoted as the notice has it
        words = re.sub(r"“[^”]*”|武临开办〔2020〕1号|\(三 .是\)|三 .是", "", words)
        chinese = [character for character in words if "\u4e00" <= character <= "\u9fff"]
        assert bool(chinese) == (language == "zh"), "".join(chinese)


def test_hundreds_of_projects(books: Any, tmp_path: Path) -> None:
    """Few statements, and the table goes on over its pages."""
    user = build.user("leader")
    batch = drawn_up(books, user)
    [first] = proposed("P2", batch_id=batch.id)
    rows = [{"number": f"N{n:05}", "name": f"项目{n}", "total_investment_fen": 10**9} for n in range(300)]
    books.execute(insert(Project), rows)
    ids = books.scalars(
        Project.__table__.select().with_only_columns(Project.id).where(Project.number.like("N%"))
    )
    same = {"batch_id": batch.id, "from_unit_id": first.from_unit_id, "to_unit_id": first.to_unit_id, "rule": first.rule,
            "since": first.since, "state": "confirming", "due_on": TODAY, "indicators": True, "version": 1,
            "enterprise_service": True}  # fmt: skip
    books.execute(insert(Transfer), [same | {"project_id": one} for one in ids])
    with count_statements() as counted:
        content = printing.batch_list(batch, user, digest="ab" * 32)
    assert counted.count <= 16
    _, pages = on_paper(content, tmp_path)
    assert all(f"N{n:05}" in "".join(pages) for n in range(300))


def test_printing_is_recorded(transfer: Transfer, books: Any) -> None:
    user = build.user("leader")
    batch = drawn_up(books, user)
    printed = printing.Printed(b"", "ab" * 32, ())
    printing.note_list(printed, transfer, actor=user)
    printing.note_list(printed, batch, language="en", actor=user)
    said = books.query(AuditEvent).order_by(AuditEvent.id.desc()).limit(2).all()
    assert [(one.action, one.subject_id, one.detail["language"]) for one in said] == [
        ("batch.printed", batch.id, "en"),
        ("transfer.printed", transfer.id, "zh"),
    ]
