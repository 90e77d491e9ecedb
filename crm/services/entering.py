"""A checked sheet entered into the books: a handful of statements, however many rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import (
    FACTS,
    AuditEvent,
    Decision,
    Enterprise,
    Import,
    Project,
    ProjectFacts,
    ProjectText,
    SearchPending,
    StagedDecision,
    StagedFacts,
    StagedRow,
)
from crm.periods import ALWAYS
from crm.services import holdings, standing, transfer_overtaking
from crm.services.attribution import COLUMNS
from crm.services.projects import VERSIONED

LOCK = 0x67756973
"""The advisory lock that has imports enter one after the other on PostgreSQL; SQLite has one writer anyway."""

CACHE_KB = 128 * 1024

# Written so that SQLite looks names up by their own index: it takes IS NULL for the choicer condition, which it is not.
WITHOUT_CODE = func.coalesce(Enterprise.credit_code, "") == ""


def hold(import_: Import) -> None:
    """Keeps others from changing the staged projects until the transaction ends."""
    if db.session.get_bind().dialect.name == "sqlite":
        # SQLite's own 2 MB would have indexes of 100,000 rows written out and read back over and over
        db.session.execute(text(f"PRAGMA cache_size = -{CACHE_KB}"))
        return
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    staged = select(StagedRow.project_id).where(
        StagedRow.import_id == import_.id, StagedRow.project_id.is_not(None)
    )
    locked = (
        select(Project.id).where(Project.id.in_(staged)).order_by(Project.id).with_for_update().subquery()
    )
    db.session.execute(select(func.count()).select_from(locked))


def overtaken(import_: Import) -> str | None:
    """The number of a project that the books changed since it was staged; none where all is as it was."""
    versions = select(func.count()).where(ProjectFacts.project_id == StagedRow.project_id)
    decisions = select(func.count()).where(Decision.project_id == StagedRow.project_id)
    changed = and_(
        StagedRow.project_id.is_not(None),
        StagedRow.books_rows != versions.scalar_subquery() + decisions.scalar_subquery(),
    )
    appeared = and_(StagedRow.action == "new", exists().where(Project.number == StagedRow.number))
    query = select(StagedRow.number).where(StagedRow.import_id == import_.id, or_(changed, appeared))
    return db.session.scalar(query.limit(1))


def enter(import_: Import, event: AuditEvent) -> None:
    """Enterprises, projects, versions of facts and decisions, all recorded by one event."""
    _rename_enterprises(import_)
    _add_enterprises(import_)
    last = db.session.scalar(select(func.max(Project.id))) or 0
    _add_projects(import_, event)
    changing = _change_projects(import_)
    _add_versions(import_, event)
    _add_decisions(import_, event)
    _seat(import_, last, event)
    standing.leave_behind()
    transfer_overtaking.overtake(_changed(import_), actor=event.actor)
    _have_found(import_, last, renamed=not changing.isdisjoint(("name", "investor")))


def _ended_up(import_: Import, *actions: str) -> Subquery:
    """The facts that each project ends up with: the row's, or those of a later day that the books already had."""
    later = aliased(StagedFacts)
    facts = [
        case((later.newest, getattr(later, name)), else_=getattr(StagedRow, name)).label(name)
        for name in VERSIONED
    ]
    return (
        select(StagedRow.row_number, StagedRow.project_id, StagedRow.relinks, StagedRow.introduces, *facts)
        .outerjoin(
            later,
            and_(
                later.import_id == StagedRow.import_id, later.row_number == StagedRow.row_number, later.newest
            ),
        )
        .where(StagedRow.import_id == import_.id, StagedRow.action.in_(actions))
        .subquery()
    )


def _rename_enterprises(import_: Import) -> None:
    """Every project of the enterprise is in the sheet under its new name."""
    named = (StagedRow.import_id == import_.id) & StagedRow.renames_id.is_not(None)
    new_name = (
        select(StagedRow.investor)
        .where(named, StagedRow.renames_id == Enterprise.id)
        .order_by(StagedRow.row_number)
        .limit(1)
        .scalar_subquery()
    )
    _run(
        update(Enterprise)
        .where(Enterprise.id.in_(select(StagedRow.renames_id).where(named)))
        .values(name=new_name, name_key=None)
    )


def _add_enterprises(import_: Import) -> None:
    """Those that rows name and the books lack, under the name of the first such row."""
    rows = _ended_up(import_, "new", "changed")
    code, name = rows.c.credit_code, rows.c.investor
    known = case(
        (code.is_not(None), exists().where(Enterprise.credit_code == code)),
        else_=exists().where(Enterprise.name == name, WITHOUT_CODE),
    )
    chosen = (
        select(func.coalesce(name, code), code).where(rows.c.introduces, ~known).order_by(rows.c.row_number)
    )
    _run(insert(Enterprise).from_select(["name", "credit_code"], chosen))


def _enterprise_id(rows: FromClause) -> Any:
    code, name = rows.c.credit_code, rows.c.investor
    by_code = select(Enterprise.id).where(Enterprise.credit_code == code).correlate(rows).scalar_subquery()
    by_name = (
        select(func.min(Enterprise.id))
        .where(Enterprise.name == name, WITHOUT_CODE)
        .correlate(rows)
        .scalar_subquery()
    )
    return case((code.is_not(None), by_code), (name.is_not(None), by_name), else_=null())


def _add_projects(import_: Import, event: AuditEvent) -> None:
    rows = StagedRow.__table__
    found = (
        select(
            rows.c.number,
            _enterprise_id(rows),
            literal(1),
            literal([], Project.__table__.c.invented.type),
            literal(event.at, Project.__table__.c.created_at.type),
            literal(ALWAYS),
            *(rows.c[name] for name in FACTS),
        )
        .where(rows.c.import_id == import_.id, rows.c.action == "new")
        .order_by(rows.c.row_number)
    )
    columns = ["number", "enterprise_id", "version", "invented", "created_at", "standing_until", *FACTS]
    _run(insert(Project.__table__).from_select(columns, found, include_defaults=False))  # type: ignore[arg-type]


def _change_projects(import_: Import) -> set[str]:
    """Returns what changes of any of them: the rest is not written, whose indexes would be written as well."""
    rows = _ended_up(import_, "changed")
    project: Any = Project.__table__
    here = project.c.id == rows.c.project_id
    differ = {name: rows.c[name].is_distinct_from(project.c[name]) for name in FACTS}
    differ["enterprise_id"] = rows.c.relinks
    found = db.session.execute(
        select(*(func.max(case((differs, 1), else_=0)) for differs in differ.values())).where(here)
    ).one()
    changing = {name for name, changes in zip(differ, found, strict=True) if changes}
    values: dict[str, Any] = {name: rows.c[name] for name in FACTS if name in changing}
    if "enterprise_id" in changing:
        values["enterprise_id"] = case((rows.c.relinks, _enterprise_id(rows)), else_=project.c.enterprise_id)
    values |= {"version": project.c.version + 1, "standing_until": ALWAYS}
    _run(update(project).where(here).values(values))
    return changing


def _add_versions(import_: Import, event: AuditEvent) -> None:
    """What each row says from its day on, and what that makes of later days."""
    table: Any = ProjectFacts.__table__
    stamp = (literal(event.at, table.c.recorded_at.type), literal(event.id))
    since = case((StagedRow.action == "new", literal(ALWAYS)), else_=literal(import_.effective_from))
    of_rows = (
        select(Project.id, since, *stamp, *(getattr(StagedRow, name) for name in VERSIONED))
        .join(Project, Project.number == StagedRow.number)
        .where(StagedRow.import_id == import_.id, StagedRow.action.in_(("new", "changed")))
        .order_by(StagedRow.row_number)
    )
    of_later_days = (
        select(
            StagedRow.project_id,
            StagedFacts.valid_from,
            *stamp,
            *(getattr(StagedFacts, name) for name in VERSIONED),
        )
        .join(
            StagedFacts,
            and_(
                StagedFacts.import_id == StagedRow.import_id, StagedFacts.row_number == StagedRow.row_number
            ),
        )
        .where(StagedRow.import_id == import_.id, StagedFacts.adds)
        .order_by(StagedFacts.row_number, StagedFacts.valid_from)
    )
    columns = ["project_id", "valid_from", "recorded_at", "event_id", *VERSIONED]
    for found in (of_rows, of_later_days):
        _run(insert(table).from_select(columns, found, include_defaults=False))


def _add_decisions(import_: Import, event: AuditEvent) -> None:
    table: Any = Decision.__table__
    found = (
        select(
            Project.id,
            StagedDecision.from_day,
            literal(event.at, table.c.recorded_at.type),
            literal(event.id),
            *(getattr(StagedDecision, name) for name in COLUMNS),
        )
        .join(
            StagedRow,
            and_(
                StagedRow.import_id == StagedDecision.import_id,
                StagedRow.row_number == StagedDecision.row_number,
            ),
        )
        .join(Project, Project.number == StagedRow.number)
        .where(StagedDecision.import_id == import_.id, StagedRow.action.in_(("new", "changed")))
        .order_by(StagedDecision.row_number, StagedDecision.from_day)
    )
    columns = ["project_id", "from_day", "recorded_at", "event_id", *COLUMNS]
    _run(insert(table).from_select(columns, found, include_defaults=False))


def _seat(import_: Import, last: int, event: AuditEvent) -> None:
    """The first holder of what is new, and of what was corrected."""
    holdings.begin(last, event)
    holdings.seat(_changed(import_), event)


def _changed(import_: Import) -> Select[Any]:
    """The ids of the projects that the books had already and that are said anew."""
    query = select(StagedRow.project_id)
    return query.where(StagedRow.import_id == import_.id, StagedRow.action == "changed")


def _have_found(import_: Import, last: int, *, renamed: bool) -> None:
    """The texts that searches look through; the index is given them afterwards, when nobody waits for the write lock.

    `last`: the last project before the import. `renamed`: does any that was there before have another text?
    """
    staged = select(Project.id, StagedRow.search_text).join(Project, Project.number == StagedRow.number)
    staged = staged.where(StagedRow.import_id == import_.id).order_by(StagedRow.row_number)
    new = staged.where(StagedRow.action == "new")
    _run(insert(ProjectText).from_select(["project_id", "text"], new))
    added = select(ProjectText.project_id).where(ProjectText.project_id > last)
    _run(insert(SearchPending).from_select(["project_id"], added))
    if not renamed:
        return
    changed = staged.where(StagedRow.action == "changed").subquery()
    another = (ProjectText.project_id == changed.c.id) & (ProjectText.text != changed.c.search_text)
    _run(
        insert(SearchPending).from_select(
            ["project_id", "indexed"],
            select(ProjectText.project_id, ProjectText.text).where(
                another, ~exists().where(SearchPending.project_id == ProjectText.project_id)
            ),
        )
    )
    _run(update(ProjectText).where(another).values(text=changed.c.search_text))


def _run(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
