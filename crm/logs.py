"""The program's own log: one JSON object a line, or plain lines where a person watches. Never what was typed into a
form, never a password, never a parameter of a statement.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler

from flask import g, has_request_context, request

OURS = "crm"
MARK = "guishu"
FIELDS = ("request", "user", "method", "path", "status", "ms")
"""What a line says about the request it belongs to."""


class Lines(logging.Formatter):
    """What both kinds of lines have in common."""

    def about(self, record: logging.LogRecord) -> dict[str, object]:
        """The fields of the request; those given with the message win over those of the request that runs."""
        found = running()
        found |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        return found


class JsonLines(Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        found: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **self.about(record),
            "message": record.getMessage(),
        }
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False, default=str)


class PlainLines(Lines):
    """For a terminal: time, level, message, and which request it was."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, followed by the exception where there is one."""
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        about = " ".join(f"{name}={value}" for name, value in self.about(record).items())
        text = f"{time} {record.levelname:<7} {record.getMessage()}  {about}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def running() -> dict[str, object]:
    """The number of the request that runs, its person, method and path; nothing outside one."""
    if not has_request_context():
        return {}
    found: dict[str, object] = {"method": request.method, "path": request.path}
    if "request_id" in g:
        found["request"] = g.request_id
    # Asking the books here might be what just failed, and in a request that writes would lock them.
    if "person" in g:
        found["user"] = g.person[0]
    return found


def configure(file: str) -> None:
    """Sends warnings of everybody and all that is ours to a file, or to stderr where none is named. Twice is once."""
    if file:
        handler: logging.Handler = WatchedFileHandler(file, encoding="utf-8")
        plain = False
    else:
        handler = logging.StreamHandler(sys.stderr)
        plain = sys.stderr.isatty()
    handler.setFormatter(PlainLines() if plain else JsonLines())
    handler.set_name(MARK)
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.get_name() == MARK]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    logging.getLogger(OURS).setLevel(logging.INFO)
