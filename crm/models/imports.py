"""Sheets being brought into the books: staged, checked, then applied at once. Working tables: rows may go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.attribution import STATUSES, DecisionColumns
from crm.models.projects import FactColumns, fact_checks

STATES = ("staging", "checked", "applied", "failed", "abandoned")
ROW_ACTIONS = ("new", "changed", "same", "error")


class Import(Base):
    """One uploaded file on its way into the books; the file itself is kept in the uploads folder by its
    digest.
    """

    __tablename__ = "imports"
    __table_args__ = (one_of("status", STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    effective_from: Mapped[date]
    status: Mapped[str] = mapped_column(default="staging", index=True)
    total_rows: Mapped[int | None]
    staged_rows: Mapped[int] = mapped_column(default=0)
    new_rows: Mapped[int] = mapped_column(default=0)
    changed_rows: Mapped[int] = mapped_column(default=0)
    same_rows: Mapped[int] = mapped_column(default=0)
    error_rows: Mapped[int] = mapped_column(default=0)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    heartbeat_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now)
    """Real time, so that a process that died is noticed whatever day the books stand on."""
    applied_at: Mapped[datetime | None] = mapped_column(Instant)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))


class StagedRow(FactColumns, Base):
    """One row of the file: its cells as they were, its errors, and the facts they resolve to."""

    __tablename__ = "staged_rows"
    __table_args__ = (
        one_of("action", ROW_ACTIONS),
        *fact_checks(),
        Index(None, "import_id", "number"),
        Index(None, "import_id", "action"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str | None]
    cells: Mapped[list[Any]] = mapped_column(JSON)
    errors: Mapped[list[Any]] = mapped_column(JSON, default=list)
    action: Mapped[str]
    credit_code: Mapped[str | None]
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))


class StagedDecision(DecisionColumns, Base):
    """What the project of a staged row will be decided from a day on."""

    __tablename__ = "staged_decisions"
    __table_args__ = (one_of("status", STATUSES),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_day: Mapped[date] = mapped_column(primary_key=True)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
