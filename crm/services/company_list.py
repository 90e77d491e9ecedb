"""The list of enterprises, and the few that a field suggests: searched, narrowed and cut into pages by the database."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.db import db
from crm.folding import fold
from crm.models import OPEN_STAGES, Enterprise, Lead, Project, User
from crm.permissions import allowed, leads_read_by, visible_to
from crm.services.company_rights import seen_by
from crm.services.paging import FIRST, Page, Place, by_key, counted

SUGGESTED = 20
STREAMED = 500
"""Rows of an export that are in memory at once."""

WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
"""The ordinary characters → the full-width ones, which names of companies are written with as well."""


@dataclass(frozen=True)
class Filters:
    """What narrows the list; the empty text and False narrow nothing."""

    text: str = ""
    flag: str | None = None
    open_lead: bool = False
    with_projects: bool = False


@dataclass(frozen=True)
class Line:
    """An enterprise with its parent's name, how many projects it has, and of its open leads that the person reads who has
    them since when.
    """

    company: Enterprise
    parent: str | None
    projects: int
    leads: list[tuple[int, date]] = field(default_factory=list)


def listing(user: User | None, filters: Filters, place: Place = FIRST) -> Page[Line]:
    """One page, the newest first: at most four statements."""
    if not allowed(user, "company:read"):
        return Page([], False, False)
    found = by_key(_narrowed(_query(user), filters, user), Enterprise.id, place, lambda *row: row)
    count, capped = len(found.lines), False
    # what fits on the first page is counted already: a search that finds little looks through the names once
    if found.has_previous or found.has_next:
        count, capped = counted(_narrowed(select(Enterprise.id), filters, user))
    return Page(_lines(found.lines, user), found.has_previous, found.has_next, count, capped)


def lines(user: User | None, filters: Filters) -> Generator[Line, None, None]:
    """Every line in order, some hundred in memory at once."""
    position: int | None = None
    while allowed(user, "company:read"):
        query = _narrowed(_query(user), filters, user)
        if position is not None:
            query = query.where(Enterprise.id < position)
        rows = db.session.execute(query.order_by(Enterprise.id.desc()).limit(STREAMED)).all()
        yield from _lines(rows, user)
        if len(rows) < STREAMED:
            return
        position = rows[-1][0].id
        for row in rows:
            db.session.expunge(row[0])


def suggested(user: User | None, text: str) -> list[tuple[int, str, str | None]]:
    """The few enterprises whose name or code has these characters, by id, name and code; those that begin so first."""
    if not text or not allowed(user, "company:read"):
        return []
    query = select(Enterprise.id, Enterprise.name, Enterprise.credit_code).where(seen_by(user))
    query = query.order_by(Enterprise.id.desc())
    begins = Enterprise.name.startswith(fold(text), autoescape=True)
    # one after the other, so that characters which most names have are found among the newest, and nothing is sorted
    found = db.session.execute(query.where(begins).limit(SUGGESTED)).all()
    left = SUGGESTED - len(found)
    if left:
        rest = query.where(having(text), ~begins).limit(left)
        found = [*found, *db.session.execute(rest).all()]
    return [(key, name, code) for key, name, code in found]


def having(text: str) -> ColumnElement[bool]:
    """The condition on Enterprise that all words of a text occur in its name or credit code, capitals and widths alike."""
    return and_(*(_word(word) for word in fold(text).split()))


def _word(word: str) -> ColumnElement[bool]:
    # of SQLite's LIKE small and capital letters are alike without being asked
    on_postgresql = db.session.get_bind().dialect.name == "postgresql"
    ways = {word, word.translate(WIDE), word.upper().translate(WIDE)}
    found: list[ColumnElement[bool]] = []
    for way in sorted(ways):
        pattern = f"%{way.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        like = Enterprise.name.ilike if on_postgresql else Enterprise.name.like
        found.append(like(pattern, escape="/"))
    if word.isascii():
        found.append(Enterprise.credit_code.contains(word.upper(), autoescape=True))
    return or_(*found)


def _query(user: User | None) -> Select[Any]:
    parent = aliased(Enterprise)
    query: Any = select(Enterprise, parent.name)
    outer: Select[Any] = query.outerjoin(
        parent, and_(parent.id == Enterprise.parent_id, seen_by(user, parent))
    )
    return outer


def _narrowed(query: Select[Any], filters: Filters, user: User | None) -> Select[Any]:
    query = query.where(seen_by(user))
    if filters.text:
        query = query.where(having(filters.text))
    if filters.flag:
        query = query.where(getattr(Enterprise, filters.flag))
    if filters.open_lead:
        of_it = exists().where(Lead.enterprise_id == Enterprise.id, Lead.stage.in_(OPEN_STAGES))
        query = query.where(of_it.where(leads_read_by(user)))
    if filters.with_projects:
        query = query.where(exists().where(Project.enterprise_id == Enterprise.id, visible_to(user)))
    return query


def _lines(rows: Sequence[Any], user: User | None) -> list[Line]:
    ids = [row[0].id for row in rows]
    if not ids:
        return []
    counted = (
        select(Project.enterprise_id, func.count())
        .where(Project.enterprise_id.in_(ids), visible_to(user))
        .group_by(Project.enterprise_id)
    )
    projects = {row[0]: row[1] for row in db.session.execute(counted)}
    leads: dict[int | None, list[tuple[int, date]]] = {}
    opened = select(Lead.enterprise_id, Lead.unit_id, Lead.had_since).where(
        Lead.enterprise_id.in_(ids), Lead.stage.in_(OPEN_STAGES), leads_read_by(user)
    )
    for key, unit_id, since in db.session.execute(opened.order_by(Lead.id)):
        leads.setdefault(key, []).append((unit_id, since))
    return [
        Line(company, parent, projects.get(company.id, 0), leads.get(company.id, []))
        for company, parent in rows
    ]
