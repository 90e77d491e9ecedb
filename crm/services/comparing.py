"""What the books have of the projects that a sheet names, and by which ground they were decided."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from crm.db import db
from crm.models import Decision, Project, ProjectFacts
from crm.rules.notices.wlkb_2020_1 import WLKB_2020_1
from crm.services.attribution import COLUMNS, Row, Rulebook


class Known(NamedTuple):
    """A project as the books have it."""

    project_id: int
    versions: list[Any]
    """The versions of its facts that count, in order of days."""
    decisions: list[tuple[date, Row]]
    """What is decided from which day on, in order of days."""
    books_rows: int
    """How many versions and decisions there ever were."""


def known_projects(numbers: Sequence[str]) -> dict[str, Known]:
    """The projects among these numbers that the books have: three statements however many."""
    ids = {}
    if numbers:
        query = select(Project.number, Project.id).where(Project.number.in_(numbers))
        ids = {row.number: row.id for row in db.session.execute(query)}
    if not ids:
        return {}
    facts = _rows(ProjectFacts.__table__, "valid_from", list(ids.values()))
    decisions = _rows(Decision.__table__, "from_day", list(ids.values()))
    found = {}
    for number, project_id in ids.items():
        versions, decided = facts.get(project_id, []), decisions.get(project_id, [])
        said = {row.from_day: tuple(getattr(row, column) for column in COLUMNS) for row in decided}
        found[number] = Known(
            project_id,
            list({row.valid_from: row for row in versions}.values()),
            list(said.items()),
            len(versions) + len(decided),
        )
    return found


def digest_of(book: Rulebook) -> str:
    """SHA-256 of everything that a decision depends on besides the facts: names, plates, readings, the notice's days."""
    said: list[object] = [
        sorted(book.ids.items()),
        sorted((area.id, area.name) for area in book.areas.values()),
    ]
    said += [(day, ground.kinds, ground.named_plates, ground.readings) for day, ground in book.grounds]
    said.append((WLKB_2020_1.number, sorted(WLKB_2020_1.changes)))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _rows(table: Any, first_day: str, project_ids: list[int]) -> dict[int, list[Any]]:
    assert isinstance(table, Table)
    query = select(table).where(table.c.project_id.in_(project_ids))
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(query.order_by(table.c.project_id, table.c[first_day], table.c.id)):
        found.setdefault(row.project_id, []).append(row)
    return found
