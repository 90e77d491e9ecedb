"""The WSGI server: one process that answers with a few threads, one that works on jobs, and one that looks after both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

RESTART = 5
"""Seconds before a worker that died is started again: one that dies at once is not started all the time."""


def serve(host: str, port: int, greeting: str, *, worker: bool) -> None:
    """Answers until stopped; prints the greeting when the application is there. With `worker`, jobs are worked on."""
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
    target = partial(application, greeting, os.getpid())
    if not worker:
        server.serve(target_loader=target, wrap_loader=False)
        return
    with worked_beside():
        server.serve(target_loader=target, wrap_loader=False)


@contextmanager
def worked_beside() -> Iterator[None]:
    """A worker in a process of its own meanwhile: started again when it dies, stopped at the end."""
    ended = threading.Event()
    # Before the server forks: a fork in the middle of it would keep open the pipe by which we hear that it has begun.
    first = _worker()
    looking_after = threading.Thread(target=_look_after, args=(first, ended), name="worker")
    looking_after.start()
    try:
        yield
    finally:
        ended.set()
        looking_after.join()


def _worker() -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "crm.cli", "worker", "--keeper", str(os.getpid()))
    # A group of its own: Ctrl+C in the terminal reaches it through us, once.
    return subprocess.Popen(command, start_new_session=True)


def _look_after(worker: subprocess.Popen[bytes], ended: threading.Event) -> None:
    while True:
        while worker.poll() is None and not ended.wait(0.2):
            pass
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(GRACE)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        if ended.wait(RESTART):
            return
        worker = _worker()


def application(greeting: str, keeper: int) -> Flask:
    """The application, for the process that answers, which ends when `keeper` is no more."""
    from crm import create_app, running

    app = create_app()
    running.join(str(app.config["INSTANCE"]))
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
