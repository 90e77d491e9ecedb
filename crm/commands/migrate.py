"""`crm migrate`: brings the tables up to this code."""

from __future__ import annotations

import click

from crm.commands import said, starting
from crm.messages import N_


@click.command(help="把数据库的表升级到本程序的结构。Bring the tables up to this code.")
def command() -> None:
    """Creates the tables where there are none; refuses tables newer than the code."""
    with starting():
        from crm import create_app
        from crm.db import check_schema, upgrade

        app = create_app()
        check_schema(app, migrating=True)
    upgrade(app)
    click.echo(said(N_("数据库的表已是最新结构")))
