"""Imports give what registering and changing one by one would give, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask

from bench.registry import generate
from crm.db import count_statements, db, transaction
from crm.errors import Refused
from crm.models import (
    AuditEvent,
    Decision,
    Enterprise,
    Import,
    Project,
    ProjectFacts,
    Transfer,
    Unit,
)
from crm.periods import ALWAYS
from crm.rules.facts import NOTICE_DAY
from crm.rules.timeline import periods
from crm.services import attribution, imports, previewing, projects, readings, staging, transfers
from crm.services.attribution import rulebook
from crm.services.cells import Names
from crm.sheets import tables
from crm.sheets.attribution import lines
from crm.sheets.registry import Registry, RegistryRow
from crm.work import catching_up
from tests.importing import (
    CASES,
    EXAMPLE,
    TODAY,
    applied,
    checked,
    contents,
    database,
    line,
    other_app,
    seeded_postgresql,
    seeded_sqlite,
    sheet,
    told,
)

__all__ = ["database", "other_app", "seeded_postgresql", "seeded_sqlite"]

CODE, OTHER_CODE = "91420112000000001B", "91420112000000002E"


@pytest.fixture
def books(session: Any, tmp_path: Path) -> Iterator[Any]:
    """The session in seeded books."""
    yield session


def read(path: Path) -> list[RegistryRow]:
    """The rows of a sheet."""
    return list(Registry(staging.vocabulary(rulebook()), for_books=True).read(tables.read(path)))


def one_by_one(path: Path, effective_from: date) -> None:
    """What an import does, by the verbs for one project."""
    with transaction():
        book = rulebook()
        for row in read(path):
            found = db.session.query(Project).filter_by(number=row.number).one_or_none()
            if found is None:
                projects.register(row, actor=None, book=book)
            else:
                facts = {
                    "name": row.name,
                    "investor": row.investor or None,
                    "credit_code": row.credit_code,
                    "industry_code": row.industry_code,
                    "total_investment_fen": row.total_investment_fen,
                    **row.facts._asdict(),
                }
                projects.change(found, facts, actor=None, valid_from=effective_from, book=book)


def test_the_worked_example_comes_out_of_the_books(books: Any) -> None:
    import_ = applied(EXAMPLE)
    assert (import_.status, import_.new_rows, import_.error_rows) == ("applied", 54, 0)
    book, names = rulebook(), {unit.code: unit.name for unit in books.query(Unit)}
    found: list[tuple[str, ...]] = []
    for project in books.query(Project).order_by(Project.number):
        timeline = attribution.timeline(project, book)
        assert [row.from_day for row in attribution.decided(project)][:1] == [timeline[0].from_]
        found.extend(lines(project.number, periods(timeline), names, date(2021, 5, 31)))
    expected = (CASES / "attribution.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [",".join(row) for row in found] == expected
    event = books.get(AuditEvent, import_.event_id)
    assert event.action == "import.applied"
    assert event.detail["new"] == 54 and len(event.detail["rows_sha256"]) == 64
    assert {row.event_id for row in books.query(ProjectFacts)} == {event.id}
    assert {row.event_id for row in books.query(Decision)} == {event.id}


def test_a_second_time_nothing_changes(books: Any) -> None:
    applied(EXAMPLE)
    before = contents()
    again = applied(EXAMPLE)
    assert (again.new_rows, again.changed_rows, again.same_rows) == (0, 0, 54)
    assert contents() == before


def test_a_changed_row_is_updated_and_said(books: Any, tmp_path: Path) -> None:
    applied(sheet(tmp_path / "a.csv", [line("P1"), line("P2")]))
    path = sheet(tmp_path / "b.csv", [line("P1", 选址街道="慈惠街", 总投资亿元="1.5"), line("P2")])
    import_ = checked(path)
    assert (import_.new_rows, import_.changed_rows, import_.same_rows) == (0, 1, 1)
    (preview,) = previewing.previews(import_, "changed", limit=10)
    changes = [tuple(change) for change in Names.of_books().changes(preview.row)]
    assert changes == [("选址街道", "径河街", "慈惠街"), ("总投资亿元", "—", "1.5")]
    (shift,) = preview.shifts
    assert shift.replaced is not None
    assert shift.decided.from_day == shift.replaced.from_day == date(2020, 9, 1)
    assert shift.replaced.outcome_id != shift.decided.outcome_id
    assert books.query(Project).filter_by(number="P1").one().total_investment_fen is None
    with transaction():
        imports.apply(imports.by_id(import_.id), actor=None)
    project = books.query(Project).filter_by(number="P1").one()
    assert project.site_street.code == "cihui" and project.version == 2
    (after,) = previewing.previews(imports.by_id(import_.id), "changed", limit=10)
    assert [(one.decided, one.replaced) for one in after.shifts] == [(shift.decided, shift.replaced)]
    assert previewing.entered(imports.by_id(import_.id), limit=10) == []
    assert books.query(ProjectFacts).filter_by(project_id=project.id).count() == 2


def test_changes_may_hold_from_a_day(books: Any, tmp_path: Path) -> None:
    applied(sheet(tmp_path / "a.csv", [line("P1")]))
    day = date(2021, 5, 6)
    applied(sheet(tmp_path / "b.csv", [line("P1", 选址街道="慈惠街")]), day)
    project = books.query(Project).one()
    assert [row.from_day for row in attribution.decided(project)] == [date(2020, 9, 1), day]
    # a correction from the beginning leaves what was changed later
    applied(sheet(tmp_path / "c.csv", [line("P1", 选址街道="长青街", 项目名称="新名称")]))
    newest = {row.valid_from: row for row in projects.facts_history(project)}
    books.expire_all()
    assert (project.site_street.code, project.name) == ("cihui", "新名称")
    assert {row.name for row in newest.values()} == {"新名称"}
    assert [row.site_street_id for row in newest.values()].count(project.site_street_id) == 1


def test_transfers_that_lose_their_ground_end_with_the_import(books: Any, tmp_path: Path) -> None:
    with transaction():
        readings.set_reading("R1", choice="street", basis="x", valid_from=NOTICE_DAY, actor=None)
    given = {"招商单位": "高新技术产业办", "签约日期": "2020-01-01"}
    completed = {number: {"建成投产日期": "2020-03-01"} | given for number in ("P1", "P2", "P3")}
    applied(sheet(tmp_path / "a.csv", [line(number, **cells) for number, cells in completed.items()]))
    catching_up.catch_up()
    with transaction():
        for project in books.query(Project):
            transfers.propose(project.id, reason="", actor=None)
    # P1: service and indicators are due since different days by now; P2: another street is entitled; P3: as it was
    changed = {
        "P1": {"建成投产日期": "2021-03-01"},
        "P2": {"选址街道": "慈惠街"},
        "P3": {"项目名称": "新名称"},
    }
    path = sheet(
        tmp_path / "b.csv", [line(number, **(completed[number] | more)) for number, more in changed.items()]
    )
    number = checked(path).id
    with transaction(), count_statements() as seen:
        imports.apply(imports.by_id(number), actor=None)
    ended = {one.project.number: one.state for one in books.query(Transfer)}
    assert ended == {"P1": "overtaken", "P2": "overtaken", "P3": "filling"}
    assert sum("FROM transfers" in one or "UPDATE transfers" in one for one in seen.statements) <= 4
    # new rows alone ask once whether any is open
    number = checked(sheet(tmp_path / "c.csv", [line(f"N{n}") for n in range(30)])).id
    with transaction(), count_statements() as seen:
        imports.apply(imports.by_id(number), actor=None)
    assert sum("transfers" in one for one in seen.statements) == 1


def test_a_day_yet_to_come_is_refused(books: Any) -> None:
    with pytest.raises(Refused, match="晚于今天"), transaction():
        imports.start(EXAMPLE, "a.csv", effective_from=TODAY + timedelta(days=1), actor=None)
    assert books.query(Import).count() == 0


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_registering_and_changing_one_by_one(
    books: Any, other_app: Flask, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    generate(tmp_path / "all.csv", 40, seed)
    head, *texts = tables.read(tmp_path / "all.csv")
    rows = [dict(zip(head, cells, strict=True)) for cells in texts]
    rounds: list[tuple[Path, date]] = []
    for number in range(4):
        for row in random.sample(rows, 12):
            other = random.choice(rows)
            for column in random.sample(
                [
                    "项目名称",
                    "投资企业",
                    "招商单位",
                    "选址街道",
                    "统计归属街道",
                    "规上工业",
                    "重大项目标记",
                    "行业代码",
                ],
                2,
            ):
                row[column] = other[column]
            if not row["统一社会信用代码"]:
                row["投资企业"] = random.choice(["甲公司", "乙公司", ""])
        # one credit code, one name
        for row in rows:
            if row["统一社会信用代码"]:
                row["投资企业"] = "企业" + row["统一社会信用代码"]
        part = rows[: 20 + 5 * number] if number < 3 else rows
        path = sheet(tmp_path / f"{number}.csv", part)
        rounds.append((path, random.choice([ALWAYS, date(2019, 1, 1), date(2021, 1, 1), TODAY])))
    for path, day in rounds:
        applied(path, day)
    in_bulk = contents()
    with other_app.app_context():
        for path, day in rounds:
            one_by_one(path, day)
        assert contents() == in_bulk
        db.session.rollback()
    assert {row[1] for row in in_bulk["versions"]} > {ALWAYS}


def test_investors_of_one_credit_code_must_agree(books: Any, tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "a.csv",
        [
            line("P1", 统一社会信用代码=CODE, 投资企业="甲（武汉）公司"),
            line("P2", 统一社会信用代码=CODE, 投资企业="甲(武汉) 公司"),
            line("P3", 统一社会信用代码=CODE, 投资企业="乙公司"),
        ],
    )
    assert [(row, column) for row, column, _ in told(checked(path))] == [(4, "投资企业")]
    applied(
        sheet(path, [line("P1", 统一社会信用代码=CODE, 投资企业="甲公司"), line("P2", 统一社会信用代码=CODE)])
    )
    assert [(e.name, e.credit_code) for e in books.query(Enterprise)] == [("甲公司", CODE)]
    ((row, column, sentence),) = told(
        checked(sheet(path, [line("P1", 统一社会信用代码=CODE, 投资企业="丙公司")]))
    )
    assert (row, column) == (2, "投资企业") and "P2" in sentence and "甲公司" in sentence
    # all its projects in one sheet: it goes by another name now
    both = [line(number, 统一社会信用代码=CODE, 投资企业="丙公司") for number in ("P1", "P2")]
    applied(sheet(path, both))
    books.expire_all()
    assert [(e.name, e.credit_code) for e in books.query(Enterprise)] == [("丙公司", CODE)]


def test_a_project_may_pass_to_another_enterprise(books: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    applied(sheet(path, [line("P1", 投资企业="甲公司"), line("P2", 投资企业="甲公司")]))
    applied(sheet(path, [line("P1", 统一社会信用代码=OTHER_CODE, 投资企业="乙公司")]))
    found = {p.number: (p.enterprise.name, p.enterprise.credit_code) for p in books.query(Project)}
    assert found == {"P1": ("乙公司", OTHER_CODE), "P2": ("甲公司", None)}
