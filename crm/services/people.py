"""Accounts: who may sign in, as what, and with which password."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select

from crm.db import db
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import ROLES, Unit, User
from crm.services import history

SHORTEST_PASSWORD = 10
"""Characters; length is what keeps a password from being guessed, so nothing else is asked of it."""

LONGEST_PASSWORD = 1024
"""Characters; hashing more would only cost time."""

_hasher = PasswordHasher()
# An unknown login is checked against this, so that it takes as long as a known one: nobody can learn
# which exist.
_nobody = _hasher.hash("nobody has this password")


def list_users() -> list[User]:
    """All accounts, by login, closed ones included."""
    return list(db.session.scalars(select(User).order_by(User.login)))


def user_by_login(login: str) -> User | None:
    """The account with this login, whatever the case and the spaces around it."""
    return db.session.scalar(select(User).where(User.login == _login(login)))


def signed_in_as(session_id: str) -> User | None:
    """The account that a session names, unless it was closed or changed since it signed in."""
    key, dot, version = session_id.partition(".")
    if not (dot and key.isdecimal() and version.isdecimal()):
        return None
    user = db.session.get(User, int(key))
    return user if user and user.active and str(user.version) == version else None


def authenticate(login: str, password: str) -> User | None:
    """The account these open, or none: wrong password, unknown login and closed account look and last
    the same.
    """
    user = user_by_login(login)
    known = user.password_hash if user and user.active else None
    try:
        _hasher.verify(known or _nobody, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        return None
    return user if known else None


def add_user(
    login: str,
    *,
    name: str,
    role: str,
    unit: Unit | None = None,
    password: str | None = None,
    actor: User | None,
) -> User:
    """Opens an account; without a password nobody can sign in with it yet.

    Raises Refusals: an empty or taken login, an empty name, an unknown role, a password too short or
    too long.
    """
    login = _login(login)
    name = name.strip()
    wrong = []
    if not login:
        wrong.append(Refused(N_("请填写登录名"), field="login"))
    elif user_by_login(login):
        wrong.append(Refused(N_("登录名 %(login)s 已被使用"), field="login", login=login))
    if not name:
        wrong.append(Refused(N_("请填写姓名"), field="name"))
    if role not in ROLES:
        wrong.append(Refused(N_("没有岗位 %(role)s"), field="role", role=role))
    if password is not None:
        wrong.extend(_wrong_with(password))
    if wrong:
        raise Refusals(wrong)
    user = User(
        login=login,
        name=name,
        role=role,
        unit_id=unit.id if unit else None,
        password_hash=None if password is None else _hasher.hash(password),
        active=True,
    )
    db.session.add(user)
    db.session.flush()
    history.record("user.added", user, actor=actor, login=login, role=role, unit=unit.code if unit else None)
    return user


def set_password(user: User, password: str, *, actor: User | None) -> None:
    """Gives the account another password, which ends its sessions. Raises Refusals as add_user does."""
    wrong = _wrong_with(password)
    if wrong:
        raise Refusals(wrong)
    user.password_hash = _hasher.hash(password)
    history.record("user.password_set", user, actor=actor)


def set_role(user: User, role: str, *, actor: User | None) -> None:
    """Gives the person another role. Raises Refused where there is no such role."""
    if role not in ROLES:
        raise Refused(N_("没有岗位 %(role)s"), field="role", role=role)
    before, user.role = user.role, role
    history.record("user.role_set", user, actor=actor, before=before, after=role)


def close_user(user: User, *, actor: User | None) -> None:
    """Closes the account: it can no longer sign in, its sessions end, its history stays."""
    user.active = False
    history.record("user.closed", user, actor=actor)


def _login(login: str) -> str:
    return login.strip().lower()


def _wrong_with(password: str) -> list[Refused]:
    if len(password) < SHORTEST_PASSWORD:
        return [Refused(N_("密码至少 %(least)s 个字符"), field="password", least=SHORTEST_PASSWORD)]
    if len(password) > LONGEST_PASSWORD:
        return [Refused(N_("密码最多 %(most)s 个字符"), field="password", most=LONGEST_PASSWORD)]
    return []
