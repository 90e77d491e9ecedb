"""划转: a project passes from the unit that holds it to the unit entitled to it, by a handover list that both sign."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import InsertOnly
from crm.models.holdings import Duty, duties_of
from crm.models.people import User
from crm.models.projects import Project
from crm.models.units import Unit

OPEN_TRANSFERS = ("filling", "signing", "confirming")
"""With the giving unit, which fills in the list; with the receiving unit, which signs; with the bureau, which confirms."""

TRANSFER_STATES = (*OPEN_TRANSFERS, "confirmed", "withdrawn", "declined", "overtaken")

BATCH_KINDS = ("stock", "sme_city", "changqing", "street_move", "operating_place", "succession")
"""一是's classification of all stock; the 中小企业城 and the 长青街 block; 三是; 四是; a unit that ceases."""

SUCCESSION = "succession"
"""What stands where a transfer names its rule, when a unit takes over all that another held."""

BATCH_STATES = ("drafting", "signing", "confirming", "confirmed", "withdrawn")

HANDOVER_SECTIONS = ("documents", "contacts", "problems", "promises", "policy_owed", "money", "tasks")
ITEM_STATES = ("ready", "missing", "open", "settled", "nothing")
"""To hand; missing; not settled yet; settled; there is nothing of the kind."""

SIDES = ("giving", "receiving", "bureau")

_OPEN = text("state IN ('filling', 'signing', 'confirming')")


class TransferBatch(Base):
    """Transfers that are drawn up, signed and confirmed as one list."""

    __tablename__ = "transfer_batches"
    __table_args__ = (
        one_of("kind", BATCH_KINDS),
        one_of("state", BATCH_STATES),
        CheckConstraint("(kind = 'succession') = (unit_id IS NOT NULL)", name="unit"),
        CheckConstraint("(unit_id IS NULL) = (successor_id IS NULL)", name="successor"),
        Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    day: Mapped[date]
    """The day whose differences between entitled and held it settles."""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    """The unit that ceases, and the one its holdings pass to."""
    basis: Mapped[str]
    state: Mapped[str] = mapped_column(default="drafting")
    round: Mapped[int] = mapped_column(default=1)
    """How often it went out to be signed; what was signed in an earlier round no longer counts."""
    due_on: Mapped[date]
    """By when the present step is to be done."""
    held_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    """Who looks after it in the bureau."""
    drawn_up_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    drawn_up_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(default="")
    """Why it was sent back or withdrawn."""
    job_id: Mapped[int | None]
    """The job that puts it into effect; finished jobs are not kept for ever."""
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Per-unit totals before and after, as they were when it was confirmed."""
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id])
    successor: Mapped[Unit | None] = relationship(foreign_keys=[successor_id])
    drawn_up_by: Mapped[User] = relationship(foreign_keys=[drawn_up_by_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])


class Transfer(Base):
    """One project's passing on; of one project no two are open at a time."""

    __tablename__ = "transfers"
    __table_args__ = (
        one_of("state", TRANSFER_STATES),
        CheckConstraint("from_unit_id <> to_unit_id", name="units"),
        CheckConstraint("indicators OR enterprise_service", name="duties"),
        CheckConstraint("(state = 'confirmed') = (effective_day IS NOT NULL)", name="effective"),
        Index(
            "uq_transfers_open_project", "project_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index(None, "project_id", "id"),
        Index(None, "state", "due_on", "id"),
        Index(None, "from_unit_id", "state", "id"),
        Index(None, "to_unit_id", "state", "id"),
        Index(None, "batch_id", "id"),
        Index(None, "effective_day"),
        Index(None, "ended_at"),
        Index(None, "giver_id"),
        Index(None, "receiver_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("transfer_batches.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    indicators: Mapped[bool]
    enterprise_service: Mapped[bool]
    """What passes on: both, unless a reading or a ruling parts them."""
    rule: Mapped[str]
    """The rule by which the receiving unit is entitled."""
    since: Mapped[date]
    """The day from which it is, and another holds."""
    effective_day: Mapped[date | None]
    """The day from which it holds: kept when the transfer is confirmed."""
    state: Mapped[str] = mapped_column(default="filling")
    round: Mapped[int] = mapped_column(default=1)
    """How often the list went to the receiving unit; what was signed in an earlier round no longer counts."""
    due_on: Mapped[date]
    """By when the present step is to be done."""
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    """What was said last: why it was sent back, declined or withdrawn."""
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None where the system did."""
    proposed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    giver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who looks after it in each unit; none where nobody has taken it up yet."""
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    project: Mapped[Project] = relationship()
    batch: Mapped[TransferBatch | None] = relationship()
    from_unit: Mapped[Unit] = relationship(foreign_keys=[from_unit_id])
    to_unit: Mapped[Unit] = relationship(foreign_keys=[to_unit_id])
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    giver: Mapped[User | None] = relationship(foreign_keys=[giver_id])
    receiver: Mapped[User | None] = relationship(foreign_keys=[receiver_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])

    @property
    def is_open(self) -> bool:
        """Is a step still to be done?"""
        return self.state in OPEN_TRANSFERS

    @property
    def ended_on(self) -> date | None:
        """The day on which it ended, in the district's time; none while it is open."""
        return clock.shanghai(self.ended_at).date() if self.ended_at else None

    @property
    def duties(self) -> tuple[Duty, ...]:
        """The responsibilities that pass on."""
        return duties_of(self)


class TransferItem(Base):
    """One line of a handover list (移交清单)."""

    __tablename__ = "transfer_items"
    __table_args__ = (
        one_of("section", HANDOVER_SECTIONS),
        one_of("state", ITEM_STATES),
        Index(None, "transfer_id", "section", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"))
    section: Mapped[str]
    position: Mapped[int]
    text: Mapped[str]
    state: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    """What in the books it was filled from, such as `attachment:12`; empty where somebody wrote it."""
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    due_on: Mapped[date | None]
    remark: Mapped[str] = mapped_column(default="")
    """What the receiving unit says against it."""
    answer: Mapped[str] = mapped_column(default="")
    """What the giving unit answered to that."""
    removed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    files: Mapped[list[TransferFile]] = relationship(order_by="TransferFile.attachment_id")


class TransferFile(Base):
    """A file that belongs to a line of a handover list: the project's, its lead's or the transfer's own."""

    __tablename__ = "transfer_files"

    item_id: Mapped[int] = mapped_column(ForeignKey("transfer_items.id"), primary_key=True)
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), primary_key=True, index=True)


class TransferSignature(InsertOnly, Base):
    """Who signed what for which side: of a transfer, or of a batch for one unit."""

    __tablename__ = "transfer_signatures"
    __table_args__ = (
        one_of("side", SIDES),
        CheckConstraint("(transfer_id IS NULL) <> (batch_id IS NULL)", name="of"),
        CheckConstraint("(side = 'bureau') = (unit_id IS NULL)", name="unit"),
        UniqueConstraint("transfer_id", "round", "side"),
        UniqueConstraint("batch_id", "round", "unit_id"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("transfer_batches.id"))
    round: Mapped[int]
    side: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str]
    """The SHA-256 of the list as it was signed."""
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("audit_events.id"))

    user: Mapped[User] = relationship()
    unit: Mapped[Unit | None] = relationship()
