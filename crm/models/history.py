"""What happened, by whom, when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Base, Instant
from crm.models.dated import InsertOnly
from crm.models.people import User


class AuditEvent(InsertOnly, Base):
    """One thing that happened, with its code of the closed list in crm/actions.py; only crm/services/history.py
    adds one.

    `digest` is the SHA-256 of its fields and of `previous`, the digest of the entry before it. That no two entries
    follow the same one is the database's to refuse.
    """

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject_type", "subject_id"), Index(None, "action", "business_day"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    business_day: Mapped[date]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    action: Mapped[str]
    subject_type: Mapped[str | None]
    subject_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    previous: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]

    actor: Mapped[User | None] = relationship()
