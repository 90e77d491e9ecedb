"""`crm restore`: a backup back into place, or only looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm.commands import said, starting
from crm.messages import N_

if TYPE_CHECKING:
    from crm.operations.archive import Manifest


@click.command(help="从备份恢复（先停止程序）。Restore a backup; stop the program first.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--verify", is_flag=True, help="只核对，不恢复。Only check the file.")
@click.option("--replace", is_flag=True, help="取代现有账套。Take the place of the books there are.")
@click.option("--migrate", is_flag=True, help="旧结构的备份恢复后随即升级。Then upgrade older tables.")
def command(file: Path, verify: bool, replace: bool, migrate: bool) -> None:
    """Checks every byte first; says what was put back."""
    from crm.operations import archive

    if verify:
        tell(archive.verify(file))
        click.echo(said(N_("备份完好")))
        return
    with starting():
        from crm import config, create_app, running
        from crm.db import check_schema, upgrade
        from crm.operations import restore
        from crm.operations.upgrade import close

        settings = config.settings()
    with running.alone(str(settings["INSTANCE"])):
        manifest = restore.restore(settings, file, replace=replace, older=migrate)
        tell(manifest)
        click.echo(said(N_("已恢复；备份时已登录的人都须重新登录")))
        # Asked anew: which books are opened may depend on what has just been put there.
        app = create_app()
        older = check_schema(app, migrating=True)
        close(app)
        if older:
            upgrade(app)
            click.echo(said(N_("数据库的表已是最新结构")))


def tell(manifest: Manifest) -> None:
    """What a backup says of itself."""
    click.echo(
        said(
            N_(
                "备份于 %(made_at)s：%(database)s %(version)s，结构 %(revision)s，%(count)s个文件，程序 %(program)s"
            ),
            made_at=manifest.made_at,
            database=manifest.database,
            version=manifest.versions["database"],
            revision=manifest.revision,
            count=len(manifest.members),
            program=manifest.versions["guishu"],
        )
    )
