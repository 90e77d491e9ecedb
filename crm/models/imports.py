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
    """One uploaded file on its way into the books; the file itself is kept in the uploads folder by its digest."""

    __tablename__ = "imports"
    __table_args__ = (one_of("status", STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    effective_from: Mapped[date]
    head: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The file's column names as they were."""
    problems: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """What is wrong with the file as a whole: its head, its kind, its length."""
    ground: Mapped[str | None]
    """Digest of the units, plates and readings by which the rows were decided."""
    rows_sha256: Mapped[str | None]
    """Digest of the rows as they were understood, in file order."""
    attempt: Mapped[int] = mapped_column(default=1)
    """Counts restarts, so that a process that was thought dead cannot write into the next one's work."""
    status: Mapped[str] = mapped_column(default="staging", index=True)
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
    """One row of the file: its errors, or the facts it resolves to and what they will do to the books."""

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
    action: Mapped[str]
    errors: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Each with column, cell, message and values."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the books said in the columns that change."""
    credit_code: Mapped[str | None]
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    books_rows: Mapped[int] = mapped_column(default=0)
    """How many versions and decisions the books had of the project: they only grow, so any change shows."""
    relinks: Mapped[bool] = mapped_column(default=False)
    """Whether the project is to be linked with the enterprise that the row names."""
    introduces: Mapped[bool] = mapped_column(default=False)
    """Whether it is the first row to name that enterprise: where the books lack it, it is added as this row has it."""
    search_text: Mapped[str | None]
    """What searches will find the project by."""
    renames_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    """The enterprise that goes by the row's name from now on."""


class StagedFacts(FactColumns, Base):
    """A later version of a staged row's facts, where the books already have other facts from a later day on."""

    __tablename__ = "staged_facts"
    __table_args__ = fact_checks()

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    adds: Mapped[bool]
    """Whether they differ from what the books have from that day on."""
    newest: Mapped[bool]
    """Whether these are the facts the project ends up with."""
    credit_code: Mapped[str | None]


class StagedDecision(DecisionColumns, Base):
    """What the project of a staged row will be decided from a day on."""

    __tablename__ = "staged_decisions"
    __table_args__ = (one_of("status", STATUSES),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_day: Mapped[date] = mapped_column(primary_key=True)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
