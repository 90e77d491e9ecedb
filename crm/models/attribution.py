"""What was decided: shared outcomes and, a row a project and span, who leads what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import InsertOnly

RESPONSIBILITIES = (
    "attraction",
    "landing",
    "enterprise_service",
    "indicators",
    "policy_delivery",
    "work_safety",
)
STATUSES = ("decided", "provisional", "undetermined")


class Outcome(InsertOnly, Base):
    """What a rulebook answers for one combination of relations: roles, rules and explanation, no names."""

    __tablename__ = "outcomes"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    rulebook: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class DecisionColumns:
    """Who leads each of the six responsibilities, and the worst status among them."""

    attraction_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    landing_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    enterprise_service_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    indicators_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    policy_delivery_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    work_safety_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    status: Mapped[str | None]
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))


class Decision(DecisionColumns, InsertOnly, Base):
    """From a day on a project's attribution; no outcome where nothing is decided from here on."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("project_id", "from_day", "recorded_at"),
        # in force on a day is the last of these; who was ever entitled: by its unit
        Index(None, "project_id", "from_day", "id"),
        Index(None, "indicators_id", "project_id", "from_day"),
        one_of("status", STATUSES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    from_day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"), index=True)
