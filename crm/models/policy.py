"""What the notices leave to the district: dated settings."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from crm.db import Base
from crm.models.dated import Dated


class SettingTerm(Dated, Base):
    """From a day on the district has set this value; before its first row the default holds, marked 本区未定."""

    __tablename__ = "setting_terms"
    __table_args__ = (UniqueConstraint("key", "valid_from", "recorded_at"),)
    SUBJECT: ClassVar[tuple[str, ...]] = ("key",)

    key: Mapped[str]
    value: Mapped[str]
    """As crm.policy reads it."""
    basis: Mapped[str]
