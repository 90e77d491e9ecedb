"""`crm user`: accounts from the terminal, for the first administrator and for forgotten passwords."""

from __future__ import annotations

import click

from crm.commands import opened, said
from crm.errors import NotFound
from crm.messages import N_


@click.group(help="账号。Accounts.")
def command() -> None:
    """Accounts."""


@command.command(help="新开账号；密码从提示读入。Open an account.")
@click.argument("login")
@click.option("--name", required=True, help="姓名。")
@click.option("--role", required=True, help="岗位，如 staff、reviewer、administrator。")
@click.option("--unit", "unit_code", help="单位代码，如 jd、cihui。")
@click.password_option(prompt="密码 Password", confirmation_prompt="再输一次 Again")
def add(login: str, name: str, role: str, unit_code: str | None, password: str) -> None:
    """Opens the account; every mistake is printed."""
    with opened():
        from crm.db import transaction
        from crm.services import people, units

        with transaction():
            unit = units.unit_by_code(unit_code) if unit_code else None
            people.add_user(login, name=name, role=role, unit=unit, password=password, actor=None)
        click.echo(said(N_("已开通账号 %(login)s"), login=login))


@command.command(help="给账号换密码；密码从提示读入。Give an account another password.")
@click.argument("login")
@click.password_option(prompt="密码 Password", confirmation_prompt="再输一次 Again")
def password(login: str, password: str) -> None:
    """Gives the account another password, which ends its sessions."""
    with opened():
        from crm.db import transaction
        from crm.services import people

        with transaction():
            user = people.user_by_login(login)
            if user is None:
                raise NotFound(N_("没有账号 %(login)s"), field="login", login=login)
            people.set_password(user, password, actor=None)
        click.echo(said(N_("已更换账号 %(login)s 的密码"), login=login))
