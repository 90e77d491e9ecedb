"""`crm run`: from nothing, or from yesterday's books, to a server that answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm.commands import CannotStart, said, starting
from crm.messages import N_

if TYPE_CHECKING:
    from flask import Flask


@click.command(help="建库、载入演示并启动网站。Make the books ready and serve them.")
def command() -> None:
    """Serves until stopped. Refuses in one line what stands in the way: a port, a folder, a schema."""
    with starting():
        from crm import config

        settings = config.settings()
    host, port = str(settings["HOST"]), int(str(settings["PORT"]))
    with held(host, port), at_books(settings):
        app = ready(settings)
        text = greeting(app, host, port)
    from crm.serving import serve

    serve(host, port, text, worker=bool(settings["WORKER"]))


@contextmanager
def held(host: str, port: int) -> Iterator[None]:
    """Keeps the port for us while the books are made ready. Raises CannotStart where somebody else has it.

    The server itself could not tell: it lets several of its kind listen on one port.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        keeper = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotStart(said(N_("没有地址 %(host)s（%(reason)s）"), host=host, reason=error)) from error
    with keeper:
        if sys.platform != "win32":
            # A server that has just stopped leaves connections behind that do not matter any more.
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            keeper.bind(address)
        except OSError as error:
            raise CannotStart(
                said(
                    N_(
                        "%(host)s 的端口 %(port)s 不可用（%(reason)s）：请换一个，例如 PORT=%(other)s make run"
                    ),
                    host=host,
                    port=port,
                    reason=error.strerror,
                    other=port + 1 if port < 65535 else port - 1,
                )
            ) from error
        yield


@contextmanager
def at_books(settings: dict[str, object]) -> Iterator[None]:
    """Nobody upgrades or restores the books meanwhile. Raises CannotStart where somebody does.

    Ends before the server begins: a lock must not be carried into another process, so the server takes its own.
    """
    from crm import running

    with ExitStack() as stack:
        with starting():
            stack.enter_context(running.together(str(settings["INSTANCE"])))
        yield


def ready(settings: dict[str, object]) -> Flask:
    """The application on books whose tables are of this code, made and filled where there were none.

    Raises CannotStart where the tables are newer than the code, or the database cannot be opened.
    """
    with starting():
        from crm import config, create_app
        from crm.db import check_schema, db, upgrade
        from crm.seeds import demonstration, files
        from crm.services import books
        from crm.work.catching_up import catch_up

        if not config.names_database():
            file = config.default_database(Path(str(settings["INSTANCE"])))
            if not file.exists():
                click.echo(said(N_("首次启动：正在建库并载入演示……")))
                files.make(file, demonstration.load)
        app = create_app()
        if check_schema(app, migrating=True):
            upgrade(app)
    with app.app_context():
        if books.books() is None:
            demonstration.load()
        catch_up()
        # What follows is another process, which must not share our connections.
        db.session.remove()
        db.engine.dispose()
    return app


def greeting(app: Flask, host: str, port: int) -> str:
    """The address, and in the demonstration an account for each role."""
    from crm.seeds import accounts, demonstration
    from crm.services import books

    shown = f"[{host}]" if ":" in host else host
    lines = [said(N_("归属已启动：%(address)s（按 Ctrl+C 停止）"), address=f"http://{shown}:{port}")]
    with app.app_context():
        opened = books.books()
        if opened and opened.kind == "demonstration":
            known = accounts.read(Path(str(app.config["INSTANCE"])) / demonstration.ACCOUNTS_FILE)
            lines.append(said(N_("演示账号（登录名、密码、岗位、姓名）：")))
            lines.append(accounts.table(known))
    return "\n".join(lines)
