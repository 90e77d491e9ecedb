"""What an import does to the books, project by project: the facts that change and the attribution that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from crm.db import db
from crm.models import Decision, Import, Project, StagedDecision, StagedRow
from crm.services import imports


@dataclass(frozen=True)
class Shift:
    """What is decided from a day on, and the decision that it takes the place of; none where there was none."""

    decided: Decision | StagedDecision
    replaced: Decision | None


@dataclass(frozen=True)
class Preview:
    """A staged row, or a project that was new, with the attribution that follows, from which day on."""

    row: StagedRow | Project
    shifts: Sequence[Shift]
    row_number: int = 0
    """Where it stands in the file; 0 for a project that is in the books."""


def previews(import_: Import, action: str, *, after: int = 0, limit: int) -> list[Preview]:
    """Staged rows of one kind with the decisions that follow from them: three statements."""
    found = imports.rows(import_, action, after=after, limit=limit)
    query = select(StagedDecision).where(
        StagedDecision.import_id == import_.id,
        StagedDecision.row_number.in_([row.row_number for row in found]),
    )
    decided: dict[int, list[StagedDecision]] = {}
    for decision in db.session.scalars(query.order_by(StagedDecision.row_number, StagedDecision.from_day)):
        decided.setdefault(decision.row_number, []).append(decision)
    stored = _stored([row.project_id for row in found if row.project_id is not None], import_.applied_at)
    return [
        Preview(
            row,
            [
                Shift(one, _held(stored.get(row.project_id or 0, ()), one))
                for one in decided.get(row.row_number, ())
            ],
            row.row_number,
        )
        for row in found
    ]


def entered(import_: Import, *, limit: int) -> list[Preview]:
    """The projects that an applied import brought into the books, in order of entry: two statements."""
    if import_.event_id is None:
        return []
    changed = select(StagedRow.project_id).where(
        StagedRow.import_id == import_.id, StagedRow.action == "changed"
    )
    query = select(Decision).where(Decision.event_id == import_.event_id, Decision.project_id.not_in(changed))
    ids = query.with_only_columns(Decision.project_id).distinct().order_by(Decision.project_id).limit(limit)
    projects = {
        project.id: project
        for project in db.session.scalars(select(Project).where(Project.id.in_(ids)).order_by(Project.id))
    }
    query = query.where(Decision.project_id.in_(projects)).order_by(Decision.from_day)
    decided: dict[int, list[Shift]] = {}
    for decision in db.session.scalars(query):
        decided.setdefault(decision.project_id, []).append(Shift(decision, None))
    return [Preview(project, decided.get(number, ())) for number, project in projects.items()]


def _stored(project_ids: Sequence[int], before: datetime | None) -> dict[int, list[Decision]]:
    query = select(Decision).where(Decision.project_id.in_(project_ids))
    if before is not None:
        query = query.where(Decision.recorded_at < before)
    found: dict[int, dict[object, Decision]] = {}
    for row in db.session.scalars(query.order_by(Decision.project_id, Decision.from_day, Decision.id)):
        found.setdefault(row.project_id, {})[row.from_day] = row
    return {project_id: list(rows.values()) for project_id, rows in found.items()}


def _held(stored: Sequence[Decision], decided: StagedDecision) -> Decision | None:
    held = [row for row in stored if row.from_day <= decided.from_day]
    return held[-1] if held and held[-1].outcome_id is not None else None
