"""Failed attempts to sign in, and the lock-out that follows too many: by login, known or not, so that neither shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from crm import clock
from crm.db import db
from crm.models import SignInAttempt

LONGEST_LOGIN = 100


@dataclass(frozen=True)
class Lockout:
    """So many failures within a while lock a login out for a while."""

    failures: int
    within: timedelta
    lasting: timedelta


def locked_until(login: str, rule: Lockout) -> datetime | None:
    """Until when the login is locked out; none where it is not."""
    now = clock.real_now()
    query = (
        select(SignInAttempt.at)
        .where(SignInAttempt.login == login[:LONGEST_LOGIN])
        .where(SignInAttempt.at > now - rule.within - rule.lasting)
        .order_by(SignInAttempt.at.desc(), SignInAttempt.id.desc())
        .limit(rule.failures)
    )
    last = list(db.session.scalars(query))
    if len(last) < rule.failures or last[0] - last[-1] > rule.within:
        return None
    until = last[0] + rule.lasting
    return until if until > now else None


def add(login: str, *, address: str) -> None:
    """Keeps a failure."""
    db.session.add(SignInAttempt(login=login[:LONGEST_LOGIN], address=address))
    db.session.flush()


def forget(login: str) -> None:
    """Begins to count anew: after the right password, a reset, or the administrator's word."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.login == login[:LONGEST_LOGIN]))


def purge(rule: Lockout) -> None:
    """Removes the failures that can no longer count."""
    old = clock.real_now() - rule.within - rule.lasting
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < old))
