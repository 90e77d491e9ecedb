"""投资企业: whoever invests, and whom to speak to there or at a lead."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.units import Unit

if TYPE_CHECKING:
    from crm.models.leads import Lead
    from crm.models.projects import Project

ORIGIN_KINDS = ("capital_increase", "expansion", "relocation")
"""How a later project of an enterprise comes from an earlier one: 增资, 扩产, 搬迁."""

_KEYED, _CHILD = text("name_key IS NOT NULL"), text("parent_id IS NOT NULL")


class Enterprise(Base):
    """An enterprise, by its name and, where known, its 统一社会信用代码."""

    __tablename__ = "enterprises"
    __table_args__ = (
        # of those that have one: an import enters 100,000 without, under its write lock
        Index("ix_enterprises_name_key", "name_key", sqlite_where=_KEYED, postgresql_where=_KEYED),
        Index("ix_enterprises_parent_id", "parent_id", sqlite_where=_CHILD, postgresql_where=_CHILD),
        # those an import brought in, until their names are compared like the others
        Index(
            "ix_enterprises_unkeyed",
            "id",
            sqlite_where=text("name_key IS NULL"),
            postgresql_where=text("name_key IS NULL"),
        ),
        CheckConstraint("parent_id <> id", name="parent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    name_key: Mapped[str | None]
    """The name as duplicates are looked for, see crm.company_names; none where it has to be worked out yet."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    group_name: Mapped[str] = mapped_column(default="", server_default="")
    """The group it belongs to, where that is no enterprise of these books."""
    fortune_500: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """500强."""
    headquarters: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """总部."""
    listed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """上市."""
    specialised: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """专精特新."""
    note: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    __mapper_args__ = {"version_id_col": version}

    parent: Mapped[Enterprise | None] = relationship(remote_side="Enterprise.id")


class ProjectOrigin(Base):
    """The earlier project that a project comes from: 增资, 扩产 or 搬迁 of it."""

    __tablename__ = "project_origins"
    __table_args__ = (
        one_of("kind", ORIGIN_KINDS),
        CheckConstraint("origin_id <> project_id", name="another"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True, autoincrement=False)
    origin_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    kind: Mapped[str]

    project: Mapped[Project] = relationship(foreign_keys=[project_id])
    origin: Mapped[Project] = relationship(foreign_keys=[origin_id])


class Contact(Base):
    """A person to speak to, of a lead or of an enterprise; telephone and mail are encrypted.

    Who may read them follows the lead, and without one the unit that entered them.
    """

    __tablename__ = "contacts"
    __table_args__ = (CheckConstraint("(lead_id IS NULL) <> (enterprise_id IS NULL)", name="of"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"), index=True)
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    """The unit that entered it."""
    name: Mapped[str]
    position: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    """Encrypted, see crm.secrecy; empty where there is none."""
    mail: Mapped[str] = mapped_column(default="")
    """Encrypted."""
    removed: Mapped[bool] = mapped_column(default=False)
    entered_on: Mapped[date] = mapped_column(default=clock.today)
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    lead: Mapped[Lead | None] = relationship(back_populates="contacts")
    enterprise: Mapped[Enterprise | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
