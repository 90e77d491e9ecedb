"""What a WSGI server imports: `wsgi:app`."""

from __future__ import annotations

from crm import create_app

app = create_app()
