"""Who opened what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Base, Instant
from crm.models.dated import InsertOnly
from crm.models.people import User


class Access(InsertOnly, Base):
    """One request that was answered. `at` is the real instant, whatever day the books stand on; of what the address
    asked for only the names are kept, for the values may name people.
    """

    __tablename__ = "accesses"
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    request: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    session_id: Mapped[int | None]
    role: Mapped[str | None]
    method: Mapped[str]
    endpoint: Mapped[str | None]
    path: Mapped[str]
    parameters: Mapped[str]
    status: Mapped[int]
    milliseconds: Mapped[int]
    address: Mapped[str]

    user: Mapped[User | None] = relationship()
