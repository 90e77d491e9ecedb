"""`crm upgrade`: a new version's tables, with a backup before and a look after, or everything as it was."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from crm.commands import said, starting
from crm.messages import N_


@click.command(
    help="升级数据库结构：备份、升级、自检，不成则恢复原样。Back up, migrate, check; put back where it fails."
)
@click.option(
    "--backup",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="备份文件；默认在实例目录的 backups 里。Where the backup goes.",
)
def command(file: Path | None) -> None:
    """Nobody else may be at the books meanwhile. Refuses in words, with the books as they were."""
    with starting():
        from crm import config, create_app, running
        from crm.db import check_schema
        from crm.operations import upgrade
        from crm.operations.postgresql_books import Server

        settings = config.settings()
    instance = Path(str(settings["INSTANCE"]))
    with running.alone(instance):
        with starting():
            app = create_app()
            older = check_schema(app, migrating=True)
        upgrade.close(app)
        if not older:
            upgrade.self_check(app)
            click.echo(said(N_("数据库已是最新结构，自检通过，无须升级")))
            return
        if not str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite"):
            Server(app.config).refuse_company()
        if file is None:
            (instance / "backups").mkdir(mode=0o700, exist_ok=True)
            file = instance / "backups" / f"before-upgrade-{datetime.now():%Y%m%d-%H%M%S}.zip"
        click.echo(said(N_("正在备份到 %(file)s，随后升级并自检……"), file=file))
        upgrade.upgrade(app, file.absolute())
    click.echo(said(N_("升级完成，自检通过；确认无误后可删除 %(file)s"), file=file))
