"""The closed list of permissions, which role has which, and the guard: what is not granted is denied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user
from sqlalchemy import ColumnElement, false, true

from crm.errors import NotAllowed
from crm.models import ROLES, User

PERMISSIONS = (
    "project:read",
    "project:export",
    "project:import",
    "brief:read",
    "brief:print",
    "rulebook:read",
    "system:read",
    "log:read",
)

_READERS = frozenset({"project:read", "project:export", "brief:read", "brief:print", "rulebook:read"})

GRANTED: dict[str, frozenset[str]] = {
    "staff": _READERS,
    "unit_head": _READERS,
    "reviewer": _READERS | {"project:import"},
    "bureau_head": _READERS | {"project:import"},
    "leader": _READERS,
    "working_group": _READERS,
    "administrator": frozenset({"system:read", "rulebook:read"}),
    "auditor": frozenset({"log:read"}),
}
assert set(GRANTED) == set(ROLES)

PUBLIC = "public"
"""The mark of a view that is open to everybody."""

SIGNED_IN = "signed-in"
"""The mark of a view that is open to everybody who is signed in, such as one's own account."""

View = TypeVar("View", bound=Callable[..., Any])


def allowed(user: User | None, permission: str) -> bool:
    """Has the person this permission? Nobody, and an account that was closed, has none."""
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")
    return user is not None and user.is_active and permission in GRANTED.get(user.role, frozenset())


def visible_to(user: User | None) -> ColumnElement[bool]:
    """The condition on Project that holds for the projects the person may see."""
    return true() if allowed(user, "project:read") else false()


def needs(permission: str) -> Callable[[View], View]:
    """Marks a view as open to those who have the permission."""
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")
    return _mark(permission)


def public(view: View) -> View:
    """Marks a view as open to everybody."""
    return _mark(PUBLIC)(view)


def signed_in(view: View) -> View:
    """Marks a view as open to everybody who is signed in."""
    return _mark(SIGNED_IN)(view)


def _mark(permission: str) -> Callable[[View], View]:
    def marked(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return marked


def needed(app: Flask, endpoint: str) -> str | None:
    """The mark of a view; none means that nobody may open it. Static files are public."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    return getattr(app.view_functions[endpoint], "permission", None)


def guard(app: Flask) -> None:
    """Has every request checked before its view runs."""
    app.before_request(_check)


def _check() -> Any:
    if request.endpoint is None:
        return None
    permission = needed(current_app, request.endpoint)
    if permission == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if permission == SIGNED_IN:
        return None
    if permission is None or not allowed(current_user, permission):
        raise NotAllowed()
    return None
