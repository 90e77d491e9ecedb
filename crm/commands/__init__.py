"""The commands, one a file: each has a click command named `command`, listed in crm/cli.py.

A command imports at its top only what `crm --help` may wait for; the application and its database are imported
inside `opened()` or inside the function.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

import click

from crm.errors import Refusals, Refused
from crm.messages import TRANSLATIONS

if TYPE_CHECKING:
    from flask import Flask


class CannotStart(click.ClickException):
    """The machine or its settings stand in the way: one line on stderr, exit code 1."""

    exit_code = 1

    def show(self, file: object = None) -> None:
        """Prints the sentence alone."""
        click.echo(self.message, err=True)


@cache
def _catalogue() -> gettext.NullTranslations:
    """The sentences in the terminal's language (LANGUAGE, LC_ALL, LC_MESSAGES, LANG), Chinese where there is none."""
    return gettext.translation("messages", TRANSLATIONS, fallback=True)


def said(message: str, **values: object) -> str:
    """A message marked with N_, in the terminal's language, with its placeholders filled in."""
    text = _catalogue().gettext(message)
    return text % values if values else text


def sentences(error: Refused | Refusals) -> list[str]:
    """What was refused, a line each, in the terminal's language."""
    refused = error.refusals if isinstance(error, Refusals) else (error,)
    return [said(one.message, **one.values) for one in refused]


@contextmanager
def starting() -> Iterator[None]:
    """What is refused inside is a matter of the machine or its settings. Raises CannotStart in its place."""
    try:
        yield
    except (Refused, Refusals) as error:
        raise CannotStart("\n".join(sentences(error))) from error


@contextmanager
def opened() -> Iterator[Flask]:
    """The application inside its context, with tables of this code. Raises CannotStart where it cannot be had."""
    with ExitStack() as at_books:
        with starting():
            from crm import create_app, running
            from crm.db import check_schema

            app = create_app()
            at_books.enter_context(running.together(str(app.config["INSTANCE"])))
            check_schema(app)
        with app.app_context():
            yield app
