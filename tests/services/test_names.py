"""Names that are alike are found among many, by an index, whoever brought them in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rapidfuzz import fuzz
from sqlalchemy import func, select

from crm.company_names import key
from crm.db import count_statements, db, transaction
from crm.models import Enterprise, NameKey, NamePair
from crm.seeds import foundation
from crm.services import companies, names
from tests import build
from tests.importing import applied, line, sheet

BRANDS = ("汉芯微", "恒瑞达", "宏远兴", "博泰康", "华盛源", "镕达信", "翀云起", "喆信诺")
TRADES = ("电子显示", "汽车零部件", "生物医药", "冷链物流", "检测认证")


def test_those_that_are_alike_are_found_and_no_others(session: Any) -> None:
    known = [brand + trade for brand in BRANDS for trade in TRADES]
    names.add(known)
    for asked in ("汉芯威汽车零部件", "恒瑞达生物药", "宏远兴冷链", "博泰康", "电子显示汉芯微"):
        with count_statements() as ran:
            found = names.alike(asked, 60)
        assert ran.count <= 2
        assert found == {name: int(score) for name in known if (score := fuzz.ratio(asked, name)) >= 60}
    assert names.alike("汉芯", 60) == names.alike("", 60) == names.alike("完全不同的名称", 60) == {}
    assert names.alike(known[0], 60).get(known[0]) is None


def test_what_all_names_have_does_not_hide_what_few_have(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "ASKED", 400)
    names.add(f"{chr(0x4E00 + number)}{chr(0x5E00 + number)}电子科技" for number in range(1_500))
    names.add(["镕达信电子科技"])
    assert names.alike("镕达信电子技术", 80) == {"镕达信电子科技": 85}
    assert len(names.alike("电子科技", 60)) <= names.KEPT


def test_a_name_is_kept_once_and_a_changed_one_is_found_by_the_new(session: Any) -> None:
    district = build.district()
    lead = build.lead(district.jd, name="武汉漢芯微電子有限公司")
    names.index_lead(lead)
    enterprise = companies.of("汉芯微电子公司", None)
    assert enterprise is not None and enterprise.name_key == lead.name_key == "汉芯微电子"
    assert session.scalar(select(func.count()).select_from(NameKey)) == 1
    assert session.scalar(select(func.count()).select_from(NamePair)) == 4
    enterprise.name = "恒瑞达生物医药（武汉）有限公司"
    names.index_enterprise(enterprise)
    assert enterprise.name_key == "恒瑞达生物医药"
    assert set(names.alike("恒瑞达生物制药", 80)) == {"恒瑞达生物医药"}


def test_names_that_are_none_are_indexed_without_a_word(session: Any) -> None:
    names.add(["", "汉", "汉芯"])
    assert session.scalar(select(func.count()).select_from(NameKey)) == 0
    long = key("汉芯微电子显示" * 1_000)
    names.add([long, long])
    assert names.alike(long[:-1], 85) == {long: 99}


def test_what_an_import_brings_is_indexed_afterwards(app: Flask, tmp_path: Path) -> None:
    investors = ("武汉汉芯微电子有限公司", "恒瑞达生物医药公司")
    with app.app_context():
        with transaction():
            foundation.add_ground(actor=None)
        applied(
            sheet(tmp_path / "new.csv", (line(f"P{n}", 投资企业=name) for n, name in enumerate(investors)))
        )
        assert names.alike("汉芯微电子品", 60) == {}
        for more in (True, True, False):
            with transaction():
                assert names.index_pending(1) is more
        assert names.alike("汉芯微电子品", 60) == {"汉芯微电子": 90}
        assert set(db.session.scalars(select(Enterprise.name_key))) == {"汉芯微电子", "恒瑞达生物医药"}
