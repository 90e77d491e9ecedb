"""Accounts and the role each has."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Base, one_of
from crm.models.units import Unit

ROLES = (
    "staff",
    "unit_head",
    "reviewer",
    "bureau_head",
    "leader",
    "working_group",
    "administrator",
    "auditor",
)


class User(Base):
    """A person who signs in. Every change of the account raises its version, which ends its sessions."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit | None] = relationship()

    # The four names below are those that Flask-Login asks for.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """May the person sign in?"""
        return self.active

    def get_id(self) -> str:
        """What a session keeps: the account and the version of it that signed in."""
        return f"{self.id}.{self.version}"
