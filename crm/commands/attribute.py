"""`crm attribute`: a registry in, its attribution out; no database, nothing kept."""

from __future__ import annotations

import gc
import sys
from datetime import date
from pathlib import Path

import click

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
            self.fail(f"“{value}”不是日期；请写成2021-05-31的样子", param, ctx)


def chosen(texts: tuple[str, ...]) -> Readings:
    """The readings with the given choices, each written `R5=out-of-plate`; a usage error names what is unknown."""
    readings = Readings()
    for text in texts:
        code, _, choice = text.partition("=")
        if code == "R8":
            try:
                parse_day(choice)
            except ValueError:
                raise click.BadParameter(f"R8要的是日期，例如R8=2020-06-30，不是“{choice}”") from None
        elif code not in CHOICES:
            raise click.BadParameter(f"没有口径“{code}”；可用：{'、'.join([*CHOICES, 'R8'])}")
        elif choice not in CHOICES[code]:
            raise click.BadParameter(f"{code}没有选项“{choice}”；可用：{'、'.join(CHOICES[code])}")
        readings = readings._replace(**{code: choice})
    return readings


def report(errors: list[tables.CellError]) -> None:
    """Prints every mistake, in the order of the file, and ends the program with exit code 2."""
    errors.sort(key=lambda error: error.row)
    for error in errors[:SHOWN_AT_MOST]:
        click.echo(f"第{error.row}行 {error.column + '：' if error.column else ''}{error}", err=True)
    if len(errors) > SHOWN_AT_MOST:
        click.echo(f"……另有{len(errors) - SHOWN_AT_MOST}处", err=True)
    click.echo(f"共{len(errors)}处错误；没有写出任何文件。", err=True)
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
        rows = list(reader.read(tables.read(registry)))
    except tables.NotATable as problem:
        reader.errors.append(problem.error)
    except OSError as error:
        raise click.FileError(str(registry), error.strerror or str(error)) from error
    if reader.errors:
        report(reader.errors)
    lines = attribution.attribute(rows, ground, vocabulary.names, as_of)
    if output is None:
        for text in tables.write_csv([attribution.COLUMNS, *lines]):
            sys.stdout.write(text)
        return
    try:
        attribution.write(output, lines)
    except tables.TooManyRows:
        raise click.UsageError("结果超过Excel一张工作表的1,048,576行；请改写成.csv") from None
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from error
