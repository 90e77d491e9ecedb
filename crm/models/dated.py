"""Rows that follow one another in time: a first day, a recorded instant, no end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from crm import clock
from crm.db import Base, Instant


class InsertOnly:
    """A table the database itself never lets change: rows are added, none is updated or deleted."""


class Dated(InsertOnly):
    """The pattern of time. The next row of the same subject ends the last; a row may say nobody, or
    inactive.
    """

    SUBJECT: ClassVar[tuple[str, ...]] = ()
    """The columns that say what a row is about; none where the whole table has one subject."""

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


D = TypeVar("D", bound=Dated)


def terms(model: type[D], known: datetime | None = None) -> Select[D]:
    """All rows the books knew at an instant (None: now), by subject, first day and the order of recording.

    Of rows with one subject and one first day the last in this order counts.
    """
    query = select(model).order_by(
        *(getattr(model, name) for name in model.SUBJECT), model.valid_from, model.id
    )
    return query if known is None else query.where(model.recorded_at <= known)


def as_of(model: type[D], day: date, known: datetime | None = None) -> Select[D]:
    """For each subject the row that holds on a day as known at an instant (None: now), rows that say
    nobody included.
    """
    subject = [getattr(model, name) for name in model.SUBJECT]
    rank: Any = func.row_number().over(
        partition_by=subject or None, order_by=(model.valid_from.desc(), model.id.desc())
    )
    ranked = select(model, rank.label("rank")).where(model.valid_from <= day)
    if known is not None:
        ranked = ranked.where(model.recorded_at <= known)
    inner = ranked.subquery()
    row = aliased(model, inner)
    return select(row).where(inner.c.rank == 1).order_by(row.id)


def insert_only_tables() -> list[str]:
    """The names of the tables that are never changed, in order."""
    return sorted(
        str(mapper.local_table.description)
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, InsertOnly)
    )
