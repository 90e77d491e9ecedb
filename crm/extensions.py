"""The extensions that are no part of storage: sign-in, form tokens, languages, Bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, session
from flask_babel import Babel, get_translations
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from markupsafe import Markup

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


def sentences() -> Callable[..., Markup]:
    """What turns the messages of a page into the language of this request: `_` in templates.

    Bound once a page, where Babel would look up request, language and catalogue again for every sentence.
    """
    return _translator(get_translations())


@lru_cache(maxsize=2 * len(LANGUAGES))
def _translator(translations: Any) -> Callable[..., Markup]:
    said: dict[str, Markup] = {}

    def translate(message: str, **values: Any) -> Markup:
        text = said.get(message)
        if text is None:
            # only what stands in a template comes here, so that there is an end to it
            text = said[message] = Markup(translations.gettext(message))
        return text % values

    return translate
