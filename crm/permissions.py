"""The closed list of permissions, which role has which, and the guard: what is not granted is denied.

Three questions are asked of it. `allowed(user, permission)`: has the person this right at all? A view declares it with
`@needs`. `may(user, permission, record)`: for this project, or this lead? Asked by views and verbs that concern one.
`visible_to(user)` and `own(user)`, for leads `leads_read_by(user)` and `own_leads(user)`: conditions for queries, so that a
list, a picker, an export and a chart show what the pages of single records would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, case, exists, false, or_, select, true

from crm import clock
from crm.db import db
from crm.errors import NotAllowed
from crm.grants import GRANTED, JOINT, OWN_ONLY, PERMISSIONS, UNITS
from crm.messages import N_
from crm.models import (
    DUTIES,
    Decision,
    Holding,
    Lead,
    LeadUnit,
    Project,
    Reassignment,
    Transfer,
    TransferSignature,
    User,
)
from crm.services import holdings, standing, successions
from crm.services.attribution import current

ANOTHER_UNITS_LEAD = N_("只有承办这条线索的单位才能这样做。如需合作或接手，请向该单位提出。")

ANOTHER_UNITS = N_("只有项目的招商、实属或应属单位才能这样做。如需更正，请联系该单位或审核员。")

PUBLIC = "public"
"""The mark of a view that is open to everybody."""

SIGNED_IN = "signed-in"
"""The mark of a view that is open to everybody who is signed in and holds some post, such as the front page."""

OWN_ACCOUNT = "own-account"
"""The mark of a view of one's own account: open also to who holds no post today, or has to change the password first."""

NO_POST = N_("您的账号今天没有在任岗位，不能办理业务。如需工作，请联系系统管理员安排岗位。")

PASSWORD_FIRST = N_("请先更换密码，再办理其他事项。")


class PasswordFirst(NotAllowed):
    """The person has to change the password before anything else."""


View = TypeVar("View", bound=Callable[..., Any])


def allowed(user: User | None, permission: str) -> bool:
    """Has the person this permission? Nobody, and an account that was closed, has none."""
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")
    return user is not None and user.is_active and permission in GRANTED.get(user.role, frozenset())


def could(user: User | None, permission: str) -> bool:
    """Has the person this permission in any of the posts held today, whichever is acted in now?"""
    return (
        user is not None and user.is_active and any(permission in GRANTED[term.role] for term in user.posts)
    )


def visible_to(user: User | None) -> ColumnElement[bool]:
    """The condition on Project that holds for the projects the person may see."""
    return true() if allowed(user, "project:read") else false()


def held_by(unit_id: int) -> ColumnElement[bool]:
    """The condition on Project that holds for those whose indicators or service the unit holds today."""
    held = exists(
        select(Holding.id)
        .where(Holding.id == holdings.current(clock.today()))
        .where(or_(*(getattr(Holding, f"{duty}_id") == unit_id for duty in DUTIES)))
        .correlate(Project)
    )
    beside = or_(*(getattr(Project, f"held_{duty}_id") == unit_id for duty in DUTIES))
    return case((standing.stand_on(clock.today()), beside), else_=held)


def own(user: User | None) -> ColumnElement[bool]:
    """The condition on Project that holds for the projects of the person's own unit: it attracted them, holds their
    indicators or the service of the enterprise, or is entitled to them today. Before a project begins nobody holds it:
    then it is also the unit's that serves it in the books. Holds for none where there is no unit.
    """
    if user is None or user.unit_id is None:
        return false()
    unit, today = user.unit_id, clock.today()
    decided = exists(
        select(Decision.id)
        .where(Decision.id == current(today))
        .where(or_(*(getattr(Decision, f"{duty}_id") == unit for duty in DUTIES)))
        .correlate(Project)
    )
    beside = or_(*(getattr(Project, f"{duty}_id") == unit for duty in DUTIES))
    begun = exists(select(Holding.id).where(Holding.project_id == Project.id).correlate(Project))
    return or_(
        Project.attracted_by_id == unit,
        case((standing.stand_on(clock.today()), beside), else_=decided),
        held_by(unit),
        and_(Project.served_by_id == unit, ~begun),
    )


def pooled() -> ColumnElement[bool]:
    """The condition on Lead that holds for those in the common pool: open, and their protection is over."""
    return and_(Lead.is_open, Lead.protected_until < clock.today())


def own_leads(user: User | None, *, joint: bool = False) -> ColumnElement[bool]:
    """The condition on Lead that holds for those that the person's own unit has, the common pool's not among them; with
    `joint` for those, too, on which it works with the unit that has them, and those that became a project it holds now:
    what was noted goes with the project. Holds for none where there is no unit.
    """
    if user is None or user.unit_id is None:
        return false()
    has = and_(Lead.unit_id == user.unit_id, ~pooled())
    if not joint:
        return has
    today = clock.today()
    works = select(LeadUnit.lead_id).where(
        LeadUnit.unit_id == user.unit_id, or_(LeadUnit.until.is_(None), LeadUnit.until >= today)
    )
    became = exists(
        select(Project.id).where(Project.id == Lead.project_id, held_by(user.unit_id)).correlate(Lead)
    )
    return or_(has, and_(Lead.id.in_(works), ~pooled()), and_(Lead.project_id.is_not(None), became))


def leads_read_by(user: User | None) -> ColumnElement[bool]:
    """The condition on Lead that holds for those whose contents the person may read.

    Of all others those with lead:read see that they exist, whose they are and since when, and nothing else. A unit reads
    its own, those it works on, those that became a project it holds, those offered to it, and those in the common pool.
    """
    if not allowed(user, "lead:read") or user is None:
        return false()
    if user.role not in UNITS:
        return true()
    offered = select(Reassignment.lead_id).where(
        Reassignment.to_unit_id == user.unit_id, Reassignment.state == "open"
    )
    return or_(own_leads(user, joint=True), pooled(), Lead.id.in_(offered))


def own_transfers(user: User | None) -> ColumnElement[bool]:
    """The condition on Transfer that holds for those that the person's own unit gives or receives by, or one that it
    answers for: one statement.
    """
    mine = units_read_for(user)
    return or_(Transfer.from_unit_id.in_(mine), Transfer.to_unit_id.in_(mine))


def units_read_for(user: User | None) -> frozenset[int]:
    """The units whose transfers the person reads as their own: a unit that was succeeded goes on reading its own, although
    the other acts for it: one statement.
    """
    if user is None or user.unit_id is None:
        return frozenset()
    return successions.acts_for(user.unit_id) | {user.unit_id}


def transfers_read_by(user: User | None) -> ColumnElement[bool]:
    """The condition on Transfer that holds for those whose handover list the person may read.

    The giving unit does, the receiving unit from when the list was first sent to it, whatever became of it, bureau and
    leaders all. Of the others everybody with transfer:read sees from whom to whom, and how far they are.
    """
    if user is None or not allowed(user, "transfer:read"):
        return false()
    if user.role not in UNITS:
        return true()
    signed = (TransferSignature.transfer_id == Transfer.id) & (TransferSignature.side == "giving")
    sent = or_(Transfer.state.in_(("signing", "confirming", "confirmed")), exists().where(signed))
    mine = units_read_for(user)
    return or_(Transfer.from_unit_id.in_(mine), and_(Transfer.to_unit_id.in_(mine), sent))


def may(user: User | None, permission: str, record: Project | Lead | Transfer) -> bool:
    """Has the person this permission for this project, lead or transfer? At most one statement."""
    if user is None or not allowed(user, permission):
        return False
    if permission not in OWN_ONLY.get(user.role, frozenset()):
        return True
    if isinstance(record, Transfer):
        return not successions.acts_for(user.unit_id).isdisjoint((record.from_unit_id, record.to_unit_id))
    model = type(record)
    mine = own(user) if isinstance(record, Project) else own_leads(user, joint=permission in JOINT)
    return bool(db.session.scalar(select(exists().where(model.id == record.id, mine))))


def require(user: User | None, permission: str, record: Project | Lead) -> None:
    """Raises NotAllowed where `may` says no; the page then says whose record it is for."""
    if may(user, permission, record):
        return
    another = ANOTHER_UNITS if isinstance(record, Project) else ANOTHER_UNITS_LEAD
    raise NotAllowed(another if allowed(user, permission) else NotAllowed().message)


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


def own_account(view: View) -> View:
    """Marks a view as one of the person's own account."""
    return _mark(OWN_ACCOUNT)(view)


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
    if permission == OWN_ACCOUNT:
        return None
    if current_user.must_change_password:
        raise PasswordFirst(PASSWORD_FIRST)
    if not current_user.role:
        raise NotAllowed(NO_POST)
    if permission == SIGNED_IN:
        return None
    if permission is None or not allowed(current_user, permission):
        raise NotAllowed()
    return None
