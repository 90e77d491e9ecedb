"""`crm contacts renew`: telephone numbers and mail addresses encrypted with the newest key, after the key was changed."""

from __future__ import annotations

import sys

import click

from crm.commands import opened, said
from crm.messages import N_

UNREADABLE = 1
SHOWN = 20
"""Numbers of contacts that are printed."""


@click.group(help="联系人。Contacts.")
def command() -> None:
    """The group; its one verb is below."""


@command.command(
    help="更换密钥后，用最新的密钥重新加密电话和邮箱；中断后再运行一次即可。Encrypt telephone and mail with the newest key."
)
def renew() -> None:
    """Some hundred contacts a transaction, beside a running server; exit code 1 where some can be read with no key."""
    seen = renewed = 0
    unreadable: list[int] = []
    with opened():
        from crm.db import transaction
        from crm.services import contact_keys

        after: int | None = 0
        while after is not None:
            with transaction():
                part = contact_keys.renew(after=after)
            seen, renewed, after = seen + part.seen, renewed + part.renewed, part.last
            unreadable += part.unreadable
    click.echo(
        said(N_("共%(count)s位联系人有电话或邮箱，重新加密%(renewed)s位。"), count=seen, renewed=renewed)
    )
    if unreadable:
        numbers = " ".join(str(key) for key in unreadable[:SHOWN])
        message = N_(
            "%(count)s位无法解密，保持原样；请找回当时的密钥，排在最新的之后，再运行一次。编号：%(numbers)s"
        )
        click.echo(said(message, count=len(unreadable), numbers=numbers), err=True)
        sys.exit(UNREADABLE)
    click.echo(said(N_("全部可以用最新的密钥读出；旧密钥只有恢复以前的备份时还用得着。")))
