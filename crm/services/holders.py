"""Which unit has a project: until transfers are booked, the one that the registry names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from crm.db import db
from crm.models import Unit, User
from crm.rules.facts import NOTICE_DAY
from crm.services.standpoint import Duty, Standpoint


def holder(seen: Standpoint, duty: Duty) -> ColumnElement[Any]:
    """For a query over projects: the id of the unit that has a responsibility, as the registry has it.

    That is the unit in the books (账面单位): 现服务单位, a recorded fact, and where it is empty 招商单位. One part of the
    registry says otherwise for `indicators` alone: of above-scale industrial stock that no office has, it names the
    street in whose statistics the firm is counted, and clause 三 四是 is about exactly those counted elsewhere than sited.
    """
    books = _books(seen)
    if duty != "indicators":
        return books
    return case((_counted_elsewhere(seen), seen.facts.statistical_street_id), else_=books)


def held_and_entitled(
    user: User | None, seen: Standpoint, duty: Duty, unit_id: int | None
) -> Iterator[tuple[int, int, bool, int, int]]:
    """All projects, or those that a unit has or is entitled to, by what `holder` says and by who is entitled.

    Yields unit that has them, unit entitled, whether that is undetermined, how many there are, their total investment
    in fen; where a project has moved from one group to another, the group it left has it taken off by a negative count.
    Two statements, the first of which is grouped in the order of an index and the second small, so that a million
    projects are no matter of seconds.
    """
    facts, entitled, books = seen.facts, seen.entitled(duty), _books(seen)
    other = seen.entitled("enterprise_service" if duty == "indicators" else "indicators")
    first, second = (entitled, other) if duty == "indicators" else (other, entitled)
    groups = (first, second, seen.status, facts.served_by_id, facts.attracted_by_id)
    counted = (func.count(), func.sum(facts.total_investment_fen))
    query = seen.select(user, entitled, *groups[2:], *counted).group_by(*groups)
    if unit_id is not None:
        query = query.where((books == unit_id) | (entitled == unit_id))
    for to, status, served, attracted, count, fen in db.session.execute(query):
        yield served if served is not None else attracted, to, status == "undetermined", count, int(fen or 0)
    if duty != "indicators":
        return
    groups = (facts.statistical_street_id, entitled, seen.status, facts.served_by_id, facts.attracted_by_id)
    query = seen.select(user, *groups, *counted).where(_counted_elsewhere(seen)).group_by(*groups)
    for street, to, status, served, attracted, count, fen in db.session.execute(query):
        in_books = served if served is not None else attracted
        # read above only where it concerns the unit
        if unit_id is None or unit_id in (in_books, to):
            yield in_books, to, status == "undetermined", -count, -int(fen or 0)
        if unit_id is None or unit_id in (street, to):
            yield street, to, status == "undetermined", count, int(fen or 0)


def _books(seen: Standpoint) -> ColumnElement[Any]:
    return func.coalesce(seen.facts.served_by_id, seen.facts.attracted_by_id)


def _counted_elsewhere(seen: Standpoint) -> ColumnElement[bool]:
    facts = seen.facts
    return and_(
        facts.completed_on <= NOTICE_DAY,
        facts.above_scale_industrial,
        facts.statistical_street_id != facts.site_street_id,
        _books(seen).not_in(select(Unit.id).where(Unit.kind == "office")),
    )
