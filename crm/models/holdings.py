"""实属: who holds the two responsibilities that pass from unit to unit, and what a late transfer carries over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import InsertOnly

Duty = Literal["indicators", "enterprise_service"]
DUTIES: tuple[Duty, ...] = ("indicators", "enterprise_service")
"""The responsibilities that pass on by a transfer; the others are held as entitled."""


def duties_of(row: Any) -> tuple[Duty, ...]:
    """Those of them that pass on with whatever says so of each: a transfer, a row of a query, a line of a list."""
    return tuple(duty for duty in DUTIES if getattr(row, duty))


class Holding(InsertOnly, Base):
    """From a day on these units hold a project's indicators and its service; the next row ends it, the last recorded wins.

    Both in one row, so that on every day each has exactly one holder; a row that names nobody says that the project had
    not begun yet.
    """

    __tablename__ = "holdings"
    __table_args__ = (
        UniqueConstraint("project_id", "from_day", "recorded_at"),
        # in force on a day is the last of these; who ever held what: by its unit
        Index(None, "project_id", "from_day", "id"),
        Index(None, "indicators_id", "project_id", "from_day"),
        Index(None, "enterprise_service_id", "project_id", "from_day"),
        CheckConstraint("(indicators_id IS NULL) = (enterprise_service_id IS NULL)", name="both"),
        Index(
            None,
            "transfer_id",
            sqlite_where=text("transfer_id IS NOT NULL"),
            postgresql_where=text("transfer_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    from_day: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    indicators_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    enterprise_service_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"))
    """The transfer that was confirmed; none where the project began."""
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))


class CarryOver(InsertOnly, Base):
    """结转: a line in the open month for closed months in which a figure was booked with the unit that no longer holds it."""

    __tablename__ = "carry_overs"
    __table_args__ = (
        one_of("duty", DUTIES),
        CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        CheckConstraint("first_month <= last_month AND last_month < month", name="months"),
        CheckConstraint("(from_fen IS NULL) = (to_fen IS NULL)", name="both"),
        CheckConstraint("from_fen + to_fen = 0", name="sum"),
        UniqueConstraint("transfer_id", "duty", "figure", "first_month", "event_id"),
        Index(None, "month"),
        Index(None, "project_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"))
    """The transfer that carried over; where facts were corrected since, also of the line that sets its own right, or, of
    months that no line concerned yet, the last that passed the project on."""
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    duty: Mapped[str]
    figure: Mapped[str]
    """Which figure: `total_investment`, or a row of the catalogue of indicators."""
    month: Mapped[str]
    """The open month it is booked in, `YYYY-MM`."""
    first_month: Mapped[str]
    last_month: Mapped[str]
    """The closed months it concerns, both included."""
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    from_fen: Mapped[int | None] = mapped_column(BigInteger)
    to_fen: Mapped[int | None] = mapped_column(BigInteger)
    """What the giving unit has less and the receiving unit more; none where the books do not know the amount."""
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))
