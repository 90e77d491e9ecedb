"""月结: the months that are closed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm import clock
from crm.db import Base, Instant
from crm.models.dated import InsertOnly


class MonthClose(InsertOnly, Base):
    """A closed month `YYYY-MM`. The database refuses one that does not follow the last, and a wrong
    last day.
    """

    __tablename__ = "month_closes"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(unique=True)
    last_day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))
