"""What searches look through. The indexes, `project_index` and `lead_index`, are made by the database's own means in migrations."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base


class ProjectText(Base):
    """A project's name, investor and number, folded as crm.folding does."""

    __tablename__ = "project_texts"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True, autoincrement=False)
    text: Mapped[str]


class SearchPending(Base):
    """A project whose text the index does not have yet, and the text that it still has; none where it has none."""

    __tablename__ = "search_pending"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True, autoincrement=False)
    indexed: Mapped[str | None]


class LeadText(Base):
    """A lead's name, investor and number, folded as crm.folding does."""

    __tablename__ = "lead_texts"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), primary_key=True, autoincrement=False)
    text: Mapped[str]
