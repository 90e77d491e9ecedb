"""What every answer says to the browser: load nothing from elsewhere, run nothing inline, sit in no frame."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask_login import current_user

POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def init(app: Flask) -> None:
    """Adds the headers to every answer."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if app_serves_https():
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint is None or not request.endpoint.endswith("static"):
        # What one person saw is not shown to the next one at the same machine.
        response.headers.setdefault("Cache-Control", "no-store" if signed_in() else "no-cache")
        response.vary.add("Cookie")
    return response


def app_serves_https() -> bool:
    """Is the site served over HTTPS only? Then browsers are told never to try plain HTTP again."""
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def signed_in() -> bool:
    """Was this answer made for somebody in particular?"""
    # Asking current_user here would load the account where the view did not need it.
    return "_login_user" in g and bool(current_user.is_authenticated)
