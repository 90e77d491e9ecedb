"""The four levels, what may be told of what was found, and what is not found."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from bench.registry import credit_code
from crm import clock
from crm.db import count_statements
from crm.models import Enterprise, Lead, Unit
from crm.services import companies, duplicates, names, policy
from crm.services.duplicates import MOST, find
from tests import build

CODE, OTHER_CODE = credit_code(1), credit_code(2)
NAME = "武汉汉芯微电子有限公司"


def lead(unit: Unit, number: str, name: str, code: str | None = None, **facts: Any) -> Lead:
    """A lead that is found by its name."""
    made = build.lead(unit, number, name=name, **facts)
    names.index_lead(made)
    if code:
        made.enterprise_id = enterprise(name, code).id
    return made


def enterprise(name: str, code: str | None = None) -> Enterprise:
    """An enterprise that is found by its name."""
    found = companies.of(name, code, told=False)
    assert found is not None
    return found


@pytest.fixture
def district(session: Any) -> build.District:
    """Units, and the leads of two of them."""
    made = build.district()
    lead(made.jd, "XS1", NAME, CODE, investor="汉芯集团")
    lead(made.sy, "XS2", "恒瑞达生物医药（武汉）有限公司")
    return made


LEVELS = (
    ("另一个名字的公司", "", CODE, 1, None),
    ("另一个名字的公司", "", CODE.lower(), 1, None),
    ("另一个名字的公司", "", "".join(chr(ord(c) + 0xFEE0) for c in CODE), 1, None),
    ("漢芯微電子", "汉芯集团有限公司", None, 2, 100),
    ("汉芯微电子", "", None, 3, 100),
    ("汉芯微电子", "别的集团", None, 4, 100),
    ("汉芯微电子厂", "汉芯集团", None, 3, 90),
    ("汉芯微电子厂", "", None, 3, 90),
    ("汉芯微电子厂", "别的集团", None, 4, 90),
    ("汉芯微显示", "汉芯集团", None, 4, 60),
)


def test_the_levels(session: Any, district: build.District) -> None:
    for name, investor, code, level, similarity in LEVELS:
        best = find(name, investor, code, user=None)[0]
        assert (best.number, best.level) == ("XS1", level), name
        assert similarity in (None, best.similarity), name
        assert best.stops is (level < 4)


def test_what_is_not_found(session: Any, district: build.District) -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    for asked in (
        ("完全不同的名称", "汉芯集团", OTHER_CODE),
        ("", "", wrong),
        ("", "汉芯集团", None),
        ("汉芯", "", None),
    ):
        assert find(*asked, user=None) == []
    for number, (stage, more) in enumerate(
        {"withdrawn": {"lost_reason": "other"}, "merged": {"merged_into_id": 1}}.items()
    ):
        lead(district.jd, f"XS9{number}", "镕达信冷链物流", stage=stage, **more)
    assert find("镕达信冷链物流", user=None) == []
    waiting = lead(district.jd, "XS8", "镕达信冷链物流", stage="triage")
    assert [one.number for one in find("镕达信冷链物流", user=None)] == ["XS8"]
    assert find("镕达信冷链物流", user=None, without=waiting) == []


def test_short_names_are_alike_only_where_they_are_the_same(session: Any, district: build.District) -> None:
    for number, name in enumerate(("汉光", "汉显", "汉", "汉光显")):
        lead(district.jd, f"XS1{number}", name)
    assert [one.number for one in find("汉光", user=None)] == ["XS10"]
    assert [one.number for one in find("汉", user=None)] == ["XS12"]
    assert {one.number for one in find("汉光显", user=None)} == {"XS13"}


def test_a_setting_of_the_district_is_kept_to(session: Any, district: build.District) -> None:
    assert find("汉芯微显示", user=None)[0].level == 4
    for key, value in (("similar_percent", 61), ("alike_percent", 91)):
        policy.set_value(key, value, basis="文", valid_from=date(2020, 5, 1), actor=None)
    assert find("汉芯微显示", user=None) == []
    assert find("汉芯微电子厂", "汉芯集团", user=None)[0].level == 4


def test_what_is_told_follows_who_asks(session: Any, district: build.District) -> None:
    staff = build.user(unit=district.sy)
    own = find("恒瑞达生物医药", user=staff)[0]
    assert (own.name, own.number, own.unit_id) == ("恒瑞达生物医药（武汉）有限公司", "XS2", district.sy.id)
    (others,) = find("汉芯微电子", user=staff)
    assert (others.name, others.number, others.unit_id) == (None, "XS1", district.jd.id)
    assert others.since == clock.today() and not others.pooled
    with clock.at(clock.today() + timedelta(days=91)):
        (free,) = find("汉芯微电子", user=staff)
        assert free.pooled and free.name == NAME
    bureau = build.user("reviewer", unit=district.swj)
    assert find("汉芯微电子", user=bureau)[0].name == NAME


def test_enterprises_count_once_they_have_a_project(session: Any, district: build.District) -> None:
    made = enterprise("镕达信冷链物流有限公司", OTHER_CODE)
    asked = ("镕达信冷链物流", "", OTHER_CODE)
    assert find(*asked, user=None) == []
    build.project("P1", enterprise_id=made.id, attracted_by_id=district.gx.id, signed_on=date(2020, 6, 1))
    build.project("P2", enterprise_id=made.id, attracted_by_id=district.jd.id, signed_on=date(2021, 1, 1))
    (found,) = find(*asked, user=build.user())
    assert (found.level, found.enterprise_id, found.unit_id) == (1, made.id, district.jd.id)
    assert (found.since, found.name, found.number) == (date(2020, 6, 1), "镕达信冷链物流有限公司", None)
    assert find("镕达信冷链物流", user=None)[0].level == 2
    assert find("镕达信冷藏物流", user=None)[0].level == 3
    assert find("镕达信冷链物流", user=build.user("auditor")) == []


def test_best_first_and_no_more_than_can_be_read(session: Any, district: build.District) -> None:
    for number in range(30):
        lead(district.jd, f"XS1{number:02}", f"宏远兴汽车零部件{chr(0x4E00 + number)}")
    lead(district.jd, "XS200", "宏远兴汽车零部件")
    with count_statements() as ran:
        found = find("宏远兴汽车零部件", "", CODE, user=build.user())
    assert len(found) == MOST
    assert [one.number for one in found[:2]] == ["XS1", "XS200"]
    assert sorted(found, key=lambda one: (one.level, -one.similarity)) == found
    with count_statements() as ran:
        duplicates.find("宏远兴汽车零部件", "", CODE, user=None)
    assert ran.count <= 5


def test_whatever_is_asked_there_is_an_answer(session: Any, district: build.District) -> None:
    draw = random.Random(5)
    pieces = (
        "武汉",
        "公司",
        "汉芯",
        "微电子",
        "\0",
        "\ud800",
        "%",
        "_",
        "'",
        "🐉",
        "(",
        "）",
        " ",
        "A",
        "９",
    )
    for _ in range(25):
        name, investor, code = ("".join(draw.choices(pieces, k=draw.randint(0, 9))) for _ in range(3))
        assert len(find(name, investor, code, user=None)) <= MOST
    find("汉芯微电子" * 10_000, "x" * 100_000, "9" * 100_000, user=None)
