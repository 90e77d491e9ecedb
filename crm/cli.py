"""The command `crm`: a table of contents. A command's module is imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from crm.commands import sentences
from crm.errors import Refusals, Refused

COMMANDS = {
    "run": "crm.commands.run",
    "worker": "crm.commands.worker",
    "attribute": "crm.commands.attribute",
    "explain": "crm.commands.explain",
    "import": "crm.commands.import_",
    "attribution": "crm.commands.attribution",
    "brief": "crm.commands.brief",
    "migrate": "crm.commands.migrate",
    "seed": "crm.commands.seed",
    "demonstration": "crm.commands.demonstration",
    "user": "crm.commands.user",
    "contacts": "crm.commands.contacts",
    "audit": "crm.commands.audit",
    "backup": "crm.commands.backup",
    "restore": "crm.commands.restore",
    "upgrade": "crm.commands.upgrade",
    "doctor": "crm.commands.doctor",
}
"""What is typed → the module whose `command` is called."""

REFUSED = 2


class Contents(click.Group):
    """Finds a command by importing its module; what a service refuses becomes one line and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; ends the program where it was refused."""
        try:
            return super().invoke(ctx)
        except (Refused, Refusals) as error:
            for sentence in sentences(error):
                click.echo(sentence, err=True)
            sys.exit(REFUSED)


@click.group(cls=Contents, help="归属 · 招商引资管理系统 / Guishu, an investment-attraction CRM.")
def main() -> None:
    """The entry point of the console script."""


if __name__ == "__main__":
    main()
