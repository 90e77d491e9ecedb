"""国民经济行业分类 GB/T 4754-2017."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base


class Industry(Base):
    """A section (level 1, a letter), division (2), group (3) or class (4 digits) of the standard."""

    __tablename__ = "industries"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 4", name="level"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[int]
    parent: Mapped[str | None] = mapped_column(ForeignKey("industries.code"), index=True)
    section: Mapped[str]
    pinyin: Mapped[str] = mapped_column(default="", server_default="")
    """The name spelt without tones and spaces: qiche…; nothing where it has no character."""
    initials: Mapped[str] = mapped_column(default="", server_default="")
    """The first letter of each of its characters: qc…"""
