"""Investors of a staged sheet, or of one project, against the enterprises of the books: the credit code says who it is, names must agree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select, update

from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Enterprise, Project, StagedRow
from crm.services import names
from crm.services.staging import same_name, stored
from crm.sheets.tables import CellError

CONTRADICTION = N_(
    "统一社会信用代码%(code)s在账中是“%(known)s”，另有项目“%(number)s”属于它；请改用此名称，或核对信用代码。"
    "企业更名的，请把它的全部项目放在同一份表里导入"
)


KNOWN_AS = N_(
    "统一社会信用代码%(code)s在账中是“%(known)s”，另有项目“%(number)s”属于它；请改用此名称，或核对信用代码"
)


def agree(enterprise_id: int | None, investor: str | None, code: str | None) -> None:
    """Holds one project's investor against the books: the credit code says who it is, and names must agree.

    `enterprise_id` is the project's own so far. An enterprise that no other project has takes the new name. Raises
    Refused where another project knows it by another.
    """
    if not code or not investor:
        return
    known = db.session.scalar(select(Enterprise).where(Enterprise.credit_code == code))
    if known is None or same_name(known.name) == same_name(investor):
        return
    query = select(Project.number).where(Project.enterprise_id == known.id)
    numbers = list(db.session.scalars(query.order_by(Project.id).limit(2)))
    its_own = known.id == enterprise_id and len(numbers) == 1
    if numbers and not its_own and known.name != code:
        raise Refused(KNOWN_AS, field="investor", code=code, known=known.name, number=numbers[0])
    known.name = investor
    names.index_enterprise(known)


def check(import_id: int) -> int:
    """Marks rows whose investor contradicts the books as errors, or as a new name for all of an enterprise's projects.

    Returns how many rows became errors. A name that differs in widths, spaces or capitals alone is the same name,
    and the one in the books stays.
    """
    staged = (
        select(
            StagedRow.row_number, StagedRow.credit_code, StagedRow.investor, Enterprise.id, Enterprise.name
        )
        .join(Enterprise, Enterprise.credit_code == StagedRow.credit_code)
        .where(
            StagedRow.import_id == import_id,
            StagedRow.relinks,
            StagedRow.investor.is_not(None),
            StagedRow.investor != Enterprise.name,
        )
        .order_by(StagedRow.row_number)
    )
    others: dict[int, str | None] = {}
    wrong = []
    for row in db.session.execute(staged).all():
        if same_name(row.investor) == same_name(row.name):
            continue
        if row.id not in others:
            others[row.id] = _another_project(row.id, import_id)
        number = others[row.id]
        if number is None or row.name == row.credit_code:
            _mark(import_id, row.row_number, renames_id=row.id)
            continue
        values = {"code": row.credit_code, "known": row.name, "number": number}
        error = stored(CellError(row.row_number, "投资企业", CONTRADICTION, values), row.investor)
        _mark(import_id, row.row_number, action="error", errors=[error])
        wrong.append(row.row_number)
    return len(wrong)


def _another_project(enterprise_id: int, import_id: int) -> str | None:
    """The number of a project of the enterprise that the sheet leaves out."""
    in_sheet = exists().where(StagedRow.import_id == import_id, StagedRow.number == Project.number)
    query = select(Project.number).where(Project.enterprise_id == enterprise_id, ~in_sheet)
    return db.session.scalar(query.order_by(Project.id).limit(1))


def _mark(import_id: int, row_number: int, **values: Any) -> None:
    statement = update(StagedRow).where(StagedRow.import_id == import_id, StagedRow.row_number == row_number)
    db.session.execute(statement.values(values), execution_options={"synchronize_session": False})
