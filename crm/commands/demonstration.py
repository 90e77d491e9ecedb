"""`crm demonstration`: from the demonstration to real books."""

from __future__ import annotations

import click

from crm.commands import said, starting
from crm.errors import Refused
from crm.messages import N_


@click.group(help="演示。The demonstration.")
def command() -> None:
    """The demonstration."""


@command.command(help="结束演示：建立空的正式账套，下次启动即打开它。End it: open empty real books.")
def end() -> None:
    """Makes empty seeded books beside the demonstration, with three fresh accounts; refuses where they exist."""
    with starting():
        from crm import config
        from crm.seeds import accounts, files, real

        settings = config.settings()
    if config.names_database():
        raise Refused(N_("设置了 DATABASE_URL：请让它指向一个空库并运行 crm migrate 与 crm seed"))
    file = config.real_database(str(settings["INSTANCE"]))
    if not files.make(file, real.load):
        raise Refused(N_("正式账套 %(file)s 已经存在"), file=file)
    click.echo(said(N_("正式账套已建立：%(file)s。重新启动后打开它；请立即更换下列密码："), file=file))
    click.echo(accounts.table(accounts.read(file.parent / real.ACCOUNTS_FILE)))
