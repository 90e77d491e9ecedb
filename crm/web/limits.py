"""So many requests an address within a while: where passwords are tried, exports and prints, uploads, and all together."""

from __future__ import annotations

import time

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import TooManyRequests

from crm.permissions import needed

PASSWORDS = ("sign_in.check", "account.change_password")
"""Where a password is tried."""

EXPORT_VERBS = (":export", ":print")
"""How the permissions of views end that write whole files."""


def init(app: Flask) -> None:
    """Counts every request but those for static files. To be called before whatever asks the database."""
    if not app.config["RATELIMIT_ENABLED"]:
        return
    limiter = Limiter(get_remote_address, app=app, application_limits=[str(app.config["LIMIT_ALL"])])

    @app.before_request
    def _count() -> None:
        kind = _kind()
        if kind is None:
            return
        limit = parse(str(current_app.config[f"LIMIT_{kind}"]))
        identity = (kind, get_remote_address())
        if not limiter.limiter.hit(limit, *identity):
            free = limiter.limiter.get_window_stats(limit, *identity).reset_time
            raise TooManyRequests(retry_after=max(1, int(free - time.time()) + 1))


def _kind() -> str | None:
    """Which limit of its own a request falls under."""
    if request.method != "POST" or request.endpoint is None:
        return None
    if request.endpoint in PASSWORDS:
        return "SIGN_IN"
    if (needed(current_app, request.endpoint) or "").endswith(EXPORT_VERBS):
        return "EXPORTS"
    return "UPLOADS" if request.mimetype == "multipart/form-data" else None
