"""What the books of this database are."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base, one_of

KINDS = ("demonstration", "real")


class Books(Base):
    """One row: demonstration or real, and the business day they stand on (none: the real day)."""

    __tablename__ = "books"
    __table_args__ = (CheckConstraint("id = 1", name="single"), one_of("kind", KINDS))

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    kind: Mapped[str]
    business_day: Mapped[date | None]
