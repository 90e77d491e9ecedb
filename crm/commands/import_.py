"""`crm import`: a registry into the books, all of it or nothing, saying what is new and what changes."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crm.commands import opened, said
from crm.commands.attribute import Day
from crm.messages import N_

if TYPE_CHECKING:
    from crm.models import Import, StagedRow

SHOWN_ROWS = 200
"""New and changed rows that are told one by one."""

SHOWN_ERRORS = 10_000
ATTEMPTS = 3
"""How often a sheet is checked again because somebody else changed the books meanwhile."""


@click.command(help="登记表（csv或xlsx）→ 账。Bring a registry into the books, all of it or nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只核对，不写入。Check and tell, change nothing.")
@click.option(
    "--effective",
    "effective_from",
    type=Day(),
    help="变化自哪天起生效；默认自始更正。The day changes hold from; default: corrections from the beginning.",
)
def command(file: Path, dry_run: bool, effective_from: date | None) -> None:
    """Stages, tells and applies; with errors everything is told and nothing kept."""
    with opened():
        from crm.db import transaction
        from crm.errors import Refused
        from crm.periods import ALWAYS
        from crm.services import imports
        from crm.uploads import keep

        with open(file, "rb") as stream:
            kept = keep(stream)
        with transaction():
            number = imports.start(kept, file.name, effective_from=effective_from or ALWAYS, actor=None).id
        try:
            _import(number, kept, dry_run)
        except BaseException:
            with suppress(Refused):
                _give_up(number)
            raise


def _import(number: int, path: Path, dry_run: bool) -> None:
    from crm.db import transaction
    from crm.errors import Stale
    from crm.services import imports

    for attempt in range(1, ATTEMPTS + 1):
        _stage(number, path)
        import_ = imports.by_id(number)
        if not imports.is_applicable(import_):
            _report(import_)
            sys.exit(2)
        _tell(import_)
        if dry_run:
            _give_up(number)
            _say(N_("试运行：没有写入任何内容。"))
            return
        began = time.monotonic()
        try:
            with transaction():
                applied = imports.apply(imports.by_id(number), actor=None)
                imports.queue_indexing(applied, actor=None)
            break
        except Stale as stale:
            if attempt == ATTEMPTS:
                raise
            _say(N_("%(reason)s（重新核对）"), err=True, reason=said(stale.message, **stale.values))
            with transaction():
                imports.restart(imports.by_id(number), actor=None)
    _say(N_("已写入；占用写锁%(seconds)s秒。"), err=True, seconds=f"{time.monotonic() - began:.2f}")
    _clear(number)


def _stage(number: int, path: Path) -> None:
    from crm.db import transaction
    from crm.services import imports, staging

    _clear(number)
    # what the program consists of is there to stay: the collector need not go through it again and again
    gc.freeze()
    with transaction():
        work = staging.begin(imports.by_id(number))
    for chunk in work.chunks(path):
        with transaction():
            work.stage(chunk)
        _progress(work.counts.total())
    with transaction():
        imports.finish(work, actor=None)
    if sys.stderr.isatty():
        click.echo(err=True)


def _clear(number: int) -> None:
    from crm.db import transaction
    from crm.services import imports

    more = True
    while more:
        with transaction():
            more = imports.clear(imports.by_id(number))


def _give_up(number: int) -> None:
    from crm.db import transaction
    from crm.services import imports

    with transaction():
        imports.abandon(imports.by_id(number), actor=None)
    _clear(number)


def _progress(rows: int) -> None:
    sentence = said(N_("已核对%(rows)s行"), rows=f"{rows:,}")
    # on a terminal one line that counts, in a log a line now and then
    if sys.stderr.isatty():
        click.echo(f"\r{sentence}", err=True, nl=False)
    elif rows % 20_000 == 0:
        click.echo(sentence, err=True)


def _report(import_: Import) -> None:
    from crm.services import imports

    errors = imports.errors(import_)
    for error in errors[:SHOWN_ERRORS]:
        column = f" {error['column']}" if error["column"] else ""
        sentence = said(error["message"], **error["values"])
        _say(
            N_("第%(row)s行%(column)s：%(sentence)s"),
            err=True,
            row=error["row"],
            column=column,
            sentence=sentence,
        )
    if len(errors) > SHOWN_ERRORS:
        _say(N_("……另有%(count)s处"), err=True, count=len(errors) - SHOWN_ERRORS)
    _say(N_("共%(count)s处错误；没有写入任何内容。"), err=True, count=len(errors))


def _tell(import_: Import) -> None:
    from crm.services import imports
    from crm.services.cells import Names

    names = Names.of_books()
    for title, action, count in (
        (N_("新增%(count)s个项目"), "new", import_.new_rows),
        (N_("更新%(count)s个项目"), "changed", import_.changed_rows),
        (N_("相同%(count)s个项目"), "same", import_.same_rows),
    ):
        _say(title, count=f"{count:,}")
        if action == "same":
            continue
        for row in imports.rows(import_, action, limit=SHOWN_ROWS):
            click.echo(f"  {row.number} {row.name}")
            for line in _changes(row, names):
                click.echo(f"    {line}")
        if count > SHOWN_ROWS:
            _say(N_("  ……另有%(count)s个"), count=f"{count - SHOWN_ROWS:,}")


def _changes(row: StagedRow, names: Any) -> Iterator[str]:
    for change in names.changes(row):
        yield said(N_("%(column)s：%(before)s → %(after)s"), **change._asdict())


def _say(message: str, *, err: bool = False, **values: object) -> None:
    click.echo(said(message, **values), err=err)
