"""Projects: what the books record of them, from which day on, and what that makes of their attribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from crm import clock
from crm.db import db
from crm.errors import NotFound, Refused
from crm.messages import N_
from crm.models import FACTS, Industry, Project, ProjectFacts, ProjectReport, User, terms
from crm.periods import ALWAYS
from crm.permissions import visible_to
from crm.services import attribution, companies, fact_checks, history, search
from crm.services.attribution import Rulebook, rulebook
from crm.sheets.registry import RegistryRow

VERSIONED = (*FACTS, "credit_code")
"""What a version of a project's facts holds."""

NUMBER_TAKEN = N_("项目编号“%(number)s”已存在")

NAMED_UNITS = ("attracted_by", "served_by", "from_street", "site_street", "statistical_street")


@dataclass(frozen=True)
class Revision:
    """What facts wanted from a day on make of a project's versions."""

    before: dict[str, Any]
    """The columns that change, as the version of that day has them."""
    added: list[tuple[date, dict[str, Any]]]
    """The versions to add, in order of days; none where nothing changes."""
    newest: dict[str, Any]
    """The version the project ends up with."""


@dataclass(frozen=True)
class Report:
    """What was publicly reported of a project at one stage, with its source."""

    stage: str
    reported_on: str
    source_url: str
    text: str


def by_number(number: str, user: User | None) -> Project:
    """The project with this number, its industry at hand; raises NotFound where there is none that the person may see."""
    query = select(Project, Industry).outerjoin(Industry, Industry.code == Project.industry_code)
    found = db.session.execute(query.where(Project.number == number, visible_to(user))).first()
    if found is None:
        raise NotFound(N_("没有编号为“%(number)s”的项目"), number=number)
    project, industry = found
    # not by an option of the query: whoever locks the row later would lock what is joined to it
    set_committed_value(project, "industry", industry)
    return project


def facts_history(project: Project) -> list[ProjectFacts]:
    """Every version of a project's facts, in order of recording."""
    query = select(ProjectFacts).where(ProjectFacts.project_id == project.id).order_by(ProjectFacts.id)
    return list(db.session.scalars(query))


def values_of(row: RegistryRow, book: Rulebook) -> dict[str, Any]:
    """A registry row's facts as columns: its names are known to be the books' own."""
    facts, unit_id = row.facts, book.unit_id
    return {
        "name": row.name,
        "investor": row.investor or None,
        "industry_code": row.industry_code,
        "total_investment_fen": row.total_investment_fen,
        "attracted_by_id": unit_id(facts.attracted_by),
        "served_by_id": unit_id(facts.served_by),
        "origin": facts.origin,
        "from_street_id": unit_id(facts.from_street),
        "site_street_id": unit_id(facts.site_street),
        "site_area_id": book.area_ids[facts.site_area] if facts.site_area is not None else None,
        "statistical_street_id": unit_id(facts.statistical_street),
        "above_scale_industrial": facts.above_scale_industrial,
        "named_major": facts.named_major,
        "signed_on": facts.signed_on,
        "construction_started_on": facts.construction_started_on,
        "completed_on": facts.completed_on,
    }


def columns_of(facts: Mapping[str, Any], book: Rulebook) -> dict[str, Any]:
    """Facts by their names, units by code and areas by name, as columns.

    Raises Refused for a name that is no fact and for an unknown unit or area.
    """
    columns: dict[str, Any] = {}
    for fact, value in facts.items():
        names = book.ids if fact in NAMED_UNITS else book.area_ids if fact == "site_area" else None
        column = f"{fact}_id" if names is not None else fact
        if column not in FACTS:
            raise Refused(N_("没有名为“%(fact)s”的项目事实"), field=fact, fact=fact)
        if names is not None and value is not None:
            if value not in names:
                raise Refused(N_("没有名为“%(found)s”的单位或片区"), field=fact, found=value)
            value = names[value]
        columns[column] = value
    return columns


def named(columns: Mapping[str, Any], book: Rulebook) -> dict[str, Any]:
    """Columns as facts by their names: the inverse of columns_of()."""
    facts = {}
    for column, value in columns.items():
        fact = column.removesuffix("_id")
        if value is not None and fact in NAMED_UNITS:
            value = book.units[value].code
        elif value is not None and fact == "site_area":
            value = book.areas[value].name
        facts[fact] = value
    return facts


def newest_version(project: Project) -> int:
    """The id of the version of the facts that was recorded last: every change, an import's too, makes a newer one."""
    query = select(func.max(ProjectFacts.id)).where(ProjectFacts.project_id == project.id)
    return int(db.session.scalar(query) or 0)


def register(
    row: RegistryRow,
    *,
    actor: User | None,
    invented: Iterable[str] = (),
    reports: Iterable[Report] = (),
    valid_from: date = ALWAYS,
    book: Rulebook | None = None,
    detail: Mapping[str, object] | None = None,
) -> Project:
    """Enters a project with its facts, from a day on, and decides its attribution; `detail` goes into the event.

    Raises Refused where the number is taken.
    """
    book = book or rulebook()
    if db.session.scalar(select(Project.id).where(Project.number == row.number)):
        raise Refused(NUMBER_TAKEN, field="number", number=row.number)
    values = values_of(row, book)
    enterprise = companies.of(row.investor, row.credit_code, actor, told=False)
    project = Project(number=row.number, invented=list(invented), **values)
    project.enterprise_id = enterprise.id if enterprise else None
    db.session.add(project)
    try:
        db.session.flush()
    except IntegrityError as error:
        # somebody else entered the number between the question and the answer
        raise Refused(NUMBER_TAKEN, field="number", number=row.number) from error
    event = history.record("project.registered", project, actor=actor, number=row.number, **(detail or {}))
    _add_version(project, values | {"credit_code": row.credit_code}, valid_from, event)
    for position, report in enumerate(reports):
        db.session.add(ProjectReport(project_id=project.id, position=position, **vars(report)))
    search.index(project)
    attribution.decide([project.id], book, event=event)
    return project


def change(
    project: Project,
    facts: Mapping[str, Any],
    *,
    actor: User | None,
    valid_from: date = ALWAYS,
    book: Rulebook | None = None,
    action: str = "project.facts_set",
    **detail: object,
) -> list[str]:
    """Changes facts, the credit code among them, from a day on (from the beginning: a correction) and decides again.

    A changed value holds until the day on which the books already have another. Returns the columns that changed;
    where none did nothing is written. The event has `action` and, besides what changed, `detail`. Raises Refused for
    an unknown fact, unit or area and for a day yet to come, and Refused or Refusals where a version would hold what
    no registry could: no unit in the books, days out of order and the like.
    """
    book = book or rulebook()
    if valid_from > clock.today():
        raise Refused(N_("生效日期%(day)s晚于今天"), field="valid_from", day=valid_from)
    named = dict(facts)
    code = {"credit_code": named.pop("credit_code")} if "credit_code" in named else {}
    wanted = columns_of(named, book) | code
    # what follows is worked out from the versions there are: whoever else changes them waits
    history.hold()
    db.session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    versions = _versions(project)
    revision = revise(versions, wanted, valid_from)
    changed = list(revision.before)
    if not changed:
        return []
    found = [problem for _, values in revision.added for problem in fact_checks.problems(values, book.units)]
    # the same mistake in several versions is one
    fact_checks.refuse(list({(problem.field, str(problem)): problem for problem in found}.values()))
    event = history.record(
        action,
        project,
        actor=actor,
        valid_from=valid_from,
        before={column: _plain(value) for column, value in revision.before.items()},
        after={column: _plain(wanted[column]) for column in changed},
        **detail,
    )
    for day, values in revision.added:
        _add_version(project, values, day, event)
    newest = revision.newest
    for column in FACTS:
        setattr(project, column, newest[column])
    if names_another_enterprise(newest, versions[-1]):
        enterprise = companies.of(newest["investor"] or "", newest["credit_code"], actor, told=False)
        project.enterprise_id = enterprise.id if enterprise else None
    search.index(project)
    attribution.decide([project.id], book, event=event)
    return changed


def revise(versions: Sequence[Any], wanted: Mapping[str, Any], valid_from: date) -> Revision:
    """What the books add so that `wanted` holds from a day on, until the day from which they already have another value.

    `versions` are the rows that count, in order of days.
    """
    base = next((row for row in reversed(versions) if row.valid_from <= valid_from), versions[0])
    before = {column: old for column, value in wanted.items() if (old := getattr(base, column)) != value}
    if not before:
        return Revision(before, [], {})
    newest = {column: getattr(base, column) for column in VERSIONED} | {c: wanted[c] for c in before}
    added = [(valid_from, newest)]
    running = before
    for row in versions:
        if row.valid_from <= valid_from:
            continue
        newest = {column: getattr(row, column) for column in VERSIONED}
        running = {column: value for column, value in running.items() if newest[column] == value}
        if running:
            newest |= {column: wanted[column] for column in running}
            added.append((row.valid_from, newest))
    return Revision(before, added, newest)


def names_another_enterprise(newest: Mapping[str, Any], before: Any) -> bool:
    """Whether a version names another enterprise than the one before it did."""
    return (newest["investor"], newest["credit_code"]) != (before.investor, before.credit_code)


def _versions(project: Project) -> list[ProjectFacts]:
    """The version of the facts that counts from each day on, in order of days."""
    rows = db.session.scalars(terms(ProjectFacts).where(ProjectFacts.project_id == project.id))
    return list({row.valid_from: row for row in rows}.values())


def _add_version(project: Project, values: Mapping[str, Any], valid_from: date, event: Any) -> None:
    db.session.add(
        ProjectFacts(
            project_id=project.id,
            valid_from=valid_from,
            recorded_at=event.at,
            event_id=event.id,
            **values,
        )
    )
    db.session.flush()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
