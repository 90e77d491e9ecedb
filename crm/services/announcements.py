"""签约提醒: signings whose sum the bureau should hear of: one that reaches a mark, or is far above what is usual."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased, joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound
from crm.messages import N_
from crm.models import Announcement, Project, User
from crm.money import FEN_PER_YI
from crm.periods import Month
from crm.permissions import allowed, visible_to
from crm.services import history, policy
from crm.services.paging import FIRST, Page, Place, by_key

MARKS = tuple(FEN_PER_YI * yi for yi in (30, 50, 100))
"""The sums that announce themselves, in fen, ascending. No notice of the district names them."""

MARKS_SOURCE = N_("30亿元、50亿元、100亿元是本系统的设定，通知没有规定")

MONTHS = 24
"""How many months back the signings lie that a sum is held against."""

FEWEST, MOST = 10, 1_000
"""Of how many signings a median is taken: with fewer nothing is usual yet; the latest are enough."""

A_PAGE = 50


@dataclass(frozen=True)
class Told:
    """What one project announced when it entered the books: for one reason, or for both."""

    one: Announcement
    other: Announcement | None

    @property
    def reasons(self) -> tuple[Announcement, ...]:
        """The one, and the other where there is one."""
        return (self.one, self.other) if self.other else (self.one,)


def usual(*, without: int | None = None) -> int | None:
    """The median sum, in fen, of the projects signed in the last 24 months, of the latest thousand of them.

    None where they are fewer than ten. One statement, along the index of signing days.
    """
    today = clock.today()
    month = Month.of(today).plus(-MONTHS)
    since = month.first.replace(day=min(today.day, month.last.day))
    query = select(Project.total_investment_fen).where(
        Project.signed_on.between(since, today), Project.total_investment_fen.is_not(None)
    )
    if without is not None:
        query = query.where(Project.id != without)
    latest = query.order_by(Project.signed_on.desc(), Project.id.desc()).limit(MOST)
    sums = sorted(fen for fen in db.session.scalars(latest) if fen is not None)
    if len(sums) < FEWEST:
        return None
    return (sums[(len(sums) - 1) // 2] + sums[len(sums) // 2]) // 2


def announce(project: Project, *, actor: User | None) -> list[Announcement]:
    """Has a project that just entered the books announce its sum, where there is a reason: the highest mark it
    reaches, and a multiple of the usual sum, see the setting `unusual_times`.

    Called where a single project enters by hand or by signing; what an import brings announces nothing.
    """
    fen = project.total_investment_fen
    if not fen:
        return []
    reached = [("mark", mark) for mark in MARKS if fen >= mark][-1:]
    median = usual(without=project.id)
    times = policy.on(clock.today())["unusual_times"]
    if median and fen >= times * median:
        reached.append(("unusual", times * median))
    made = []
    for kind, threshold in reached:
        one = Announcement(kind=kind, project_id=project.id, amount_fen=fen, threshold_fen=threshold)
        db.session.add(one)
        history.record("announcement.made", project, actor=actor, kind=kind, threshold_fen=threshold)
        made.append(one)
    return made


def listing(user: User | None, place: Place = FIRST) -> Page[Told]:
    """A page of what projects announced, the newest first: one statement."""
    return by_key(_announced(user), Announcement.id, place, Told, size=A_PAGE)


def unseen(user: User | None, most: int) -> list[Told]:
    """The newest that nobody has seen: one statement."""
    query = _announced(user).where(Announcement.seen_at.is_(None))
    return [Told(*row) for row in db.session.execute(query.order_by(Announcement.id.desc()).limit(most))]


def of(project: Project) -> list[Announcement]:
    """What a project announced, oldest first."""
    query = select(Announcement).where(Announcement.project_id == project.id)
    return list(db.session.scalars(query.order_by(Announcement.id)))


def see(key: int, *, actor: User) -> tuple[Announcement, bool]:
    """Notes that the bureau has seen what a project announced, for whatever reasons; whether it was this person who is
    noted now.

    Of two the first is noted, and nothing is written for the second. Raises NotAllowed, NotFound.
    """
    if not allowed(actor, "announcement:read"):
        raise NotAllowed()
    history.hold()
    row = db.session.execute(_announced(actor).where(Announcement.id == key)).one_or_none()
    if row is None:
        raise NotFound()
    reasons = Told(*row).reasons
    held = select(Announcement).where(Announcement.id.in_([one.id for one in reasons]))
    held = held.with_for_update().execution_options(populate_existing=True)
    unread = [one for one in db.session.scalars(held) if one.seen_at is None]
    for one in unread:
        one.seen_at, one.seen_by_id = clock.now(), actor.id
    if unread:
        kinds = [one.kind for one in unread]
        history.record("announcement.seen", reasons[0].project, actor=actor, kinds=kinds)
    return reasons[0], bool(unread)


def _announced(user: User | None):  # type: ignore[no-untyped-def]
    # Both reasons of a project are announced as it enters, one after the other: the later one stands beside the first.
    later, earlier = aliased(Announcement), aliased(Announcement)
    first = ~exists().where(earlier.project_id == Announcement.project_id, earlier.id < Announcement.id)
    beside = and_(later.project_id == Announcement.project_id, later.id > Announcement.id)
    return (
        select(Announcement, later)
        .join(Project, Project.id == Announcement.project_id)
        .outerjoin(later, beside)
        .where(visible_to(user), first)
        .options(
            joinedload(Announcement.project).joinedload(Project.attracted_by),
            joinedload(Announcement.seen_by),
        )
    )
