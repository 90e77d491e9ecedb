"""A person at the form of a project: opens it, changes fields, looks at the preview, confirms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crm.db import db
from crm.models import AuditEvent, Project, ProjectFacts

INPUT = re.compile(r"<input\b[^>]*>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
SELECT = re.compile(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
CHOSEN = re.compile(r'<option value="([^"]*)" selected>')
FORM = re.compile(r'<form\b[^>]*action="(/projects/[^"]*)"(?:(?!</form>).)*</form>', re.DOTALL)


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form that edits, nothing chosen where nothing is checked."""
    form = next(found.group(0) for found in FORM.finditer(page) if 'method="post"' in found.group(0))
    sent: dict[str, str] = {}
    for tag in INPUT.findall(form):
        given: dict[str, Any] = dict(ATTRIBUTE.findall(tag[6:]))
        if given.get("type") == "radio" and "checked" not in given:
            continue
        sent[given["name"]] = unescape(given.get("value", ""))
    for name, options in SELECT.findall(form):
        chosen = CHOSEN.search(options)
        sent[name] = unescape(chosen.group(1)) if chosen else ""
    return sent


@dataclass
class Desk:
    """One person's open form."""

    client: FlaskClient
    path: str = "/projects/P1/edit"
    sent: dict[str, str] = field(default_factory=dict)

    def open(self) -> Desk:
        """Opens the form as it is now."""
        self.sent = fields(self.client.get(self.path).text)
        return self

    def post(self, step: str, **changes: str) -> TestResponse:
        """Sends the form with these changes; what comes back, where it is a form, is the one open from now on."""
        self.sent |= changes
        answer = self.client.post(self.path, data=self.sent | {"step": step})
        if answer.status_code in (200, 400, 409):
            self.sent = fields(answer.text)
        return answer


def project(app: Flask, number: str = "P1") -> Project:
    """The project as the books have it now."""
    with app.app_context():
        found = db.session.query(Project).filter_by(number=number).one()
        db.session.expunge(found)
        return found


def recorded(app: Flask) -> tuple[int, int]:
    """How many versions and events there are."""
    with app.app_context():
        return db.session.query(ProjectFacts).count(), db.session.query(AuditEvent).count()
