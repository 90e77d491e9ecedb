"""The pages: one user task a file."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Registers the pages with the application."""
