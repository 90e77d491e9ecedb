"""What a form that was sent says, and the way back where it was refused: the same for every step that a page offers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm.errors import Refused, Stale
from crm.models import User
from crm.web.parameters import Given, plain
from crm.web.presentation import said


def actor() -> User:
    """Whoever is signed in."""
    person: User = current_user
    return person


def version() -> int:
    """The version that the form was made of; 0 where it does not say."""
    return Given(request.form).whole("version") or 0


def long_text(name: str, most: int) -> str:
    """A text of several lines without control characters, cut to a little more than the `most` that is kept."""
    found = request.form.get(name, "")
    return "\n".join(plain(line).rstrip() for line in found[: 2 * most].splitlines()).strip()


def back(refused: Refused, endpoint: str, **place: Any) -> Redirect:
    """To the page of what a step was refused of, which shows how it stands now; not there or not allowed is an error."""
    if type(refused) not in (Refused, Stale):
        raise refused
    flash(said(refused.message, refused.values), "error")
    return redirect(url_for(endpoint, **place), 303)
