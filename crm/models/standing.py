"""Which day the standing columns of projects are of."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base


class Standing(Base):
    """One row: the day whose decisions stand beside the projects, or are being put there."""

    __tablename__ = "standing"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    day: Mapped[date]
    rolled_from: Mapped[date | None]
    """The latest day that some project may still be of; none where every project is of `day`."""
