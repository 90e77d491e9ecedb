"""The standard looked up by code, by name, by the group's name and by pinyin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crm import create_app
from crm.db import count_statements, db, downgrade, transaction, upgrade
from crm.services import industries
from crm.sheets.vocabulary import rows
from tests.databases import Database


@pytest.fixture
def standard(session: Any) -> Any:
    """Motor vehicles, and what is spelt like them."""
    wanted = [
        {"code": row["code"], "name": row["name"], "level": int(row["level"]), "parent": row["parent"] or None,
         "section": row["section"]}
        for row in rows("gbt4754.csv")
        if row["code"] in {"C", "36"} or row["code"].startswith(("36", "39", "27"))
    ]  # fmt: skip
    wanted = [row for row in wanted if row["parent"] is None or row["section"] == "C"]
    industries.load_industries(sorted(wanted, key=lambda row: (row["level"], row["code"])), actor=None)
    return session


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("3670", "3670"),
        ("汽车零部件", "3670"),
        ("qiche", "3620"),
        ("QC", "3611"),
        ("ｑｃｌｂｊ", "3670"),
        ("qichelingbujian", "3670"),
        ("汽车 lingbujian", "3670"),
        ("36 配件", "3670"),
        ("计算机制造 39 zhengji", "3911"),
    ],
)
def test_a_class_by_what_people_type(standard: Any, asked: str, first: str) -> None:
    with count_statements() as seen:
        found = industries.search(asked, limit=20)
    assert seen.count == 1 and found and found[0].code == first, [one.name for one in found]


@pytest.mark.parametrize("asked", ["zzzz", "汽车 zzzz", "%", "_", "q%che", "\\", "' OR 1=1"])
def test_nothing_else_is_found(standard: Any, asked: str) -> None:
    assert industries.search(asked, limit=20) == []


def test_pinyin_leaves_out_what_is_no_character() -> None:
    assert industries.spelt("铝（IT）、绿色") == ("lvlvse", "lls")


def test_those_that_are_there_are_spelt_by_the_revision(database: Database, tmp_path: Path) -> None:
    app = create_app(database.settings(tmp_path / "instance"))
    downgrade(app, "0013")
    with app.app_context(), transaction():
        db.session.execute(
            text("INSERT INTO industries (code, name, level, section) VALUES ('C', '制造业', 1, 'C')")
        )
    upgrade(app)
    with app.app_context():
        found = industries.industry("C")
        assert found and (found.pinyin, found.initials) == ("zhizaoye", "zzy")
    with app.app_context():
        db.engine.dispose()
