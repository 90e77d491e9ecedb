"""`crm seed`: what every database starts with, into the one that DATABASE_URL names."""

from __future__ import annotations

import click

from crm.commands import opened, said
from crm.messages import N_


@click.command(help="把单位、板块、行业、口径、目标等基础数据补入账套。Add what is missing of the seeds.")
def command() -> None:
    """Opens real books with fresh accounts where none are open; adds what is missing where they are."""
    with opened():
        from crm.seeds import accounts, foundation, real

        made = real.load()
        if made is None:
            foundation.load()
            click.echo(said(N_("基础数据已补齐")))
        else:
            click.echo(said(N_("正式账套已启用；请立即更换下列密码：")))
            click.echo(accounts.table(made))
