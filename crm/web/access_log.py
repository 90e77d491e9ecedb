"""After the answer: who opened what is noted in a short transaction of its own, beside the requests, and one line goes
to the program's log. Nobody waits for either.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import re
import threading
import time
from collections.abc import Sequence
from multiprocessing.util import Finalize
from typing import Any
from uuid import uuid4

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from crm import clock
from crm.db import transaction
from crm.services import accesses, sessions
from crm.web.parameters import plain

logger = logging.getLogger(__name__)

OFF, AT_ONCE, BESIDE = "off", "at once", "beside"
"""The setting ACCESS_LOG: nothing is noted, at the end of the request itself (tests), by the thread beside them."""

LEFT_OUT = ("health.show",)
"""What is asked all day by machines; static files are left out as well."""

WAITING = 10_000
"""Requests that may wait to be noted while a long import holds the write lock: some minutes of a busy office."""

TOGETHER = 500
PAUSE = 0.3
"""Seconds in which requests gather, so that they share a transaction."""

TRIES = 5
FAREWELL = 10.0
"""Seconds that a process which ends waits for what is not written yet."""

SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
LONGEST = 300
KEY = "guishu-access-log"


def init(app: Flask) -> None:
    """Has every request numbered and noted. Called before anything else that acts on requests, so that this is the
    first to see a request and the last to see its answer.
    """
    app.extensions[KEY] = Beside(app)
    app.before_request(_begin)
    app.after_request(_end)
    app.context_processor(lambda: {"request_id": request_id})


def write(rows: Sequence[dict[str, Any]]) -> None:
    """All that is kept after answers, in the transaction of the caller."""
    accesses.add(rows)
    sessions.seen({row["session_id"]: row["at"] for row in rows if row["session_id"] is not None})


def request_id() -> str:
    """The number of this request: the one a proxy in front gave it, where it looks like one, else our own."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if SANE.fullmatch(given) else uuid4().hex[:16]
    number: str = g.request_id
    return number


def _begin() -> None:
    g.began = time.perf_counter()
    request_id()


def _end(response: Response) -> Response:
    milliseconds = round((time.perf_counter() - g.began) * 1000) if "began" in g else 0
    response.headers["X-Request-ID"] = request_id()
    logger.info(
        "%s %s %s", request.method, request.path, response.status_code,
        extra={"status": response.status_code, "ms": milliseconds},
    )  # fmt: skip
    if current_app.config["ACCESS_LOG"] != OFF and not _left_out(request.endpoint):
        beside: Beside = current_app.extensions[KEY]
        beside.note(_row(response.status_code, milliseconds))
    return response


def _left_out(endpoint: str | None) -> bool:
    return endpoint is not None and (endpoint in LEFT_OUT or endpoint.endswith("static"))


def _row(status: int, milliseconds: int) -> dict[str, Any]:
    # Whoever was not asked for while the request ran is not asked for now, nor is anything else of the books.
    user_id, role = g.get("person", (None, None))
    return {
        "at": clock.real_now(),
        "request": request_id(),
        "user_id": user_id,
        "session_id": g.get("session_id"),
        "role": role,
        "method": _kept(request.method),
        "endpoint": request.endpoint,
        "path": _kept(request.path),
        "parameters": _kept(" ".join(request.args)),
        "status": status,
        "milliseconds": milliseconds,
        "address": _kept(request.remote_addr or ""),
    }


def _kept(text: str) -> str:
    return plain(text)[:LONGEST]


class Beside:
    """The thread that writes, one a process, started by the first request that is to be noted."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.starting = threading.Lock()
        self.process: int | None = None
        self.lost = 0

    def note(self, row: dict[str, Any]) -> None:
        """Has a request noted. Never waits; where too many wait already it is lost, and the log says so."""
        if self.app.config["ACCESS_LOG"] == AT_ONCE:
            if not self._written([row]):
                self._lose(1)
            return
        with self.starting:
            if self.process != os.getpid():
                self._start()
        try:
            self.rows.put_nowait(row)
        except queue.Full:
            self._lose(1)

    def flush(self) -> None:
        """Writes what waits and ends the thread, as a process does before it ends."""
        if self.process == os.getpid():
            self.ending.set()
            self.thread.join(FAREWELL)
            self.process = None

    def _start(self) -> None:
        self.process = os.getpid()
        self.rows: queue.Queue[dict[str, Any]] = queue.Queue(WAITING)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self.thread.start()
        # A process of a pool ends without the first, the main one without waiting for the second: whoever is first.
        atexit.register(self.flush)
        Finalize(None, self.flush, exitpriority=100)

    def _run(self) -> None:
        while not (self.ending.wait(PAUSE) and self.rows.empty()):
            rows: list[dict[str, Any]] = []
            while len(rows) < TOGETHER:
                try:
                    rows.append(self.rows.get_nowait())
                except queue.Empty:
                    break
            if rows and not any(self._written(rows) for _ in range(TRIES)):
                self._lose(len(rows))

    def _written(self, rows: list[dict[str, Any]]) -> bool:
        try:
            # A context of its own is a session of its own: the request's is left alone.
            with self.app.app_context(), transaction():
                write(rows)
        except SQLAlchemyError:
            logger.warning("the access log could not be written", exc_info=True)
            return False
        return True

    def _lose(self, count: int) -> None:
        self.lost += count
        # Said at the first and then now and again: a full disk must not be filled further by saying so.
        if self.lost == count or self.lost % 1_000 < count:
            logger.error("requests missing from the access log: %s", self.lost)
