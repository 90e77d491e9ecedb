"""The names that leads and enterprises have or had, as duplicates are looked for, and the pairs of characters in them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base


class NameKey(Base):
    """A normalised name, once, however many have it; see crm.services.names."""

    __tablename__ = "name_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)


class NamePair(Base):
    """Two characters that stand side by side in a normalised name."""

    __tablename__ = "name_pairs"
    __table_args__ = {"sqlite_with_rowid": False}

    pair: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The code points of both as one number, which every database compares alike."""
    key_id: Mapped[int] = mapped_column(ForeignKey("name_keys.id"), primary_key=True, autoincrement=False)
