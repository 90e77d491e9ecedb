"""Changes of a rule or of a setting: who proposed what on which basis, and who decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.people import User

PROPOSAL_STATES = ("open", "confirmed", "declined", "withdrawn")


class Proposal(Base):
    """One change that waits for the bureau head, or was decided; of one subject no two are open at a time."""

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("state", PROPOSAL_STATES),
        Index(
            "uq_proposals_open_subject",
            "subject",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    """What it is about, such as R5 or the place in an office's plate."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What would be set, in the terms of its kind."""
    held: Mapped[str]
    """What held on the effective day when it was proposed: where that changes meanwhile, it is stale."""
    valid_from: Mapped[date]
    reason: Mapped[str]
    basis: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    held_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    """Who looks after it: the proposer, or whom it passed to when they left."""
    proposed_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(default="")
    """Why it was declined or withdrawn."""
    job_id: Mapped[int | None]
    """The job that decides the registry again after it was confirmed; finished jobs are not kept for ever."""
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    held_by: Mapped[User] = relationship(foreign_keys=[held_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def is_open(self) -> bool:
        """Is it still to be decided?"""
        return self.state == "open"
