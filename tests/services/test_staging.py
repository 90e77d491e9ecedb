"""What goes wrong with an import: wrong cells, books that changed meanwhile, two at once, a process that died."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

from crm import clock
from crm.db import db, transaction
from crm.errors import Refused, Stale
from crm.models import (
    Decision,
    Project,
    StagedDecision,
    StagedRow,
)
from crm.services import imports, projects, readings, staging
from crm.services.attribution import rulebook
from crm.sheets import tables
from crm.sheets.registry import Registry, RegistryRow
from tests.importing import (
    EXAMPLE,
    applied,
    check,
    checked,
    contents,
    database,
    line,
    other_app,
    seeded_postgresql,
    seeded_sqlite,
    sheet,
    steps,
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


def test_with_one_wrong_row_nothing_is_entered(books: Any, tmp_path: Path) -> None:
    wrong = line("P2", 选址街道="不存在街", 签约日期="2021-02-30", 行业代码="35")
    import_ = checked(sheet(tmp_path / "a.csv", [line("P1"), wrong, line("P1")]))
    assert {(row, column) for row, column, _ in told(import_)} == {
        (3, "选址街道"), (3, "签约日期"), (3, "行业代码"), (4, "项目编号"),
    }  # fmt: skip
    cells = {e["column"]: e["cell"] for e in imports.errors(import_)}
    assert cells["选址街道"] == "不存在街" and cells["签约日期"] == "2021-02-30"
    with pytest.raises(Refused, match="2行存在错误"), transaction():
        imports.apply(imports.by_id(import_.id), actor=None)
    assert books.query(Project).count() == 0


@pytest.mark.parametrize("happening", ["changed", "registered", "decided", "reading"])
def test_what_the_books_learned_meanwhile_is_noticed(books: Any, tmp_path: Path, happening: str) -> None:
    applied(sheet(tmp_path / "a.csv", [line("P1")]))
    number = checked(sheet(tmp_path / "b.csv", [line("P1"), line("P2")])).id
    with transaction():
        project = books.query(Project).one()
        if happening == "changed":
            projects.change(project, {"site_street": "cihui"}, actor=None)
        elif happening == "registered":
            (row,) = read(sheet(tmp_path / "c.csv", [line("P2")]))
            projects.register(row, actor=None)
        elif happening == "decided":
            readings.set_reading("R1", choice="street", basis="纪要", valid_from=date(2021, 3, 1), actor=None)
            projects.change(project, {"site_street": "zoumaling"}, actor=None)
        else:
            readings.set_reading(
                "R5", choice="out-of-plate", basis="纪要", valid_from=date(2021, 3, 1), actor=None
            )
    before = contents()
    with pytest.raises(Stale, match="重新核对"), transaction():
        imports.apply(imports.by_id(number), actor=None)
    assert contents() == before
    with transaction():
        imports.restart(imports.by_id(number), actor=None)
    check(number, tmp_path / "b.csv")
    with transaction():
        imports.apply(imports.by_id(number), actor=None)
    assert books.query(Project).filter_by(number="P2").count() == 1


def test_two_at_once_are_one_after_the_other(app: Flask, books: Any, tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", [line(f"P{n:03}") for n in range(300)])
    numbers = [checked(path).id for _ in range(2)]
    books.rollback()
    barrier, ends = Barrier(2), []

    def enter(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with transaction():
                    imports.apply(imports.by_id(number), actor=None)
                ends.append("applied")
            except Stale:
                ends.append("stale")
            db.session.remove()

    threads = [Thread(target=enter, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["applied", "stale"]
    assert books.query(Project).count() == 300
    assert books.query(Decision).count() == 300


def test_a_silent_import_is_started_again_and_the_old_process_stops(books: Any, tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", [line(f"P{n:04}") for n in range(2 * staging.CHUNK + 5)])
    with transaction():
        number = imports.start(path, "a.csv", actor=None).id
    old = steps(number, path)
    next(old)
    import_ = imports.by_id(number)
    assert import_.staged_rows == staging.CHUNK and not imports.is_silent(import_)
    with pytest.raises(Stale), transaction():
        imports.restart(imports.by_id(number), actor=None)
    with transaction():
        imports.by_id(number).heartbeat_at = clock.real_now() - 2 * imports.SILENT
    assert imports.is_silent(imports.by_id(number))
    with transaction():
        imports.restart(imports.by_id(number), actor=None)
    with pytest.raises(staging.Superseded):
        next(old)
    assert check(number, path).new_rows == 2 * staging.CHUNK + 5


def test_an_abandoned_import_leaves_nothing_behind(books: Any, tmp_path: Path) -> None:
    number = checked(sheet(tmp_path / "a.csv", [line("P1")])).id
    with transaction():
        imports.abandon(imports.by_id(number), actor=None)
    with transaction():
        assert imports.clear(imports.by_id(number)) is False
    assert (books.query(StagedRow).count(), books.query(StagedDecision).count()) == (0, 0)
    with pytest.raises(Refused, match="尚未核对"), transaction():
        imports.apply(imports.by_id(number), actor=None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        (b"\x89PNG\r\n\x1a\n\0\0", "文件不是表格"),
        (b"PK\x03\x04broken", "工作簿"),
        (b"a,b\n1,2\n", "没有任何登记表列名"),
        (EXAMPLE.read_bytes().split(b"\n")[0], "没有任何项目"),
        (EXAMPLE.read_bytes() + b'"unfinished', "不成表格"),
        (EXAMPLE.read_bytes().replace("径河街".encode(), b"\xff\xfe"), "字符编码"),
    ],
)
def test_what_is_no_registry_is_said_so(books: Any, tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    import_ = checked(tmp_path / "a.csv")
    assert import_.status == "failed" and not imports.is_applicable(import_)
    assert any(sentence in text for _, _, text in told(import_)), told(import_)
    assert books.query(Project).count() == 0


def test_odd_texts_are_kept_as_they_are_or_refused(books: Any, tmp_path: Path) -> None:
    lines_ = [
        line("P1", 项目名称="=cmd|' /C calc'!A0"),
        line("P2", 项目名称="硚口\x01镕"),
        line("P3", 选址街道="甲" * 30_000),
    ]
    import_ = checked(sheet(tmp_path / "a.csv", lines_))
    assert [(row, column) for row, column, _ in told(import_)] == [(3, "项目名称"), (4, "选址街道")]
    assert all(len(str(error)) < 1500 for error in imports.errors(import_))
    applied(sheet(tmp_path / "a.csv", lines_[:1]))
    assert books.query(Project).one().name == "=cmd|' /C calc'!A0"


def test_no_more_rows_than_the_limit(books: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.sheets import limits

    monkeypatch.setattr(limits, "MOST_ROWS", 3)
    assert checked(sheet(tmp_path / "a.csv", [line(f"P{n}") for n in range(3)])).status == "checked"
    import_ = checked(sheet(tmp_path / "a.csv", [line(f"P{n}") for n in range(4)]))
    assert told(import_) == [(5, "", "表格超过3行；请分成几个文件导入")]


def test_statements_do_not_grow_with_rows(books: Any, tmp_path: Path) -> None:
    from crm.db import count_statements

    counts = []
    for number, rows in enumerate((5, 400)):
        path = sheet(tmp_path / "a.csv", [line(f"P{number}{n}", 投资企业=f"企业{n}") for n in range(rows)])
        import_id = checked(path).id
        with count_statements() as seen, transaction():
            imports.apply(imports.by_id(import_id), actor=None)
        counts.append(seen.count)
    assert counts[0] == counts[1] <= 33
