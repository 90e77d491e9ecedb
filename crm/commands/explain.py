"""`crm explain`: why a project belongs to whom on a day, from the books or from a registry file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import click

from crm.commands import opened, said
from crm.commands.attribute import Day, chosen, report
from crm.messages import N_, translator
from crm.rules.explanation import (
    RESPONSIBILITY_NAMES,
    STATUS_NAMES,
    Explanation,
    explain,
    shown,
    sight,
    words,
)
from crm.rules.timeline import Stretch, stretches
from crm.sheets import tables
from crm.sheets.registry import Registry
from crm.sheets.vocabulary import rows, seeded_ground, seeded_vocabulary

Translate = Callable[[str], str]

# Marked here: what is marked inside an f-string is found by no extraction.
SINCE, BASIS, READING = N_("自此日起"), N_("依据"), N_("口径")
ASSISTED_BY, SUGGESTED, YIELDS_TO, OTHERWISE = N_("协办"), N_("建议"), N_("让位于"), N_("若取")
IN_PLACE_OF = N_("承继")


@click.command(help="说明一个项目某日归属的依据。Why a project belongs to whom on a day.")
@click.argument("number", metavar="PROJECT_NO")
@click.option("--on", "day", type=Day(), required=True, help="哪一天。The day it is asked for.")
@click.option(
    "--registry",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="登记表文件；不填则查账套。A registry file instead of the books.",
)
@click.option(
    "--reading", "readings", multiple=True, metavar="R5=out-of-plate", help="口径的选择（只用于登记表文件）。"
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh")
def command(number: str, day: date, registry: Path | None, readings: tuple[str, ...], language: str) -> None:
    """Prints the explanation; ends with exit code 2 where there is no such project or nothing that day."""
    translate = translator(language)
    if registry is not None:
        title, timeline, names = from_registry(number, registry, readings, language)
    else:
        if readings:
            raise click.UsageError(said(N_("--reading只用于登记表文件；账套里的口径按生效日期记录")))
        title, timeline, names = from_books(number, language)
    before = [stretch for stretch in timeline if stretch.from_ <= day]
    if not before:
        first = timeline[0].from_ if timeline else "–"
        message = N_("%(number)s在%(day)s还没有归属；最早从%(first)s起")
        raise click.UsageError(said(message, number=number, day=day, first=first))
    stretch = before[-1]
    click.echo(f"{title} · {day}")
    for line in text(explain(stretch), stretch, lambda code: names.get(code, code), translate):
        click.echo(line)


def from_registry(
    number: str, path: Path, readings: tuple[str, ...], language: str
) -> tuple[str, list[Stretch], dict[str, str]]:
    """A project's title and timeline from a registry file, and the units' names."""
    vocabulary = seeded_vocabulary()
    reader = Registry(vocabulary)
    try:
        found = [row for row in reader.read(tables.read(path)) if row.number == number]
    except tables.NotATable as problem:
        reader.errors.append(problem.error)
    if reader.errors:
        report(reader.errors)
    if not found:
        raise click.UsageError(said(N_("登记表里没有编号为“%(number)s”的项目"), number=number))
    timeline = stretches(
        [(date.min, found[0].facts)], [(date.min, seeded_ground(vocabulary, chosen(readings)))]
    )
    names = dict(vocabulary.names)
    if language == "en":
        names = {row["code"]: row["name_en"] for row in rows("units.csv")}
    return f"{number} {found[0].name}", timeline, names


def from_books(number: str, language: str) -> tuple[str, list[Stretch], dict[str, str]]:
    """A project's title and timeline from the books, and the units' names; raises Refused where there is none."""
    # imported here: a registry file needs neither Flask nor a database
    from sqlalchemy import select

    from crm.db import db
    from crm.errors import NotFound
    from crm.models import Project
    from crm.services import attribution

    with opened():
        project = db.session.scalar(select(Project).where(Project.number == number))
        if project is None:
            raise NotFound(N_("没有编号为“%(number)s”的项目"), number=number)
        book = attribution.rulebook()
        names = {u.code: u.name_en if language == "en" else u.name for u in book.units.values()}
        return f"{number} {project.name}", attribution.timeline(project, book), names


def text(
    explanation: Explanation, stretch: Stretch, name: Callable[[str], str], translate: Translate
) -> Iterator[str]:
    """The explanation, line by line."""
    yield f"{translate(SINCE)} {explanation.since} · {explanation.notice}"
    succeeded = {one.responsibility: one for one in explanation.successions}
    for responsibility, (lead, assists, status, rule, suggestion) in explanation.attributions:
        parts = [f"{translate(RESPONSIBILITY_NAMES[responsibility])}: {name(lead)}"]
        if responsibility in succeeded:
            parts.append(f"{translate(IN_PLACE_OF)} {name(succeeded[responsibility].unit)}")
        if assists:
            parts.append(f"{translate(ASSISTED_BY)} {', '.join(map(name, assists))}")
        parts.append(f"{translate(STATUS_NAMES[status])} [{rule}]")
        if suggestion:
            parts.append(f"{translate(SUGGESTED)} {name(suggestion)}")
        yield "  " + " · ".join(parts)
    reference, quoted, _ = words(explanation.rule, completed=stretch.case.completed)
    if quoted:
        yield f"{translate(BASIS)}: {explanation.notice} {reference} [{explanation.rule}]"
        yield f"  「{quoted}」"
    else:
        yield translate("通知未作规定，由裁定机关裁定；建议单位按“属地服务、经济指标随着项目走”给出")
    yield translate("逐条判断")
    for verdict in explanation.verdicts:
        mark = "✓" if verdict.applies else "✗"
        overruled = f" ← {translate(YIELDS_TO)} {verdict.overruled_by}" if verdict.overruled_by else ""
        yield f"  {mark} {verdict.rule} ({verdict.reference}){overruled}"
        for seen in verdict.seen:
            sights = (
                sight(fact, explanation.facts, stretch.ground, stretch.begins_on) for fact in seen.facts
            )
            looked_at = "; ".join(shown(found, name, translate) for found in sights)
            yield f"      {'✓' if seen.holds else '✗'} {translate(seen.message)} — {looked_at}"
    for effect in explanation.readings:
        moved = "; ".join(
            f"{translate(RESPONSIBILITY_NAMES[responsibility])} → {name(now.lead) if now else '–'} [{now.rule if now else ''}]"
            for responsibility, now in effect.changes
        )
        yield f"{translate(READING)} {effect.code}={effect.choice} · {translate(OTHERWISE)} {effect.other}: {moved}"
