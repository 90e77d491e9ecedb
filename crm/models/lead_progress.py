"""进展: what was done about a lead."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import InsertOnly
from crm.models.people import User
from crm.models.units import Unit

PROGRESS_KINDS = ("call", "visit", "meeting", "site_inspection", "draft_agreement")
"""电话, 拜访, 会谈, 现场考察, 协议草案."""

COUNTED_KINDS = ("visit", "meeting", "site_inspection", "draft_agreement")
"""What counts as progress (practice.md): a telephone call does not."""


class LeadProgress(InsertOnly, Base):
    """What was done about a lead on a day. A mistake is put right by a later row that replaces it."""

    __tablename__ = "lead_progress"
    __table_args__ = (
        one_of("kind", PROGRESS_KINDS),
        Index(None, "lead_id", "day", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[str]
    day: Mapped[date]
    people: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str]
    next_step: Mapped[str] = mapped_column(default="")
    next_step_on: Mapped[date | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("lead_progress.id"), unique=True)
    void: Mapped[bool] = mapped_column(default=False)
    """Does it take the replaced row away, putting nothing in its place?"""
    form_key: Mapped[str | None] = mapped_column(unique=True)
    """Of the form that sent it, so that a form sent twice counts once."""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    unit: Mapped[Unit | None] = relationship()
    actor: Mapped[User | None] = relationship()
