"""Which unit has a project: until transfers are booked, the one that the registry names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from crm.models import Unit
from crm.rules.facts import NOTICE_DAY
from crm.services.standpoint import Duty, Standpoint


def holder(seen: Standpoint, duty: Duty) -> ColumnElement[Any]:
    """For a query over projects: the id of the unit that has a responsibility, as the registry has it.

    That is the unit in the books (账面单位): 现服务单位, a recorded fact, and where it is empty 招商单位. One part of the
    registry says otherwise for `indicators` alone: of above-scale industrial stock that no office has, it names the
    street in whose statistics the firm is counted, and clause 三 四是 is about exactly those counted elsewhere than sited.
    """
    facts = seen.facts
    books = func.coalesce(facts.served_by_id, facts.attracted_by_id)
    if duty != "indicators":
        return books
    counted_elsewhere = and_(
        facts.completed_on <= NOTICE_DAY,
        facts.above_scale_industrial,
        facts.statistical_street_id != facts.site_street_id,
        books.not_in(select(Unit.id).where(Unit.kind == "office")),
    )
    return case((counted_elsewhere, facts.statistical_street_id), else_=books)
