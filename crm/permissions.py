"""The closed list of permissions, which role has which, and the guard: what is not granted is denied.

Three questions are asked of it. `allowed(user, permission)`: has the person this right at all? A view declares it with
`@needs`. `may(user, permission, project)`: for this project? Asked by views and verbs that concern one project.
`visible_to(user)` and `own(user)`: conditions on Project for queries, so that a list, a picker, an export and a chart
show what the pages of single projects would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user
from sqlalchemy import ColumnElement, exists, false, or_, select, true

from crm import clock
from crm.db import db
from crm.errors import NotAllowed
from crm.messages import N_
from crm.models import ROLES, Decision, Project, User
from crm.services.attribution import current

PERMISSIONS = (
    "project:read",
    "project:edit",
    "project:export",
    "project:import",
    "brief:read",
    "brief:print",
    "rulebook:read",
    "rule:read",
    "rule:propose",
    "rule:confirm",
    "system:read",
    "log:read",
    "people:read",
    "people:manage",
)
"""noun:verb, in the words of the addresses."""

_READERS = frozenset({"project:read", "project:export", "brief:read", "brief:print", "rulebook:read"})

GRANTED: dict[str, frozenset[str]] = {
    "staff": _READERS | {"project:edit"},
    "unit_head": _READERS | {"project:edit"},
    "reviewer": _READERS | {"project:import", "project:edit", "rule:read", "rule:propose"},
    "bureau_head": _READERS | {"project:import", "project:edit", "rule:read", "rule:confirm"},
    # Leader and working group read, and later sign and decide appeals.
    "leader": _READERS | {"rule:read"},
    "working_group": _READERS | {"rule:read"},
    # Accounts and technical settings: decides nothing and sees no project.
    "administrator": frozenset({"system:read", "rulebook:read", "people:read", "people:manage"}),
    # Reads logs and nothing else.
    "auditor": frozenset({"log:read"}),
}
"""Role → what it may do at all."""
assert set(GRANTED) == set(ROLES)

OWN_ONLY: dict[str, frozenset[str]] = {
    "staff": frozenset({"project:edit"}),
    "unit_head": frozenset({"project:edit"}),
}
"""Role → those of its permissions that hold for the projects of its own unit alone."""
assert all(limited <= GRANTED[role] for role, limited in OWN_ONLY.items())

ANOTHER_UNITS = N_("只有项目的招商、服务或应得单位才能这样做。如需更正，请联系该单位或审核员。")

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


def own(user: User | None) -> ColumnElement[bool]:
    """The condition on Project that holds for the projects of the person's own unit: it attracted them, serves them, or
    is entitled today to their indicators or leads the service of the enterprise. Holds for none where there is no unit.
    """
    if user is None or user.unit_id is None:
        return false()
    unit = user.unit_id
    entitled = exists(
        select(Decision.id)
        .where(Decision.id == current(clock.today()))
        .where(or_(Decision.indicators_id == unit, Decision.enterprise_service_id == unit))
        .correlate(Project)
    )
    return or_(Project.attracted_by_id == unit, Project.served_by_id == unit, entitled)


def may(user: User | None, permission: str, project: Project) -> bool:
    """Has the person this permission for this project? At most one statement."""
    if user is None or not allowed(user, permission):
        return False
    if permission not in OWN_ONLY.get(user.role, frozenset()):
        return True
    return bool(db.session.scalar(select(exists().where(Project.id == project.id, own(user)))))


def require(user: User | None, permission: str, project: Project) -> None:
    """Raises NotAllowed where `may` says no; the page then says whose project it is for."""
    if not may(user, permission, project):
        raise NotAllowed(ANOTHER_UNITS if allowed(user, permission) else NotAllowed().message)


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
