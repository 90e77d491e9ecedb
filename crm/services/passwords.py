"""Passwords: what is asked of them, their hashes, and one-time ones. Knows no database: hashing holds no lock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.errors import Refusals, Refused
from crm.messages import N_

SHORTEST = 10
"""Characters; length is what keeps a password from being guessed, so nothing else is asked of it."""

LONGEST = 1024
"""Characters; hashing more would only cost time."""

# Without the letters and digits that look alike on paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
ONE_TIME_LENGTH = 12


@dataclass(frozen=True)
class Hashed:
    """A password as it is stored: no text that somebody typed can be taken for one."""

    text: str


_hasher = PasswordHasher()
# The least that OWASP names: enough for what the program drew itself, and many can be made at a first start. Whoever
# signs in has it renewed by the parameters above.
_quick = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# An unknown login is checked against this, so that it takes as long as a known one: nobody can learn
# which exist. Hashed once and for all, from random bytes that were not kept: a command that asks for no
# password does not wait for it.
_nobody = "$argon2id$v=19$m=65536,t=3,p=4$QA9iDWZWDW05RJQiDN4Rbg$FvQCnCzXlgu2EQUBeEcgWVvvElupbSj0VqplxgMnL0s"


def one_time() -> str:
    """A password nobody has seen, easy to copy from paper."""
    return "".join(secrets.choice(LETTERS) for _ in range(ONE_TIME_LENGTH))


def hashed(password: str) -> Hashed:
    """The password as it is stored. Raises Refusals where it is too short or too long."""
    wrong = wrong_with(password)
    if wrong:
        raise Refusals(wrong)
    return Hashed(_hasher.hash(password))


def quickly_hashed(drawn: str) -> Hashed:
    """A password from `one_time` as it is stored until somebody signs in with it; for many at once."""
    return Hashed(_quick.hash(drawn))


def matches(stored: str | None, password: str) -> bool:
    """Is it the password that was stored? Where none is stored it is not, and takes as long to say so."""
    try:
        _hasher.verify(stored or _nobody, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def renewed(stored: str, password: str) -> Hashed | None:
    """The right password hashed by today's parameters, where it was stored by others."""
    return Hashed(_hasher.hash(password)) if _hasher.check_needs_rehash(stored) else None


def wrong_with(password: str, field: str = "password") -> list[Refused]:
    """What stands against a password."""
    if len(password) < SHORTEST:
        return [Refused(N_("密码至少 %(least)s 个字符"), field=field, least=SHORTEST)]
    if len(password) > LONGEST:
        return [Refused(N_("密码最多 %(most)s 个字符"), field=field, most=LONGEST)]
    return []
