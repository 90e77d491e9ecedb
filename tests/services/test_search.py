"""Any characters of name, investor and number are found, by the index or before it knows them, and nothing else is."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm import clock
from crm.db import db, transaction
from crm.folding import asked, fold, tokens
from crm.models import Project, ProjectText, SearchPending
from crm.rules.facts import Facts
from crm.services import projects, search
from crm.services.search import Words
from crm.sheets.registry import RegistryRow
from tests.founded import database
from tests.importing import applied, line, sheet
from tests.services.test_histories import TODAY

__all__ = ["database"]

PIECES = ("精密", "模具", "基地", "ＡＢ厂", "a-b", "100%", "_甲", "\"乙\"", "'丙'", "《丁》", "𠮷林", "(武汉)", "a\\b", "Ünal", " ", "的")  # fmt: skip
ASKED = (
    "精", "密模", "模具基", "AB", "ab厂", "ａｂ", "%", "_", "\"", "'", "\\", "𠮷", "𠮷林", "（武汉）", "ünal", "Ü", "0%",
    "甲", "乙 丙", "精 模具", "不存在", "*", "a-", "-b", "OR", "NEAR", "精 AND 密", "p0", "P00", "的 的", "🐉",
)  # fmt: skip


def register(number: str, name: str, investor: str = "") -> Project:
    """A project in the books."""
    facts = Facts(attracted_by="jd", origin="new_introduction", signed_on=TODAY)
    return projects.register(RegistryRow(2, number, name, investor, None, "3525", facts, None), actor=None)


def by_index(session: Any, text: str) -> set[str]:
    """The numbers that a search finds by ids."""
    ids = search.found(Words.of(text)).cte("found")
    return set(session.scalars(select(Project.number).where(Project.id.in_(select(ids.c.id)))))


def by_looking(session: Any, text: str) -> set[str]:
    """The numbers that have all words, by looking at every project here."""
    found = set()
    for project in session.scalars(select(Project)):
        fields = [fold(field) for field in (project.name, project.investor, project.number) if field]
        if all(any(word in field for field in fields) for word in fold(text).split()):
            found.add(project.number)
    return found


def check(session: Any) -> None:
    """Every question is answered alike in every way there is."""
    for text in ASKED:
        expected = by_looking(session, text)
        assert by_index(session, text) == expected, text
        having = select(Project.number).where(search.having(Words.of(text)))
        assert set(session.scalars(having)) == expected, text
        assert search.count(Words.of(text)) == search.Found(len(expected), False), text


@pytest.mark.parametrize("seed", range(2))
def test_what_is_found_is_what_looking_finds_after_any_changes(session: Any, seed: int) -> None:
    chance = random.Random(seed)

    def some() -> str:
        return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 5))).strip() or "空"

    with clock.at(TODAY):
        made = [register(f"P{number:03}", some(), some()) for number in range(12)]
        check(session)
        for project in made[::2]:
            projects.change(project, {"name": some(), "investor": some()}, actor=None)
        check(session)
        assert session.scalar(select(func.count(SearchPending.project_id))) == 0


def test_what_an_import_brings_is_found_at_once_and_indexed_in_parts(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WINDOW", 1)
    with app.app_context(), clock.at(TODAY):
        session = db.session
        names = [name for name in PIECES if name.strip()]
        lines = [line(f"P{n:03}", 项目名称=f"{a}{b}") for n, (a, b) in enumerate(pairwise(names))]
        applied(sheet(tmp_path / "new.csv", lines))
        waiting = select(func.count(SearchPending.project_id))
        assert session.scalar(waiting) == len(lines)
        check(session)
        steps = 0
        more = True
        while more:
            with transaction():
                more = search.index_pending(5)
            steps += 1
            check(session)
        assert steps == len(lines) // 5 + 1 and session.scalar(waiting) == 0
        changed = [row | {"项目名称": row["项目名称"] + "改"} for row in lines[:4]]
        for suffix in ("改", "再"):
            # changed twice before the index hears of it: it still forgets the text that it has
            changed = [row | {"项目名称": row["项目名称"] + suffix} for row in changed]
            applied(sheet(tmp_path / f"{suffix}.csv", changed))
            check(session)
        with transaction():
            projects.change(
                session.get(Project, session.scalar(select(func.min(Project.id)))),
                {"name": "新名"},
                actor=None,
            )
        check(session)
        with transaction():
            assert not search.index_pending()
        check(session)
        assert session.scalar(waiting) == 0
        assert by_index(session, "新名") and not by_index(session, "新的名")


def test_tokens_are_characters_and_pairs_and_never_cross_a_space() -> None:
    assert tokens("ab c") == {"61", "62", "63", "61x62"}
    assert asked("a") == {"61"} and asked("abc") == {"61x62", "62x63"}
    assert fold("Ａ　B\tç") == "a b ç"


def test_words_are_looked_for_in_the_order_of_the_list_where_a_page_of_it_comes_sooner_that_way(
    session: Any,
) -> None:
    session.add(Project(id=40_000, number="N40", name="乙", version=1))
    session.flush()
    session.add(ProjectText(project_id=40_000, text="乙"))
    session.flush()
    # a page of 50 among 40,000: from about 1,414 found on, 50 of them lie among fewer than have to be fetched and sorted
    few, many = search.Found(1_414, False), search.Found(1_415, False)
    assert not search.is_common(few, alone=True, rows=50)
    assert search.is_common(many, alone=True, rows=50)
    assert not search.is_common(many, alone=False, rows=50), "a narrower list has fewer of them"
    assert search.is_common(search.Found(search.MOST_FOUND, True), alone=False, rows=50)


def test_in_large_books_what_many_have_is_counted_no_further_than_anybody_needs(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        register(f"Q{number}", "软件园" if number % 2 else "食品厂")
    monkeypatch.setattr(search, "DEEP", 20)
    monkeypatch.setattr(search, "OFTEN", 5)
    monkeypatch.setattr(search, "ENOUGH", 8)
    assert search.count(Words.of("软件")) == search.Found(8, True)
    monkeypatch.setattr(search, "ENOUGH", 11)
    assert search.count(Words.of("软件")) == search.Found(15, False), (
        "too few among the newest: the index tells"
    )
    monkeypatch.setattr(search, "DEEP", 50_000)
    assert search.count(Words.of("软件")) == search.Found(15, False)
