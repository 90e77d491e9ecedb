"""`crm audit verify`: is the log whole, and is a digest that somebody noted on paper still in it?"""

from __future__ import annotations

import re
import sys

import click

from crm.commands import opened, said
from crm.messages import N_

BROKEN = 1
DIGEST = re.compile(r"[0-9a-f]{64}")


@click.group(help="日志。The audit log.")
def command() -> None:
    """The group; its one verb is below."""


@command.command(
    help="逐条核对日志是否完整，有误即以1退出。Walk the chain of the log; exit code 1 where it is broken."
)
@click.option("--expect", metavar="DIGEST", help="以前抄录的摘要，应当仍在其中。A digest noted earlier.")
def verify(expect: str | None) -> None:
    """Prints how many entries there are and the last digest, to be noted on paper; or the first entry that fails."""
    wanted = expect.strip().lower() if expect is not None else None
    if wanted is not None and not DIGEST.fullmatch(wanted):
        raise click.BadParameter(said(N_("摘要是64位的十六进制数，请照抄录的写")), param_hint="--expect")
    with opened():
        from crm.db import transaction
        from crm.services import auditing

        found = auditing.walk(wanted)
        if found.fault is not None:
            fault = found.fault
            click.echo(said(fault.message, number=fault.number, before=fault.before))
            click.echo(said(N_("在它之前的%(entries)s条完好。"), entries=found.entries))
            sys.exit(BROKEN)
        click.echo(said(N_("共%(entries)s条，条条相接，没有改动。"), entries=found.entries))
        if wanted is not None and found.place is None:
            click.echo(
                said(N_("但抄录的摘要不在其中：抄录之后末尾的记录被删除过，或抄录有误。请对照纸上的摘要。"))
            )
            sys.exit(BROKEN)
        if found.place is not None:
            after = found.entries - found.place
            click.echo(
                said(
                    N_("抄录的摘要是其中第%(place)s条，其后又有%(after)s条。"), place=found.place, after=after
                )
            )
        click.echo(said(N_("最后一条的摘要（请抄录存档）：%(digest)s"), digest=found.digest))
        with transaction():
            auditing.note(found, actor=None)
