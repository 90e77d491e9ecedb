"""Who asked, and how, where a proxy of our own stands before the program."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def init(app: Flask) -> None:
    """Believes X-Forwarded-For, -Proto and -Host from as many proxies as the setting says; from none, nothing."""
    proxies = int(app.config["PROXIES"])
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
