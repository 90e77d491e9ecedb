"""The projects of a batch on a page, those of one unit or all, and those that were taken out of it."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from crm.db import db
from crm.models import Project, Transfer, TransferBatch
from crm.services.batch_contents import in_it
from crm.services.paging import Page, Place, by_key, whole

TAKEN_OUT_SHOWN = 50


def page(
    batch: TransferBatch,
    *,
    unit_id: int | None = None,
    asked: bool = False,
    place: Place,
) -> Page[Transfer]:
    """One page of a batch's transfers, of one unit where it is named, or `asked` only those that a unit wants taken out: one
    statement. They run as they were drawn up, in the order of the projects' numbers.
    """
    query = in_it(batch).options(joinedload(Transfer.project))
    if unit_id is not None:
        query = query.where(or_(Transfer.from_unit_id == unit_id, Transfer.to_unit_id == unit_id))
    if asked:
        query = query.where(Transfer.note != "")
    return by_key(query, Transfer.id, place, whole, rising=True)


def asked_count(batch: TransferBatch) -> int:
    """How many transfers of a batch a unit wants taken out: one statement."""
    return db.session.scalar(in_it(batch).where(Transfer.note != "").with_only_columns(func.count())) or 0


def taken_out(batch: TransferBatch) -> tuple[list[tuple[Transfer, Project]], int]:
    """The last that were taken out of a batch or overtaken, newest first, and how many there are: one statement."""
    ended = (Transfer.batch_id == batch.id, Transfer.state.in_(("withdrawn", "overtaken")))
    if batch.state == "withdrawn":
        return [], 0
    query = select(Transfer, Project, func.count().over()).join(Project, Project.id == Transfer.project_id)
    query = query.where(*ended).order_by(Transfer.ended_at.desc(), Transfer.id).limit(TAKEN_OUT_SHOWN)
    rows = db.session.execute(query).all()
    return [(transfer, project) for transfer, project, _ in rows], rows[0][2] if rows else 0
