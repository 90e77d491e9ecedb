"""The notice passage by passage: nothing left out, nothing added, each clause beside its own words."""

from __future__ import annotations

import re

from crm.rules.facts import Readings
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.rules.passages import DOCUMENT, passages


def test_the_passages_are_the_notice() -> None:
    text = re.sub(r"\s+", "", DOCUMENT.read_text(encoding="utf-8"))
    assert re.sub(r"\s+", "", "".join(passage.words for passage in passages())) == text


def test_each_passage_is_applied_or_has_a_reason() -> None:
    for passage in passages():
        assert bool(passage.rules) != bool(passage.reason), passage.words
    shown = [clause for passage in passages() for clause in passage.clauses]
    assert len(shown) == len(WLKB_2020_1.clauses) and set(shown) == set(WLKB_2020_1.clauses)
    assert [passage.words[:2] for passage in passages() if passage.is_section] == [
        "一、",
        "二、",
        "三、",
        "四、",
        "五、",
    ]


def test_an_outline_asks_everything_whatever_the_project() -> None:
    for clause in WLKB_2020_1.clauses:
        conditions, result = clause.outline(Readings())
        assert conditions and result.lead
    major = next(clause for clause in WLKB_2020_1.clauses if clause.id == "3.1-named-major")
    assert [
        seen.holds for seen in major.outline(Readings(R2="named-only"))[0] if "reading:R2" in seen.facts
    ] == [False]
