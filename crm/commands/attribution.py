"""`crm attribution rebuild`: every stored project decided again; only what changed is written, and said.

With `--queue` a worker does it.
"""

from __future__ import annotations

import click

from crm.commands import opened, said
from crm.messages import N_


@click.group(help="归属。Attribution in the books.")
def command() -> None:
    """The group; its one verb is below."""


@command.command(help="重新判定账套中的全部项目，只写入有变化的。Decide every stored project again.")
@click.option(
    "--queue", is_flag=True, help="交给后台处理，不在此等待。Leave it to a worker instead of waiting."
)
def rebuild(queue: bool) -> None:
    """Decides all projects again, some thousand a transaction; prints each decision that changed, or queues it."""
    projects = changes = 0
    with opened():
        from crm.db import transaction
        from crm.services import jobs, rebuilding

        if queue:
            with transaction():
                number = jobs.enqueue("attribution.rebuild", key="attribution.rebuild", actor=None).id
            click.echo(said(N_("已排队：后台任务%(number)s"), number=number))
            return
        after = 0
        while True:
            with transaction():
                part = rebuilding.rebuild(after=after, actor=None)
            for change in part.changes:
                click.echo(
                    f"{change.number} {change.from_day} {change.before or '–'} → {change.after or '–'}"
                )
            projects += part.projects
            changes += len(part.changes)
            if part.last is None:
                break
            after = part.last
    click.echo(said(N_("共%(projects)s个项目，%(changes)s处变化。"), projects=projects, changes=changes))
