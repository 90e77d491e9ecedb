"""`crm brief`: the working group's brief of a month as PDF."""

from __future__ import annotations

from pathlib import Path

import click

from crm.commands import opened, said
from crm.messages import N_
from crm.periods import Month


class MonthType(click.ParamType[Month]):
    """A month written YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Month:
        """The month, or a usage error."""
        try:
            return Month.parse(str(value))
        except ValueError:
            self.fail(said(N_("“%(found)s”不是月份；请写成2021-05的样子"), found=value), param, ctx)


@click.command(help="某月的简报（PDF）。The monthly brief of the working group.")
@click.argument("month", type=MonthType())
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="默认写到 brief-月份.pdf。"
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh")
def command(month: Month, output: Path | None, language: str) -> None:
    """Writes the brief; says where, and which characters no font had."""
    path = output or Path(f"brief-{month}.pdf")
    with opened() as app:
        from sqlalchemy import true

        from crm.db import transaction
        from crm.services import briefs, printing

        with transaction(keep=False):
            # whoever can run this command can read the database file as well
            content = briefs.month_brief(month, language=language, visible=true())
        printed = printing.on_paper(
            content, fonts_folder=Path(app.config["FONTS"]), cache_folder=Path(app.config["GLYPHS"])
        )
        with transaction():
            printing.note(printed, month, language=language, actor=None)
            try:
                path.write_bytes(printed.pdf)
            except OSError as error:
                raise click.FileError(str(path), error.strerror or str(error)) from error
    click.echo(f"{path} · {printed.sha256}")
    if printed.missing:
        message = N_("没有字形的字：%(characters)s；请把含这些字的字体放进字体文件夹")
        click.echo(said(message, characters=" ".join(printed.missing)), err=True)
