"""附件: files attached to a record, each with all its versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant
from crm.models.dated import InsertOnly
from crm.models.people import User


class Attachment(Base):
    """A file of a record, by the record's table and id; removed ones are kept and can be put back."""

    __tablename__ = "attachments"
    __table_args__ = (Index(None, "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    title: Mapped[str]
    removed: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    versions: Mapped[list[AttachmentVersion]] = relationship(
        back_populates="attachment", order_by="AttachmentVersion.number.desc()"
    )

    @property
    def newest(self) -> AttachmentVersion:
        """The version that counts."""
        return self.versions[0]


class AttachmentVersion(InsertOnly, Base):
    """One file as it was uploaded; its content is in the storage under a random name."""

    __tablename__ = "attachment_versions"
    __table_args__ = (UniqueConstraint("attachment_id", "number"), UniqueConstraint("stored_as"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"))
    number: Mapped[int]
    file_name: Mapped[str]
    media_type: Mapped[str]
    """As its content says, never as the browser did."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    sha256: Mapped[str] = mapped_column(index=True)
    stored_as: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)

    attachment: Mapped[Attachment] = relationship(back_populates="versions")
    actor: Mapped[User | None] = relationship()
