"""Signings that announce themselves to the bureau."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.people import User
from crm.models.projects import Project

ANNOUNCEMENT_KINDS = ("unusual", "mark")
"""A sum far above what is usual; a sum that reaches 30, 50 or 100 亿元."""

_UNSEEN = text("seen_at IS NULL")


class Announcement(Base):
    """A signing that the bureau should hear of without looking for it."""

    __tablename__ = "announcements"
    __table_args__ = (
        one_of("kind", ANNOUNCEMENT_KINDS),
        UniqueConstraint("project_id", "kind", "threshold_fen"),
        Index("ix_announcements_unseen", "id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    threshold_fen: Mapped[int] = mapped_column(BigInteger)
    """The sum that it reached."""
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    project: Mapped[Project] = relationship()
    seen_by: Mapped[User | None] = relationship()
