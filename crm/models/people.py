"""Accounts, the posts each holds from day to day, sessions, and failed attempts to sign in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, cast

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm import clock
from crm.db import Base, Instant, one_of
from crm.models.dated import Dated
from crm.models.units import Unit

ROLES = (
    "staff",
    "unit_head",
    "reviewer",
    "bureau_head",
    "leader",
    "working_group",
    "administrator",
    "auditor",
)

ENDINGS = (
    "signed_out",
    "ended_by_person",
    "password_changed",
    "password_reset",
    "account_locked",
    "account_closed",
    "signed_in_again",
)
"""Why a session was ended; one that ran out by itself says nothing."""


class PostTerm(Dated, Base):
    """岗位: from a day on the person has this role in this unit (none: in no unit), or no longer has."""

    __tablename__ = "post_terms"
    __table_args__ = (
        one_of("role", ROLES),
        # A unique key lets NULL repeat, so posts in no unit have one of their own.
        Index(
            "uq_post_terms_in_unit",
            "user_id",
            "role",
            "unit_id",
            "valid_from",
            "recorded_at",
            unique=True,
            sqlite_where=text("unit_id IS NOT NULL"),
            postgresql_where=text("unit_id IS NOT NULL"),
        ),
        Index(
            "uq_post_terms_in_none",
            "user_id",
            "role",
            "valid_from",
            "recorded_at",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
    )
    SUBJECT: ClassVar[tuple[str, ...]] = ("user_id", "role", "unit_id")

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    held: Mapped[bool]

    unit: Mapped[Unit | None] = relationship(lazy="joined")

    @property
    def post(self) -> tuple[str, int | None]:
        """Which post it is about: the role and the id of the unit."""
        return self.role, self.unit_id


def posts_on(terms: Iterable[PostTerm], day: date) -> list[PostTerm]:
    """Of one person's terms in order of days and recording those that are held on a day, the longest held first."""
    last = {term.post: term for term in terms if term.valid_from <= day}
    return sorted((term for term in last.values() if term.held), key=lambda term: (term.valid_from, term.id))


class User(Base):
    """A person who signs in, and acts in one of the posts held today. Every change of the account raises its version."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """Whether somebody else chose the password: until it is changed nothing else can be done."""
    active: Mapped[bool] = mapped_column(default=True)
    """Whether the account is open; it is closed when the person leaves."""
    locked: Mapped[bool] = mapped_column(default=False)
    """Whether the administrator has barred it for the time being."""
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}

    terms: Mapped[list[PostTerm]] = relationship(
        order_by=(PostTerm.valid_from, PostTerm.id), viewonly=True, lazy="select"
    )

    # What a request adds to the row it loaded: the post chosen in the session, and the session's token.
    chosen = cast(Any, None)
    token = cast(Any, "")

    # The names below are those that Flask-Login asks for.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """May the person sign in?"""
        return self.active and not self.locked

    def get_id(self) -> str:
        """What the browser keeps: the token of the session, which says nothing by itself."""
        return str(self.token)

    @property
    def posts(self) -> list[PostTerm]:
        """The posts held today, the longest held first."""
        return posts_on(self.terms, clock.today())

    @property
    def post(self) -> PostTerm | None:
        """The post the person acts in: the one chosen in the session while it is held, else the first; none is possible."""
        posts = self.posts
        return next((term for term in posts if term.post == self.chosen), posts[0] if posts else None)

    @property
    def role(self) -> str:
        """The role of the post the person acts in; empty where none is held today."""
        return self.post.role if self.post else ""

    @property
    def unit_id(self) -> int | None:
        """The id of the unit of the post the person acts in."""
        return self.post.unit_id if self.post else None

    @property
    def unit(self) -> Unit | None:
        """The unit of the post the person acts in."""
        return self.post.unit if self.post else None


class UserSession(Base):
    """Somebody signed in at one browser. The browser keeps a token, the books its digest; times are real ones."""

    __tablename__ = "user_sessions"
    __table_args__ = (one_of("ended_because", ENDINGS), Index(None, "user_id", "ended_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str | None]
    """With `unit_id` the post chosen; none chosen: the first."""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now, index=True)
    address: Mapped[str]
    user_agent: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str | None]

    user: Mapped[User] = relationship()


class SignInAttempt(Base):
    """A failed attempt to sign in, for a login that may not exist. A working table: old rows go."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "login", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, default=clock.real_now, index=True)
    address: Mapped[str]
