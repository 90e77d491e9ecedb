"""`crm attribute`: a registry in, its attribution out; no database, nothing kept."""

from __future__ import annotations

import gc
import sys
from datetime import date
from pathlib import Path

import click

from crm.commands import said
from crm.messages import N_
from crm.periods import parse_day
from crm.rules.facts import CHOICES, Readings
from crm.sheets import attribution, tables
from crm.sheets.registry import Registry
from crm.sheets.vocabulary import seeded_ground, seeded_vocabulary

SHOWN_AT_MOST = 10_000


class Day(click.ParamType[date]):
    """A day written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or a usage error."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(str(value))
        except ValueError:
            self.fail(said(N_("“%(found)s”不是日期；请写成2021-05-31的样子"), found=value), param, ctx)


def chosen(texts: tuple[str, ...]) -> Readings:
    """The readings with the given choices, each written `R5=out-of-plate`; a usage error names what is unknown."""
    readings = Readings()
    for text in texts:
        code, _, choice = text.partition("=")
        if code == "R8":
            try:
                parse_day(choice)
            except ValueError:
                message = said(N_("R8要的是日期，例如R8=2020-06-30，不是“%(found)s”"), found=choice)
                raise click.BadParameter(message) from None
        elif code not in CHOICES:
            known = " ".join([*CHOICES, "R8"])
            raise click.BadParameter(
                said(N_("没有口径“%(found)s”；可用：%(known)s"), found=code, known=known)
            )
        elif choice not in CHOICES[code]:
            known = " ".join(CHOICES[code])
            message = N_("口径%(code)s没有选项“%(found)s”；可用：%(known)s")
            raise click.BadParameter(said(message, code=code, found=choice, known=known))
        readings = readings._replace(**{code: choice})
    return readings


def report(errors: list[tables.CellError]) -> None:
    """Prints every mistake, in the order of the file, and ends the program with exit code 2."""
    errors.sort(key=lambda error: error.row)
    for error in errors[:SHOWN_AT_MOST]:
        place = said(N_("第%(row)s行"), row=error.row)
        told = said(error.message, **error.values)
        click.echo(f"{place} {error.column}：{told}" if error.column else f"{place} {told}", err=True)
    if len(errors) > SHOWN_AT_MOST:
        click.echo(said(N_("另有%(count)s处"), count=len(errors) - SHOWN_AT_MOST), err=True)
    click.echo(said(N_("共%(count)s处错误；没有写出任何文件。"), count=len(errors)), err=True)
    sys.exit(2)


@click.command(help="登记表（csv或xlsx）→ 归属表。Decide the attribution of a registry; nothing is stored.")
@click.argument("registry", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as-of", type=Day(), default=date.today, help="截至日；默认今天。The day it is asked for.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="写到.csv或.xlsx；默认打印。Where to write.",
)
@click.option("--reading", "readings", multiple=True, metavar="R5=out-of-plate", help="口径的选择，可多次。")
def command(registry: Path, as_of: date, output: Path | None, readings: tuple[str, ...]) -> None:
    """Reads, decides and writes; every mistake is printed and then nothing is written."""
    vocabulary = seeded_vocabulary()
    ground = seeded_ground(vocabulary, chosen(readings))
    reader = Registry(vocabulary)
    # a million projects are a million small tuples without cycles: collecting them costs a third of the time
    gc.disable()
    try:
        projects = attribution.numbered(reader.read(tables.read(registry)))
    except tables.NotATable as problem:
        reader.errors.append(problem.error)
    except OSError as error:
        raise click.FileError(str(registry), error.strerror or str(error)) from error
    if reader.errors:
        report(reader.errors)
    lines = attribution.attribute(projects, ground, vocabulary.names, as_of)
    if output is None:
        # UTF-8 and LF, whatever the terminal's encoding
        for text in tables.write_csv([attribution.COLUMNS, *lines]):
            click.echo(text.encode(), nl=False)
        return
    try:
        attribution.write(output, lines)
    except tables.TooManyRows:
        raise click.UsageError(said(N_("结果超过Excel一张工作表的1,048,576行；请改写成.csv"))) from None
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from error
