"""The WSGI server: one process that answers with a few threads, and the one that looks after it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

if TYPE_CHECKING:
    from flask import Flask

THREADS = 4
"""SQLite takes one writer at a time and answers a reader in milliseconds: more threads would only wait."""

GRACE = 10
"""Seconds a request has to finish when the server is stopped."""


def serve(host: str, port: int, greeting: str) -> None:
    """Answers until stopped; prints the greeting when the application is there."""
    server = Granian(
        target="crm:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=partial(application, greeting, os.getpid()), wrap_loader=False)


def application(greeting: str, keeper: int) -> Flask:
    """The application, for the process that answers, which ends when `keeper` is no more."""
    from crm import create_app

    app = create_app()
    threading.Thread(target=_end_with, args=(keeper,), daemon=True).start()
    click.echo(greeting)
    sys.stdout.flush()
    return app


def _end_with(keeper: int) -> None:
    """A keeper that was killed cannot stop us, and we would hold the port for ever."""
    while os.getppid() == keeper:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
