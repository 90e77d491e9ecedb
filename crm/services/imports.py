"""Imports: a sheet of projects uploaded, staged and checked, then entered into the books at once or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import db
from crm.errors import NotFound, Refused, Stale
from crm.messages import N_
from crm.models import Import, StagedDecision, StagedFacts, StagedRow, User
from crm.periods import ALWAYS
from crm.services import entering, history, investors, jobs
from crm.services.attribution import rulebook
from crm.services.comparing import digest_of
from crm.services.staging import Staging, stored
from crm.sheets.tables import CellError

SILENT = timedelta(seconds=60)
"""A process that has said nothing for so long has died."""

AT_ONCE = 5000
"""Working rows deleted in one transaction."""

CHANGED_MEANWHILE = N_("核对之后，账中的项目“%(number)s”有了变化；请重新核对后再应用")

BROKEN = N_("程序出错，核对没有完成；请重新核对，仍不成功时请联系管理员")


def by_id(import_id: int) -> Import:
    """The import with this number; raises NotFound."""
    found = db.session.get(Import, import_id)
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的导入"), number=import_id)
    return found


def earlier(before: int | None, limit: int) -> list[Import]:
    """Imports, newest first; those before one id where it is given."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    return list(db.session.scalars(query if before is None else query.where(Import.id < before)))


def rows(import_: Import, action: str, *, after: int = 0, limit: int) -> list[StagedRow]:
    """Staged rows of one kind (new, changed, same, error) that follow a row, in file order."""
    query = select(StagedRow).where(
        StagedRow.import_id == import_.id, StagedRow.action == action, StagedRow.row_number > after
    )
    return list(db.session.scalars(query.order_by(StagedRow.row_number).limit(limit)))


def errors(import_: Import) -> list[Mapping[str, Any]]:
    """Every error of an import: those of the file as a whole, then those of its rows in order."""
    query = select(StagedRow.errors).where(StagedRow.import_id == import_.id, StagedRow.action == "error")
    found = [
        error for of_row in db.session.scalars(query.order_by(StagedRow.row_number)) for error in of_row or ()
    ]
    return sorted([*import_.problems, *found], key=lambda error: int(error["row"]))


def is_silent(import_: Import) -> bool:
    """Whether whoever staged it has died, so that it can be started again."""
    return import_.status == "staging" and clock.real_now() - import_.heartbeat_at > SILENT


def is_applicable(import_: Import) -> bool:
    """Whether it was checked without an error."""
    return import_.status == "checked" and not import_.error_rows and not import_.problems


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def start(path: Path, file_name: str, *, effective_from: date = ALWAYS, actor: User | None) -> Import:
    """Notes a file to be imported; changes hold from a day on (from the beginning: as corrections).

    Raises Refused for a day yet to come.
    """
    _check_day(effective_from)
    import_ = Import(
        file_name=file_name[-200:],
        sha256=sha256_of(path),
        effective_from=effective_from,
        actor_id=actor.id if actor else None,
    )
    db.session.add(import_)
    history.record("import.started", import_, actor=actor, file_name=import_.file_name, sha256=import_.sha256)
    return import_


def finish(staging: Staging, *, actor: User | None) -> Import:
    """Ends an attempt: investors are held against the books, and the import is checked or, as a file, failed.

    Raises Superseded.
    """
    staging.report()
    if not staging.problems and not staging.counts:
        staging.problems.append(CellError(2, "", N_("表头下面没有任何项目；请填写后再导入"), {}))
    wrong = investors.check(staging.import_id)
    import_ = by_id(staging.import_id)
    db.session.refresh(import_)
    if wrong:
        by_action = db.session.execute(_counts(import_.id)).all()
        staging.counts.clear()
        staging.counts.update(dict(by_action))
    import_.head = staging.head
    import_.problems = [stored(problem) for problem in sorted(staging.problems, key=lambda p: p.row)]
    import_.status = "failed" if staging.problems else "checked"
    import_.rows_sha256 = staging.digest.hexdigest()
    _count(import_, staging.counts)
    action = "import.failed" if staging.problems else "import.checked"
    history.record(action, import_, actor=actor, **_counted(import_), problems=len(import_.problems))
    return import_


def apply(import_: Import, *, actor: User | None) -> Import:
    """Enters a checked import into the books, in the one transaction of the caller.

    Raises Refused where it has errors or was not checked, and Stale where the books changed since: a staged project,
    one that was new, a plate, a reading. Nothing is written then.
    """
    history.hold()
    entering.hold(import_)
    db.session.refresh(import_, with_for_update=True)
    if import_.status == "applied":
        raise Stale(N_("本次导入已经应用过了"))
    if import_.status != "checked":
        raise Refused(N_("本次导入尚未核对完成，不能应用"))
    if not is_applicable(import_):
        raise Refused(N_("有%(count)s行存在错误；请全部改正后重新上传"), count=import_.error_rows)
    _check_day(import_.effective_from)
    if import_.ground != digest_of(rulebook()):
        raise Stale(N_("核对之后，单位、板块或口径有了变化；请重新核对后再应用"))
    number = entering.overtaken(import_)
    if number is not None:
        raise Stale(CHANGED_MEANWHILE, number=number)
    event = history.record(
        "import.applied",
        import_,
        actor=actor,
        file_name=import_.file_name,
        sha256=import_.sha256,
        rows_sha256=import_.rows_sha256,
        effective_from=import_.effective_from,
        **_counted(import_),
    )
    try:
        entering.enter(import_, event)
    except IntegrityError as error:
        # on PostgreSQL somebody else's row may appear between the check and ours
        raise Stale(CHANGED_MEANWHILE, number="…") from error
    import_.status = "applied"
    import_.applied_at = event.at
    import_.event_id = event.id
    db.session.flush()
    db.session.expire_all()
    return import_


def queue_indexing(import_: Import, *, actor: User | None) -> None:
    """Leaves to a worker what the pages are faster with and no answer needs: standing columns and the indexes of names."""
    key = f"search.index:{import_.id}"
    jobs.enqueue("search.index", key=key, payload={}, actor=actor, subject=import_)


def restart(import_: Import, *, actor: User | None) -> Import:
    """Begins anew with an import that is silent, failed or checked; whoever still works on it is stopped.

    Raises Stale where somebody works on it, Refused where it is over.
    """
    history.hold()
    db.session.refresh(import_, with_for_update=True)
    if import_.status == "staging" and not is_silent(import_):
        raise Stale(N_("本次导入正在核对中"))
    if import_.status in ("applied", "abandoned"):
        raise Refused(N_("本次导入已经结束；请重新上传"))
    _check_day(import_.effective_from)
    import_.attempt += 1
    import_.status = "staging"
    import_.heartbeat_at = clock.real_now()
    import_.problems = []
    _count(import_, {})
    history.record(
        "import.started", import_, actor=actor, file_name=import_.file_name, attempt=import_.attempt
    )
    return import_


def abandon(import_: Import, *, actor: User | None) -> Import:
    """Gives an import up. Raises Refused where it has been applied or given up already."""
    history.hold()
    db.session.refresh(import_, with_for_update=True)
    if import_.status in ("applied", "abandoned"):
        raise Refused(N_("本次导入已经结束；请重新上传"))
    import_.status = "abandoned"
    history.record("import.abandoned", import_, actor=actor, file_name=import_.file_name)
    return import_


def fail(staging_import_id: int, attempt: int, *, actor: User | None, message: str | None = None) -> None:
    """Notes that an attempt was not finished, because the program could not or for the reason given; does nothing
    where it is another's by now.
    """
    import_ = by_id(staging_import_id)
    history.hold()
    db.session.refresh(import_, with_for_update=True)
    if import_.status == "staging" and import_.attempt == attempt:
        import_.status = "failed"
        import_.problems = [stored(CellError(1, "", message or BROKEN, {}))]
        history.record("import.failed", import_, actor=actor, attempt=attempt)


def clear(import_: Import) -> bool:
    """Deletes some thousand working rows that are no longer needed; whether there may be more.

    Of an applied import the rows that changed something stay to be looked at, of any other none.
    """
    old = StagedRow.import_id == import_.id
    if import_.status == "applied":
        old &= StagedRow.action != "changed"
    numbers = select(StagedRow.row_number).where(old).order_by(StagedRow.row_number)
    first = db.session.scalar(numbers.limit(1))
    if first is None:
        return False
    last = db.session.scalar(numbers.offset(AT_ONCE).limit(1))
    old &= StagedRow.row_number >= first
    if last is not None:
        old &= StagedRow.row_number < last
    numbers = select(StagedRow.row_number).where(old)
    for table in (StagedDecision, StagedFacts):
        _delete(table, table.import_id == import_.id, table.row_number.in_(numbers))
    _delete(StagedRow, old)
    return last is not None


def _delete(table: Any, *which: Any) -> None:
    db.session.execute(delete(table).where(*which), execution_options={"synchronize_session": False})


def _check_day(day: date) -> None:
    if day > clock.today():
        raise Refused(N_("生效日期%(day)s晚于今天"), field="effective_from", day=day)


def _counts(import_id: int) -> Any:
    query = select(StagedRow.action, func.count()).where(StagedRow.import_id == import_id)
    return query.group_by(StagedRow.action)


def _count(import_: Import, counts: Mapping[str, int]) -> None:
    import_.staged_rows = sum(counts.values())
    import_.new_rows = counts.get("new", 0)
    import_.changed_rows = counts.get("changed", 0)
    import_.same_rows = counts.get("same", 0)
    import_.error_rows = counts.get("error", 0)


def _counted(import_: Import) -> dict[str, int]:
    return {
        "new": import_.new_rows,
        "changed": import_.changed_rows,
        "same": import_.same_rows,
        "errors": import_.error_rows,
    }
