"""Addresses that a person's request carries: only those of this site are followed."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def local(target: str | None) -> str | None:
    """The target where it is a path of this site; none for another host, scheme, or anything that could become one."""
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(character) < 32 or character == "\\" for character in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if not parts.scheme and not parts.netloc else None


def here() -> str:
    """The address of this page, to come back to; the front page where it answers a form."""
    if request.method not in {"GET", "HEAD"}:
        return "/"
    path = request.full_path.rstrip("?") if request.query_string else request.path
    return local(path) or "/"


def came_from() -> str:
    """The page of this site that a form was sent from; the front page where the browser does not say."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    if parts.netloc != request.host:
        return "/"
    return local(f"{parts.path}?{parts.query}" if parts.query else parts.path) or "/"


def wants_json() -> bool:
    """Was JSON asked for rather than a page?"""
    offered = ["text/html", "application/json", "application/problem+json"]
    return request.accept_mimetypes.best_match(offered, default="text/html") != "text/html"
