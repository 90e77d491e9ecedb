"""Work done beside the pages, and the processes that do it. Working tables: rows may go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.people import User

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")

_OPEN, _OVER = text("finished_at IS NULL"), text("finished_at IS NOT NULL")


class Job(Base):
    """One piece of work; it is open until it has a finishing instant. All instants are of the real clock."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", JOB_STATES),
        # An open job of one key exists once.
        Index("uq_jobs_open_key", "key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        # What a worker asks for every second.
        Index("ix_jobs_open", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "key"),
        Index(None, "subject_type", "subject_id"),
        Index(None, "actor_id", "id"),
        Index("ix_jobs_finished_at", "finished_at", sqlite_where=_OVER, postgresql_where=_OVER),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    position: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """How far it is, kept with each step, for whoever takes it up; the payload stays as it was asked for."""
    state: Mapped[str] = mapped_column(default="queued")
    queued_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now)
    due_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now)
    """Queued: not before. Running: the end of the lease, after which another worker takes it up."""
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    worker: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    most_attempts: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    message: Mapped[str | None]
    """What it is doing, as a message id; never a finished sentence."""
    message_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    again: Mapped[bool] = mapped_column(default=False)
    """Asked for once more while it was running: it then begins anew instead of being done."""
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str | None]
    """Why the last attempt failed, as a message id."""
    error_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    subject_type: Mapped[str | None]
    subject_id: Mapped[int | None]

    actor: Mapped[User | None] = relationship()


class Worker(Base):
    """A process that works on jobs; it says every few seconds that it is alive, and goes when it is stopped."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now, index=True)
