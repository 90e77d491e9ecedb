"""Seeded books for jobs, and kinds of jobs that only tests have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from crm.job_kinds import KINDS, Kind
from crm.work import WORK, Work
from crm.work.runs import Run
from tests.importing import database, other_app, seeded_postgresql, seeded_sqlite

__all__ = ["database", "other_app", "seeded_postgresql", "seeded_sqlite"]

Do = Callable[[Run], Mapping[str, Any] | None]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Adds a kind of job that a function does; returns its code."""

    def add(do: Do, most_attempts: int = 3) -> str:
        monkeypatch.setitem(KINDS, "test.do", Kind("test.do", "测试", most_attempts))
        monkeypatch.setitem(WORK, "test.do", Work(do))
        return "test.do"

    return add
