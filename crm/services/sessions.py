"""Sessions: who is signed in where. All by the real clock, whatever day the books stand on."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotFound
from crm.messages import N_
from crm.models import User, UserSession

SEEN_EVERY = timedelta(minutes=1)
"""How often at most it is written down that somebody is still there."""

KEPT = timedelta(days=90)
"""How long a session that is over stays on record; that somebody signed in stays in the log."""

TOKEN_BYTES = 32
LONGEST_AGENT = 300


@dataclass(frozen=True)
class Limits:
    """How long a session may stand idle, and how long it may last at all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True)
class Resumed:
    """What a token opens: the session, or why it is over (a code of ENDINGS, `idle` or `absolute`; none: unknown)."""

    session: UserSession | None
    over: str | None = None


def begin(user: User, *, address: str, user_agent: str) -> str:
    """Signs the person in at one browser: a session with a new token, which is returned and stored nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session = UserSession(
        token_sha256=_digest(token),
        user_id=user.id,
        address=address,
        user_agent=user_agent[:LONGEST_AGENT],
    )
    db.session.add(session)
    db.session.flush()
    return token


def resume(token: str, limits: Limits) -> Resumed:
    """What the token opens now. Two statements: the session with its account, and the account's posts."""
    query = select(UserSession).where(UserSession.token_sha256 == _digest(token))
    session = db.session.scalar(query.options(joinedload(UserSession.user).selectinload(User.terms)))
    if session is None:
        return Resumed(None)
    over = ended(session, limits)
    if over is None and not session.user.is_active:
        over = "account_closed"
    if over is not None:
        return Resumed(None, over)
    session.user.token = token
    session.user.chosen = (session.role, session.unit_id) if session.role else None
    return Resumed(session)


def ended(session: UserSession, limits: Limits) -> str | None:
    """Why the session is over, none while it goes on. One that ran out is over without anybody writing it down."""
    now = clock.real_now()
    if session.ended_at is not None:
        return session.ended_because
    if now - session.created_at >= limits.absolute:
        return "absolute"
    if now - session.seen_at >= limits.idle:
        return "idle"
    return None


def seen(sessions: Mapping[int, datetime]) -> None:
    """Writes down when the people of these sessions were there, where that was not done within the last minute."""
    for session_id, at in sessions.items():
        statement = (
            update(UserSession)
            .where(UserSession.id == session_id, UserSession.seen_at <= at - SEEN_EVERY)
            .values(seen_at=at)
        )
        db.session.execute(statement, execution_options={"synchronize_session": False})


def going_on(user: User, limits: Limits) -> list[UserSession]:
    """The person's sessions that are not over, the last seen first."""
    now = clock.real_now()
    query = select(UserSession).where(
        UserSession.user_id == user.id,
        UserSession.ended_at.is_(None),
        UserSession.seen_at > now - limits.idle,
        UserSession.created_at > now - limits.absolute,
    )
    return list(db.session.scalars(query.order_by(UserSession.seen_at.desc(), UserSession.id.desc())))


def by_token(token: str) -> UserSession | None:
    """The session with this token, over or not."""
    return db.session.scalar(select(UserSession).where(UserSession.token_sha256 == _digest(token)))


def opened_by(session: UserSession, token: str) -> bool:
    """Is it the session of this token?"""
    return session.token_sha256 == _digest(token)


def choose_post(token: str, role: str, unit_id: int | None) -> None:
    """Has the person act in another post from now on, in this session."""
    session = by_token(token)
    if session is not None:
        session.role, session.unit_id = role, unit_id


def end(user: User, session_id: int, because: str) -> UserSession:
    """Ends one of the person's own sessions. Raises NotFound for another's, and where it was ended before."""
    session = db.session.get(UserSession, session_id)
    if session is None or session.user_id != user.id or session.ended_at is not None:
        raise NotFound(N_("这次登录已经结束"))
    session.ended_at, session.ended_because = clock.real_now(), because
    return session


def end_all(user: User, because: str, *, but: str = "") -> int:
    """Ends the person's sessions, except the one with this token, and says how many."""
    statement = update(UserSession).where(
        UserSession.user_id == user.id,
        UserSession.ended_at.is_(None),
        UserSession.token_sha256 != (_digest(but) if but else ""),
    )
    values = {"ended_at": clock.real_now(), "ended_because": because}
    result = db.session.execute(statement.values(values))
    return int(getattr(result, "rowcount", 0))


def purge() -> None:
    """Removes the sessions that nobody has been seen in for a long time."""
    db.session.execute(delete(UserSession).where(UserSession.seen_at < clock.real_now() - KEPT))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
