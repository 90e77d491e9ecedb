"""流转 and 联合招商: leads that pass to another unit or are worked on by two, and how the credit is shared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import InsertOnly
from crm.models.leads import Lead
from crm.models.people import User
from crm.models.units import Unit

REASSIGNMENT_KINDS = ("reassignment", "cooperation", "credit")
"""流转 to another unit for landing; 联合招商, where the first-contact unit stays responsible; 利益共享, nothing but another
split of the credit."""

REASSIGNMENT_STATES = ("open", "accepted", "declined", "withdrawn", "overtaken")

CREDIT_ROLES = ("recruiter", "receiver", "referrer")
"""招商单位, 承接单位, 引荐单位."""

WHOLE = 10_000
"""A share is so many ten-thousandths."""

_OPEN = text("state = 'open'")


class Reassignment(Base):
    """One unit's offer to another about a lead; of one lead no two are open at a time."""

    __tablename__ = "reassignments"
    __table_args__ = (
        one_of("kind", REASSIGNMENT_KINDS),
        one_of("state", REASSIGNMENT_STATES),
        CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        Index(
            "uq_reassignments_open_lead", "lead_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index(None, "to_unit_id", "state", "id"),
        Index(None, "from_unit_id", "state", "id"),
        Index(None, "lead_id", "id"),
        Index(None, "held_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[str]
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    reason: Mapped[str]
    shares: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """The split that would be agreed with it: unit id, role, ten-thousandths; empty where none is offered."""
    answer_due: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    note: Mapped[str] = mapped_column(default="")
    """What was answered."""
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    held_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who looks after it in the proposing unit."""
    proposed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    lead: Mapped[Lead] = relationship()
    from_unit: Mapped[Unit] = relationship(foreign_keys=[from_unit_id])
    to_unit: Mapped[Unit] = relationship(foreign_keys=[to_unit_id])
    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id])


class CreditSplit(InsertOnly, Base):
    """利益共享: from a month on the credit for a lead, or for a project, is shared so; the latest recorded counts.

    Its shares are exactly 1 in sum, by construction: each continues the sum of the one before it, and the split itself
    refers to the share at which the sum is whole.
    """

    __tablename__ = "credit_splits"
    __table_args__ = (
        CheckConstraint("(lead_id IS NULL) <> (project_id IS NULL)", name="of"),
        CheckConstraint(f"whole = {WHOLE}", name="whole"),
        ForeignKeyConstraint(
            ["id", "last_position", "whole"],
            ["credit_shares.split_id", "credit_shares.position", "credit_shares.sum_after"],
            name="fk_credit_splits_whole",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(None, "lead_id", "valid_from"),
        Index(None, "project_id", "valid_from"),
    )

    # said outright, since the reference to the shares takes the column for a foreign key
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    valid_from: Mapped[date]
    """The first day of the month from which it holds."""
    last_position: Mapped[int]
    whole: Mapped[int] = mapped_column(default=WHOLE)
    basis: Mapped[str] = mapped_column(default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    shares: Mapped[list[CreditShare]] = relationship(
        order_by="CreditShare.position",
        primaryjoin="CreditSplit.id == CreditShare.split_id",
        foreign_keys="CreditShare.split_id",
        viewonly=True,
    )


class CreditShare(InsertOnly, Base):
    """One unit's part in a split, in ten-thousandths."""

    __tablename__ = "credit_shares"
    __table_args__ = (
        one_of("role", CREDIT_ROLES),
        # SQLite would keep a fraction, or a word, that adds nothing.
        CheckConstraint("share > 0 AND share = CAST(share AS INTEGER)", name="share"),
        CheckConstraint("sum_after = sum_before + share", name="sum"),
        CheckConstraint(f"sum_after <= {WHOLE}", name="whole"),
        CheckConstraint("(position = 1) = (sum_before = 0)", name="first"),
        CheckConstraint("(position = 1) = (previous IS NULL)", name="previous"),
        CheckConstraint("previous = position - 1", name="next"),
        UniqueConstraint("split_id", "position", "sum_after"),
        UniqueConstraint("split_id", "position"),
        UniqueConstraint("split_id", "unit_id", "role"),
        ForeignKeyConstraint(
            ["split_id", "previous", "sum_before"],
            ["credit_shares.split_id", "credit_shares.position", "credit_shares.sum_after"],
            name="fk_credit_shares_previous",
        ),
        Index(None, "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    split_id: Mapped[int] = mapped_column(ForeignKey("credit_splits.id"))
    position: Mapped[int]
    previous: Mapped[int | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    role: Mapped[str]
    share: Mapped[int]
    sum_before: Mapped[int]
    sum_after: Mapped[int]

    unit: Mapped[Unit] = relationship()
