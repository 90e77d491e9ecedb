"""`crm user`: accounts from the terminal, for the first administrator and for forgotten passwords."""

from __future__ import annotations

import sys

import click

from crm.commands import opened, said
from crm.errors import NotFound
from crm.messages import N_


def typed_password() -> str:
    """Asked for twice and not shown at a terminal; otherwise a line of standard input.

    Never an option: other users of the machine can read a command line.
    """
    if sys.stdin.isatty():
        return str(click.prompt("密码 Password", hide_input=True, confirmation_prompt="再输一次 Again"))
    return sys.stdin.readline().rstrip("\r\n")


def tell(chosen: str, *, shown: bool) -> None:
    """Shows a generated password this once, and says that it has to be changed."""
    if shown:
        click.echo(said(N_("一次性密码（只显示这一次）：%(password)s"), password=chosen))
    click.echo(said(N_("首次登录时须更换密码")))


generated = click.option(
    "--generate", is_flag=True, help="由系统生成一次性密码并显示。Generate a one-time password and show it."
)


@click.group(help="账号。Accounts.")
def command() -> None:
    """Accounts."""


@command.command(help="新开账号；密码从提示或标准输入读入。Open an account.")
@click.argument("login")
@click.option("--name", required=True, help="姓名。")
@click.option("--role", required=True, help="岗位，如 staff、reviewer、administrator。")
@click.option("--unit", "unit_code", help="单位代码，如 jd、cihui。")
@generated
def add(login: str, name: str, role: str, unit_code: str | None, generate: bool) -> None:
    """Opens the account; every mistake is printed."""
    with opened():
        from crm.db import transaction
        from crm.services import passwords, people, units

        chosen = passwords.one_time() if generate else typed_password()
        with transaction():
            unit = units.unit_by_code(unit_code) if unit_code else None
            people.add_user(
                login,
                name=name,
                role=role,
                unit=unit,
                password=chosen,
                must_change_password=True,
                actor=None,
            )
        click.echo(said(N_("已开通账号 %(login)s"), login=login))
        tell(chosen, shown=generate)


@command.command(help="给账号换密码；密码从提示或标准输入读入。Give an account another password.")
@click.argument("login")
@generated
def password(login: str, generate: bool) -> None:
    """Gives the account another password, which ends its sessions."""
    with opened():
        from crm.db import transaction
        from crm.services import passwords, people

        chosen = passwords.one_time() if generate else typed_password()
        with transaction():
            user = people.user_by_login(login)
            if user is None:
                raise NotFound(N_("没有账号 %(login)s"), field="login", login=login)
            people.reset_password(user, chosen, actor=None)
        click.echo(said(N_("已更换账号 %(login)s 的密码"), login=login))
        tell(chosen, shown=generate)
