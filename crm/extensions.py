"""The extensions that are no part of storage: sign-in, form tokens, languages, Bootstrap."""

from __future__ import annotations

from flask import Flask, session
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_wtf import CSRFProtect

LANGUAGES = {"zh": "中文", "en": "English"}

login = LoginManager()
csrf = CSRFProtect()
babel = Babel()
bootstrap = Bootstrap5()


def init_login(app: Flask) -> None:
    """Who is signed in; crm/web/sessions.py tells it."""
    login.init_app(app)
    # Sessions are rows that can be ended; an address that changes on the way is no reason to end one.
    login.session_protection = None


def init_csrf(app: Flask) -> None:
    """Every unsafe request needs a form token."""
    csrf.init_app(app)


def init_babel(app: Flask) -> None:
    """Chinese, or the language the person chose."""
    babel.init_app(app, locale_selector=language)


def init_bootstrap(app: Flask) -> None:
    """Bootstrap from the wheel."""
    bootstrap.init_app(app)


def language() -> str:
    """The language of this request: the one chosen in the session, else Chinese."""
    chosen = session.get("language")
    return chosen if chosen in LANGUAGES else "zh"
