"""Accounts: who may sign in, with which password, and what becomes of the work of those who leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, literal, or_, select, update
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import ROLES, AuditEvent, Unit, User
from crm.models.people import posts_on
from crm.services import attempts, history, open_work, passwords, posts, sessions
from crm.services.passwords import Hashed

CHANGES = (
    "user.password_set",
    "user.password_reset",
    "user.post_given",
    "user.post_ended",
    "user.locked",
    "user.unlocked",
    "user.closed",
    "user.reopened",
)
"""The events that change an account: each raises its version by one."""

LONGEST_NAME = 100


@dataclass(frozen=True)
class Credentials:
    """What a login is checked against, and the account it belongs to."""

    user_id: int
    password_hash: str | None


def list_users() -> list[User]:
    """All accounts with their posts, by login, closed ones included."""
    return list(db.session.scalars(select(User).options(selectinload(User.terms)).order_by(User.login)))


def user_by_login(login: str) -> User | None:
    """The account with this login, whatever the case and the spaces around it."""
    return db.session.scalar(select(User).where(User.login == normal(login)))


def by_id(user_id: int) -> User:
    """The account with this id; raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(N_("没有这个账号"))
    return user


def for_change(user_id: int, version: int | None = None) -> User:
    """The account, held until the end of the transaction.

    Raises NotFound, and Stale where somebody has changed it since this version of it was shown.
    """
    # An administrator with all the others, in one order: two of them who close each other wait, and neither for both.
    administrators = posts.administrators()
    beside = and_(literal(user_id).in_(administrators), User.id.in_(administrators))
    held = select(User).where(or_(User.id == user_id, beside)).order_by(User.id)
    rows = db.session.scalars(held.with_for_update().execution_options(populate_existing=True))
    user = next((row for row in rows.all() if row.id == user_id), None)
    if user is None:
        raise NotFound(N_("没有这个账号"))
    if version is not None and user.version != version:
        raise Stale(N_("这个账号刚被他人更改，您的操作没有执行。请看下面的变更，再决定是否重新操作。"))
    return user


def changes_since(user: User, version: int) -> list[AuditEvent]:
    """What changed in the account since this version of it, oldest first."""
    newer = max(user.version - version, 0)
    if not newer:
        return []
    query = select(AuditEvent).where(
        AuditEvent.subject_type == "users", AuditEvent.subject_id == user.id, AuditEvent.action.in_(CHANGES)
    )
    return list(db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(min(newer, 20))))[::-1]


def normal(login: str) -> str:
    """A login as it is stored: without spaces around it, in small letters."""
    return login.strip().lower()


def credentials(login: str) -> Credentials | None:
    """What the login is checked against; none where it is unknown."""
    row = db.session.execute(
        select(User.id, User.password_hash).where(User.login == normal(login))
    ).one_or_none()
    return Credentials(*row) if row else None


def add_user(
    login: str,
    *,
    name: str,
    role: str,
    unit: Unit | None = None,
    password: str | Hashed | None = None,
    valid_from: date | None = None,
    must_change_password: bool = False,
    actor: User | None,
) -> User:
    """Opens an account with its first post, from today or from the given day; without a password nobody can sign in
    with it yet. A password that was hashed already is taken as it is.

    Raises Refusals: an empty or taken login, an empty or overlong name, an unknown role, a password too short or
    too long.
    """
    login = normal(login)
    name = name.strip()
    wrong = []
    if not login:
        wrong.append(Refused(N_("请填写登录名"), field="login"))
    elif len(login) > attempts.LONGEST_LOGIN:
        wrong.append(Refused(N_("登录名最多 %(most)s 个字符"), field="login", most=attempts.LONGEST_LOGIN))
    elif user_by_login(login):
        wrong.append(Refused(N_("登录名 %(login)s 已被使用"), field="login", login=login))
    if not name:
        wrong.append(Refused(N_("请填写姓名"), field="name"))
    elif len(name) > LONGEST_NAME:
        wrong.append(Refused(N_("姓名最多 %(most)s 个字符"), field="name", most=LONGEST_NAME))
    if role not in ROLES:
        wrong.append(Refused(N_("没有岗位 %(role)s"), field="role", role=role))
    if isinstance(password, str):
        wrong.extend(passwords.wrong_with(password))
    if wrong:
        raise Refusals(wrong)
    user = User(
        login=login,
        name=name,
        password_hash=_hash(password),
        must_change_password=must_change_password,
        active=True,
    )
    db.session.add(user)
    db.session.flush()
    posts.open_first(user, role, unit, valid_from or clock.today())
    history.record("user.added", user, actor=actor, login=login, role=role, unit=unit.code if unit else None)
    return user


def set_password(
    user: User, password: str | Hashed, *, actor: User | None, token: str = "", must_change: bool = False
) -> None:
    """Gives the account another password, which ends its sessions, except the one with this token.

    Raises Refusals where it is too short or too long.
    """
    user.password_hash = _hash(password)
    user.must_change_password = must_change
    attempts.forget(user.login)
    sessions.end_all(user, "password_changed", but=token)
    history.record("user.password_set", user, actor=actor)


def reset_password(user: User, password: str | Hashed, *, actor: User | None) -> None:
    """Gives the account a one-time password, which must be changed at the next sign-in; its sessions end."""
    if actor is not None and actor.id == user.id:
        raise NotAllowed(N_("自己的密码请在“我的账号”里更换"))
    user.password_hash = _hash(password)
    user.must_change_password = True
    attempts.forget(user.login)
    sessions.end_all(user, "password_reset")
    history.record("user.password_reset", user, actor=actor)


def rehash(user: User, renewed: Hashed) -> None:
    """Stores the same password by today's parameters: no change of the account, so its version stays."""
    statement = update(User).where(User.id == user.id).values(password_hash=renewed.text)
    db.session.execute(statement, execution_options={"synchronize_session": "fetch"})


def lock_user(user: User, *, actor: User | None) -> None:
    """Bars the account for the time being; its sessions end. Raises Refused where it is barred or the last
    administrator's, NotAllowed for one's own.
    """
    _not_oneself(user, actor)
    if user.locked:
        raise Refused(N_("这个账号已经锁定"))
    posts.keep_an_administrator(user, clock.today())
    user.locked = True
    sessions.end_all(user, "account_locked")
    history.record("user.locked", user, actor=actor)


def unlock_user(user: User, *, actor: User | None) -> None:
    """Lifts the bar, and a lock-out after failures as well."""
    user.locked = False
    flag_modified(user, "locked")
    attempts.forget(user.login)
    history.record("user.unlocked", user, actor=actor)


def close_user(user: User, *, actor: User | None, to: User | None = None) -> None:
    """Closes the account: it can no longer sign in, its sessions end, its history stays, its open work passes on.

    Raises Refused where it is closed, or the last administrator's, or there is open work and nobody, or nobody fit, to
    take it; NotAllowed for one's own.
    """
    _not_oneself(user, actor)
    if not user.active:
        raise Refused(N_("这个账号已经停用"))
    posts.keep_an_administrator(user, clock.today())
    history.hold()
    left = open_work.left_by(user)
    if left and to is None:
        raise Refused(open_work.NOBODY, field="to")
    open_work.pass_on(user, left, to, actor=actor)
    user.active = False
    sessions.end_all(user, "account_closed")
    detail: dict[str, object] = (
        {"to": to.login, "passed_on": {one.kind.name: one.count for one in left}} if to and left else {}
    )
    history.record("user.closed", user, actor=actor, **detail)


def end_post(
    user: User, role: str, unit: Unit | None, *, valid_from: date, actor: User | None, to: User | None = None
) -> None:
    """Ends a post. What the person has in work and has no other post for from then on goes to a colleague at once; with
    nobody named a unit's work goes to its head. Raises what `posts.end` does, and Refused where the colleague cannot take
    it over, or nobody is named and somebody has to be.
    """
    history.hold()
    posts.end(user, role, unit, valid_from=valid_from, actor=actor)
    day = max(valid_from, clock.today())
    left = open_work.left_by(user, posts_on(user.terms, day), day)
    open_work.pass_on(user, left, to, actor=actor, field="heir")
    if to is not None and not left:
        raise Refused(N_("没有要移交的工作，不必填写接手的人"), field="heir")


def reopen_user(user: User, *, actor: User | None) -> None:
    """Opens the account again with the posts it holds. Raises Refused where it is open."""
    if user.active:
        raise Refused(N_("这个账号没有停用"))
    user.active = True
    history.record("user.reopened", user, actor=actor)


def _not_oneself(user: User, actor: User | None) -> None:
    if actor is not None and actor.id == user.id:
        raise NotAllowed(N_("不能停用或锁定自己的账号，请由另一名系统管理员办理"))


def _hash(password: str | Hashed | None) -> str | None:
    if isinstance(password, str):
        password = passwords.hashed(password)
    return password.text if password else None
