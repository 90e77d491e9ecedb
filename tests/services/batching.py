"""Small books with what a batch of transfers needs: stock in the wrong hands, and the people who sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, cast, insert, literal, select, update

from crm import clock
from crm.db import db, transaction
from crm.models import Decision, Holding, Project, ProjectFacts, TransferBatch, User
from crm.periods import Month
from crm.rules.facts import Facts
from crm.services import batch_signers, batch_signing, batches, months, people, projects, standing, units
from crm.sheets.registry import RegistryRow
from tests import build, databases, founded
from tests.conftest import BOTH
from tests.databases import Database

TODAY = date(2021, 6, 3)
NOTICE = date(2020, 4, 27)
YI = 10_000_000_000
OLD = date(2015, 1, 1)
HEADS = ("jd", "sy", "cihui", "changqing", "xingou")
MANY = 5_000
COPIES_FROM = 10_000
"""The copies' ids are above it."""

AT_CIHUI = {
    "attracted_by": "jd",
    "served_by": "jd",
    "site_street": "cihui",
    "signed_on": OLD,
    "completed_on": OLD,
}
"""Stock of 机电产业办 out of its plate."""


def register(number: str, fen: int | None = YI, **facts: Any) -> Project:
    """A project as the books learn of it."""
    row = RegistryRow(
        1, number, number, "", None, "3911", Facts(**({"origin": "new_introduction"} | facts)), fen
    )
    return projects.register(row, actor=None)


def begin(count: int = 3) -> None:
    """People, a closed month, and stock: some of it at 慈惠街, one kept, one of 食品医药产业办, one moved by another rule."""
    standing.roll_all(TODAY)
    for code in HEADS:
        build.user("unit_head", login=code, unit=units.unit_by_code(code))
    bureau = units.unit_by_code("swj")
    build.user("reviewer", unit=bureau)
    build.user("reviewer", login="reviewer2", unit=bureau)
    build.user("bureau_head", unit=bureau)
    build.user("leader")
    months.close(Month(2021, 4), actor=None)
    for number in range(count):
        register(f"P{number:03}", **AT_CIHUI)
    register("KEPT", **AT_CIHUI | {"site_street": "changqing"})
    register("SY", 5 * YI, **AT_CIHUI | {"attracted_by": "sy", "served_by": "sy"})
    register("SME", **AT_CIHUI | {"site_area": "中小企业城"})


def person(login: str) -> User:
    """Whoever signs in so."""
    found = people.user_by_login(login)
    assert found is not None
    return found


def drawn_up(kind: str = "stock", **more: Any) -> TransferBatch:
    """A batch as it was drawn up."""
    given = {"title": "存量划分", "basis": "通知三一是"} | more
    return batches.draw_up(kind, NOTICE, actor=person("reviewer"), **given)


def sent(**more: Any) -> TransferBatch:
    """One that waits to be signed."""
    batch = drawn_up(**more)
    return batches.send(batch.id, version=batch.version, actor=person("reviewer"))


def signed(**more: Any) -> TransferBatch:
    """One that every unit has signed."""
    batch = sent(**more)
    for unit_id in batch_signers.signers(batch):
        code = next(unit.code for unit in units.all_units() if unit.id == unit_id)
        batch_signing.sign(batch.id, version=batch.version, actor=person(code))
    assert batch.state == "confirming"
    return batch


def confirmed(**more: Any) -> TransferBatch:
    """One for which a job is queued that puts it into effect."""
    batch = signed(**more)
    return batch_signing.confirm(batch.id, version=batch.version, actor=person("bureau_head"))


def multiply(number: str, count: int) -> None:
    """So many copies of a project, with its facts and what is decided and held of it: one statement for each table."""
    few = select(literal(1).label("copy")).cte("copies", recursive=True)
    few = few.union_all(select(few.c.copy + 1).where(few.c.copy < count))
    key = few.c.copy + COPIES_FROM
    first = db.session.query(Project.id).filter_by(number=number).scalar()
    for model in (Project, ProjectFacts, Decision, Holding):
        table: Any = model.__table__
        new = (
            {"id": key, "number": literal("N") + cast(key, String)}
            if model is Project
            else {"project_id": key}
        )
        columns = {column.name: column for column in table.columns if column.name != "id"} | new
        of = table.c.id if model is Project else table.c.project_id
        found = select(*columns.values()).select_from(few).join(table, of == first)
        db.session.execute(insert(table).from_select(list(columns), found, include_defaults=False))
    copied = update(Project).where(Project.id > COPIES_FROM).values(decision_id=standing.current(TODAY))
    db.session.execute(copied, execution_options={"synchronize_session": False})


def enter() -> None:
    """Founded books with all that."""
    founded.enter()
    with clock.at(TODAY), transaction():
        begin()


def enter_many() -> None:
    """The same with five thousand projects that one batch moves, and a job queued that puts it into effect."""
    enter()
    with clock.at(TODAY), transaction():
        multiply("P000", MANY - 4)
        confirmed()


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Those books, a copy for each test."""
    with databases.copied(request, "batching", enter, tmp_path) as made:
        yield made
