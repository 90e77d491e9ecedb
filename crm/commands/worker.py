"""`crm worker`: works on what was queued, until it is stopped."""

from __future__ import annotations

import os
import signal
import threading
import time

import click

from crm.commands import opened

GRACE = 10
"""Seconds a step has to end once whoever started us is no more."""


@click.command(help="处理后台任务，直到停止。Work on queued jobs until stopped.")
@click.option("--keeper", type=int, help="随此进程结束。End with the process of this id.")
def command(keeper: int | None) -> None:
    """One worker; SIGTERM and Ctrl+C let it finish its step and give its job back."""
    with opened() as app:
        from crm.db import db
        from crm.work.worker import Worker

        worker = Worker(app)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if keeper is not None:
            threading.Thread(target=_end_with, args=(keeper, worker.stop), daemon=True).start()
        db.session.remove()
        worker.run()
        db.engine.dispose()


def _end_with(keeper: int, stop: object) -> None:
    assert callable(stop)
    while os.getppid() == keeper:
        time.sleep(1)
    stop()
    time.sleep(GRACE)
    os._exit(1)
