"""What a WSGI server imports: `wsgi:app`."""

from __future__ import annotations

from crm import create_app, running

app = create_app()
running.join(str(app.config["INSTANCE"]))
