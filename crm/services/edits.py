"""Editing a project: who may, from which version on, and what a change of its facts does to its attribution.

An edge calls these inside transaction(): with `keep=False` they are the preview of what they do otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import AuditEvent, Project, ProjectFacts, User, terms
from crm.periods import ALWAYS
from crm.permissions import allowed, require
from crm.rules.differences import Difference, differences
from crm.rules.language import RulesConflict
from crm.rules.timeline import periods
from crm.services import attribution, books, fact_checks, investors, project_history, projects
from crm.services.attribution import Rulebook, rulebook

BUREAUS_OWN = ("named_major",)
"""Facts that the adjudicating bureau alone sets."""

NOTHING_NEW = N_("账上已经是这样，没有什么要恢复；要恢复到别的日子，请另选生效日期")


@dataclass(frozen=True)
class Change:
    """A fact as it was on the day, and as it is from then on; `until`: the day from which the books have another."""

    column: str
    old: Any
    new: Any
    until: date | None


@dataclass(frozen=True)
class Edited:
    """What an edit did: facts from a day on, and where attribution is not what it was."""

    number: str
    valid_from: date
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]


def may_set(user: User | None, fact: str) -> bool:
    """May the person set this fact of a project that is theirs to edit?"""
    return fact not in BUREAUS_OWN or allowed(user, "project:mark")


def problems(
    facts: Mapping[str, Any], known: Mapping[str, Any], unread: set[str], book: Rulebook
) -> list[Refused]:
    """What the books would refuse of facts by their names, some of which could not be read.

    `known` stands for those; nothing is said of them, nor of the order of days where one could not be read.
    """
    values = {**known, **facts}
    code = {"credit_code": values.pop("credit_code")}
    days = {column for column, _label in fact_checks.DAYS}
    silent = unread | (days if days & unread else set())
    found = fact_checks.problems(projects.columns_of(values, book) | code, book.units)
    return [problem for problem in found if problem.field not in silent]


def edit(
    project: Project,
    facts: Mapping[str, Any],
    *,
    version: int,
    valid_from: date = ALWAYS,
    actor: User,
    book: Rulebook | None = None,
) -> Edited:
    """Sets facts by their names, from a day on, on top of the version the person saw.

    Raises NotAllowed, Stale where the books have a newer version, and what projects.change() raises. Where every
    fact is as the books have it nothing is written and nothing is in what is returned.
    """
    hold(project, version, actor)
    _check_may_set(facts, actor)
    return _change(project, facts, valid_from, actor, book or rulebook(), "project.facts_set", _typed_marks)


def restore(
    project: Project,
    event_id: int,
    *,
    version: int,
    valid_from: date | None = None,
    actor: User,
    book: Rulebook | None = None,
) -> Edited:
    """Has the values from before a recorded change hold again, from its own day or another: a new entry.

    Raises NotAllowed, NotFound for a change that is none of this project, Stale, and Refused where nothing would
    change or the facts would be none that the books take.
    """
    hold(project, version, actor)
    book = book or rulebook()
    facts, since, event = restorable(project, event_id, book)
    _check_may_set(facts, actor)

    def marks(changed: set[str], invented: set[str]) -> set[str]:
        return _restored_marks(changed, invented, event.detail.get("invented"))

    chosen = since if valid_from is None else valid_from
    done = _change(project, facts, chosen, actor, book, "project.restored", marks, restores=event.id)
    if not done.changes:
        raise Refused(NOTHING_NEW, field="valid_from")
    return done


def restorable(project: Project, event_id: int, book: Rulebook) -> tuple[dict[str, Any], date, AuditEvent]:
    """What restoring a recorded change sets: facts by their names, the day, and the change itself.

    Raises NotFound for a change that is none of this project and Refused for its first registration.
    """
    for entry in project_history.entries(project_history.recorded(project)):
        if entry.event is not None and entry.event.id == event_id:
            if entry.first or not entry.changes:
                raise Refused(N_("首次登记之前账上没有内容，不能恢复"))
            names = {column: old for column, old, _ in entry.changes}
            return projects.named(names, book), entry.valid_from, entry.event
    raise NotFound(N_("这个项目没有这条变更记录"))


def _check_may_set(facts: Iterable[str], actor: User) -> None:
    for fact in facts:
        if not may_set(actor, fact):
            raise NotAllowed(N_("重大项目标记只能由区商务局设定"), field=fact)


def hold(project: Project, version: int, actor: User | None) -> None:
    """Keeps others from changing the project until the transaction ends, and its facts are read anew.

    Raises NotAllowed, and Stale where the version the person saw is no longer the newest.
    """
    db.session.refresh(project, with_for_update=True)
    require(actor, "project:edit", project)
    if projects.newest_version(project) != version:
        raise Stale()


Marks = Callable[[set[str], set[str]], set[str]]
"""From the facts that changed and those that are 演示 to those that are 演示 from now on."""


def _change(
    project: Project,
    facts: Mapping[str, Any],
    valid_from: date,
    actor: User,
    book: Rulebook,
    action: str,
    marks: Marks,
    **detail: object,
) -> Edited:
    was = {row.valid_from: row for row in _versions(project)}
    before = periods(attribution.timeline(project, book))
    if invents():
        detail["invented"] = sorted(set(project.invented) & set(facts))
    if {"investor", "credit_code"} & set(facts):
        newest = was[max(was)]
        investors.agree(
            project.enterprise_id,
            facts.get("investor", newest.investor),
            facts.get("credit_code", newest.credit_code),
        )
    try:
        columns = projects.change(
            project, facts, actor=actor, valid_from=valid_from, book=book, action=action, **detail
        )
        db.session.flush()
    except IntegrityError as error:
        raise Stale(N_("别人刚刚登记了同一家企业；请再提交一次")) from error
    except RulesConflict as error:
        raise Refused(N_("两条规则同时适用，无法判定：%(reason)s"), reason=str(error)) from error
    if not columns:
        return Edited(project.number, valid_from, (), ())
    changed = {column.removesuffix("_id") for column in columns}
    if invents():
        project.invented = sorted(marks(changed, set(project.invented)))
    after = attribution.timeline(project, book)
    now = {row.valid_from: row for row in _versions(project)}[valid_from]
    held = was[max([day for day in was if day <= valid_from], default=min(was))]
    changes = []
    for column in columns:
        old = getattr(held, column)
        changes.append(Change(column, old, getattr(now, column), _until(was, column, old, valid_from)))
    found = differences(before, periods(after))
    return Edited(project.number, valid_from, tuple(changes), tuple(found))


def _versions(project: Project) -> list[ProjectFacts]:
    query = terms(ProjectFacts).where(ProjectFacts.project_id == project.id)
    return list(db.session.scalars(query))


def _until(was: Mapping[date, ProjectFacts], column: str, old: Any, valid_from: date) -> date | None:
    """The first later day on which the books had another value of their own, which stays."""
    later = (day for day in sorted(was) if day > valid_from and getattr(was[day], column) != old)
    return next(later, None)


def invents() -> bool:
    """In a demonstration nothing that is typed has a source: it is 演示."""
    opened = books.books()
    return opened is not None and opened.kind == "demonstration"


def _typed_marks(changed: set[str], invented: set[str]) -> set[str]:
    return invented | changed


def _restored_marks(changed: set[str], invented: set[str], before: list[str] | None) -> set[str]:
    """A restored value is 演示 where it was so before the change; changes that did not note it leave the mark as it is."""
    if before is None:
        return invented
    return (invented - changed) | (changed & set(before))
