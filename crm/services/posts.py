"""岗位: who holds which role in which unit from day to day; and the verbs that give and end posts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refusals, Refused
from crm.grants import GRANTED
from crm.messages import N_
from crm.models import ROLES, PostTerm, Unit, User
from crm.models.people import posts_on
from crm.services import history

IN_A_UNIT = ("staff", "unit_head", "reviewer", "bureau_head")
"""The roles that are held in a unit; the others stand beside the units."""

ADMINISTRATOR = "administrator"


def holders(unit: Unit, day: date) -> set[int]:
    """The ids of those who hold a post in a unit on a day, whether or not they may sign in."""
    query = select(PostTerm).where(PostTerm.unit_id == unit.id, PostTerm.valid_from <= day)
    terms = db.session.scalars(query.order_by(PostTerm.valid_from, PostTerm.id))
    last = {(term.user_id, *term.post): term for term in terms}
    return {term.user_id for term in last.values() if term.held}


def head_of(unit_id: int, day: date, *, but: User) -> User | None:
    """Who may sign in and leads a unit on a day, of several the one with the first id; nobody where it is `but` alone."""
    query = select(User).where(User.active, ~User.locked, User.id != but.id).order_by(User.id)
    query = query.where(User.terms.any(and_(PostTerm.role == "unit_head", PostTerm.unit_id == unit_id)))
    found = db.session.scalars(query.options(selectinload(User.terms)))
    leads = ("unit_head", unit_id)
    return next((one for one in found if any(term.post == leads for term in posts_on(one.terms, day))), None)


def without(user: User, term: PostTerm, day: date) -> list[PostTerm]:
    """The posts that a person holds on a day besides one."""
    return [one for one in posts_on(user.terms, day) if one.post != term.post]


def units_with(permission: str, day: date) -> set[int]:
    """The ids of the units in which somebody who may sign in holds a post on a day that has a permission: one statement."""
    roles = [role for role, granted in GRANTED.items() if permission in granted]
    query = select(PostTerm).join(User, User.id == PostTerm.user_id).where(User.active, ~User.locked)
    query = query.where(PostTerm.role.in_(roles), PostTerm.unit_id.is_not(None), PostTerm.valid_from <= day)
    terms = db.session.scalars(query.order_by(PostTerm.valid_from, PostTerm.id))
    last = {(term.user_id, *term.post): term for term in terms}
    return {term.unit_id for term in last.values() if term.held and term.unit_id is not None}


def wrong_with(role: str, unit: Unit | None) -> list[Refused]:
    """What stands against such a post."""
    if role not in ROLES:
        return [Refused(N_("没有岗位 %(role)s"), field="role", role=role)]
    if role in IN_A_UNIT and unit is None:
        return [Refused(N_("这个岗位属于某个单位，请选择单位"), field="unit")]
    return []


def open_first(user: User, role: str, unit: Unit | None, valid_from: date) -> None:
    """Gives a new account its first post; the event is that of the account."""
    _add(user, role, unit.id if unit else None, valid_from, held=True)


def give(user: User, role: str, unit: Unit | None, *, valid_from: date, actor: User | None) -> PostTerm:
    """Gives the person a post from a day on, besides those held.

    Raises Refusals: no such role, a unit is missing, the post is held on that day already. Raises NotAllowed for one's
    own posts.
    """
    _not_ones_own(user, actor)
    wrong = wrong_with(role, unit)
    unit_id = unit.id if unit else None
    if any(term.post == (role, unit_id) for term in posts_on(_terms(user), valid_from)):
        wrong.append(Refused(N_("%(day)s已在这个岗位上"), field="role", day=valid_from.isoformat()))
    if wrong:
        raise Refusals(wrong)
    term = _add(user, role, unit_id, valid_from, held=True)
    _record("user.post_given", user, term, unit, actor)
    return term


def end(user: User, role: str, unit: Unit | None, *, valid_from: date, actor: User | None) -> PostTerm:
    """Ends a post: from this day on the person no longer holds it.

    Raises Refused where it is not held on that day, or where nobody would be left to administer. Raises NotAllowed for
    one's own posts.
    """
    _not_ones_own(user, actor)
    unit_id = unit.id if unit else None
    if all(term.post != (role, unit_id) for term in posts_on(_terms(user), valid_from)):
        raise Refused(N_("%(day)s不在这个岗位上"), field="valid_from", day=valid_from.isoformat())
    if role == ADMINISTRATOR:
        keep_an_administrator(user, valid_from)
    term = _add(user, role, unit_id, valid_from, held=False)
    _record("user.post_ended", user, term, unit, actor)
    return term


def administrators() -> Select[int]:
    """The ids of those who ever were given the post of an administrator."""
    return select(PostTerm.user_id).where(PostTerm.role == ADMINISTRATOR)


def keep_an_administrator(leaving: User, day: date) -> None:
    """Raises Refused where nobody else with an open account is administrator from a day on without a known end.

    Who asks at the same time waits for the answer: two cannot remove each other.
    """
    query = select(User).where(User.id.in_(administrators())).order_by(User.id).with_for_update()
    rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
    if leaving not in rows:
        return
    since = max(day, clock.today())
    for user in rows:
        if user.id == leaving.id or not user.is_active:
            continue
        last = {term.post: term for term in _terms(user) if term.role == ADMINISTRATOR}
        if any(term.held and term.valid_from <= since for term in last.values()):
            return
    raise Refused(N_("这是最后一名在任的系统管理员：请先给另一个账号系统管理员岗位"))


def _terms(user: User) -> list[PostTerm]:
    query = select(PostTerm).where(PostTerm.user_id == user.id).order_by(PostTerm.valid_from, PostTerm.id)
    return list(db.session.scalars(query))


def _add(user: User, role: str, unit_id: int | None, valid_from: date, *, held: bool) -> PostTerm:
    term = PostTerm(user_id=user.id, role=role, unit_id=unit_id, valid_from=valid_from, held=held)
    db.session.add(term)
    db.session.flush()
    db.session.expire(user, ["terms"])
    return term


def _record(action: str, user: User, term: PostTerm, unit: Unit | None, actor: User | None) -> None:
    # Posts are rows of their own, yet whoever edits the account meanwhile is to hear of them.
    flag_modified(user, "name")
    code = unit.code if unit else None
    history.record(action, user, actor=actor, role=term.role, unit=code, valid_from=term.valid_from)


def _not_ones_own(user: User, actor: User | None) -> None:
    if actor is not None and actor.id == user.id:
        raise NotAllowed(N_("不能更改自己的岗位，请由另一名系统管理员办理"))
