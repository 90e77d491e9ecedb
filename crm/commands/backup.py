"""`crm backup`: everything the installation owns into one file, while it goes on working."""

from __future__ import annotations

from pathlib import Path

import click

from crm.commands import said, starting
from crm.messages import N_


@click.command(
    help="备份数据库、文件和密钥到一个文件，不必停机。Back up database, files and key; nothing need stop."
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Writes the archive whole or not at all; refuses to overwrite one."""
    with starting():
        from crm import config
        from crm.operations import backup, places

        settings = config.settings()
    count = backup.back_up(settings, file.absolute())
    click.echo(
        said(
            N_("已备份到 %(file)s：%(count)s个文件，%(size)s MB"),
            file=file,
            count=count,
            size=f"{file.stat().st_size / 2**20:.1f}",
        )
    )
    click.echo(said(N_("其中有密钥和个人信息：只有您本人可读（0600），请妥善保管，并另存一份到别的机器。")))
    for address in places.elsewhere(settings):
        click.echo(said(N_("%(address)s 里的文件不在本机，未包含在内：请在那里另行备份。"), address=address))
