"""The targets that the plans of a year set."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from crm.db import Base
from crm.models.dated import Dated


class Target(Dated, Base):
    """A target or written task of a year, as the plan words it; figures are text, as printed (`≥15`,
    `前3`).
    """

    __tablename__ = "targets"
    __table_args__ = (UniqueConstraint("year", "code", "scope", "valid_from", "recorded_at"),)
    SUBJECT: ClassVar[tuple[str, ...]] = ("year", "code", "scope")

    year: Mapped[int]
    code: Mapped[str]
    scope: Mapped[str]
    section: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    measure: Mapped[str]
    expected: Mapped[str]
    stretch: Mapped[str]
    unit: Mapped[str]
    computed_from: Mapped[str]
    definition: Mapped[str]
    lead: Mapped[str]
    responsible: Mapped[str]
    source: Mapped[str]
