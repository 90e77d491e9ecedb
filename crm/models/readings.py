"""Where the notice allows more than one reading: what was chosen from when, and who may rule."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base, one_of
from crm.models.dated import Dated

CODES = tuple(f"R{number}" for number in range(1, 12))


class ReadingTerm(Dated, Base):
    """From a day on a question R1 to R11 is read this way, and on what basis."""

    __tablename__ = "reading_terms"
    __table_args__ = (UniqueConstraint("code", "valid_from", "recorded_at"), one_of("code", CODES))
    SUBJECT: ClassVar[tuple[str, ...]] = ("code",)

    code: Mapped[str]
    choice: Mapped[str]
    basis: Mapped[str]


class AdjudicatorTerm(Dated, Base):
    """裁定机关: from a day on this unit may rule; none where nobody may."""

    __tablename__ = "adjudicator_terms"
    __table_args__ = (UniqueConstraint("valid_from", "recorded_at"),)

    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
