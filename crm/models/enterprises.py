"""投资企业: whoever invests."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Base


class Enterprise(Base):
    """An enterprise, by its name and, where known, its 统一社会信用代码."""

    __tablename__ = "enterprises"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    credit_code: Mapped[str | None] = mapped_column(unique=True)
