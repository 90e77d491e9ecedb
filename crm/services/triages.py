"""研判: whether a lead that looks like another one is the same, said by the bureau once and for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.grants import UNITS
from crm.messages import N_
from crm.models import Lead, LeadProgress, Triage, User
from crm.permissions import allowed
from crm.services import history, lead_clocks, policy, reassignments
from crm.services.duplicates import Lookalike

OUTCOMES = ("same", "new", "ignored")
"""同一项目 (merged into the other), 新项目 (with a reason), 忽略."""

COMPARED = ("triage", "registered", "negotiating")
"""The stages of a lead that another can be the same as."""

IGNORED_FROM = 3
"""From this level on what looks alike may be ignored."""

LONGEST = 500
"""Characters of a reason."""

OPENED_AT_ONCE = 3
"""Of the names that are only somewhat alike so many, the most alike, are put before the bureau."""

SHOWN = 3
"""The last lines of progress that are shown of each lead."""

DONE = {
    "same": N_("这条研判已由%(name)s办结：同一项目，没有再做什么"),
    "new": N_("这条研判已由%(name)s办结：新项目，没有再做什么"),
    "ignored": N_("这条研判已由%(name)s办结：忽略，没有再做什么"),
}
"""What whoever comes second is told."""

CHANGED = N_("打开这一页以后，两条线索有了变动，没有办理：请核对以后重新决定")
OVER = N_("%(number)s已经结束，不能再并入；请判为新项目，或退回两条线索核对")
FORBIDDEN = N_("同一企业或同一名称的另一条线索还在办理，不能忽略：请判为同一项目，或写明理由判为新项目")


@dataclass(frozen=True)
class Place:
    """Where a page of the list goes on: after the row of this day and number."""

    due_on: date
    triage_id: int


@dataclass(frozen=True)
class Waiting:
    """What of it waits for a person, the first few, and how many there are."""

    rows: Sequence[Any]
    count: int


def by_id(triage_id: int) -> Triage:
    """The triage with this number; raises NotFound."""
    found = db.session.scalar(_whole().where(Triage.id == triage_id))
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的研判"), number=triage_id)
    return found


def seen(triage: Triage) -> str:
    """What a person has before them: the triage and both leads as they are; sent back with the decision."""
    return f"{triage.version}.{triage.lead.version}.{triage.other.version}"


def waiting(after: Place | None = None, *, limit: int) -> list[Triage]:
    """What waits for the bureau, due first: one statement."""
    query = _whole().where(Triage.state == "open").order_by(Triage.due_on, Triage.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(Triage.due_on, Triage.id) > (after.due_on, after.triage_id))
    return list(db.session.scalars(query))


def decided(before: int | None = None, *, limit: int) -> list[Triage]:
    """What was decided, latest submitted first, below a number: one statement."""
    query = _whole().where(Triage.state != "open").order_by(Triage.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Triage.id < before)
    return list(db.session.scalars(query))


def of_lead(lead: Lead) -> list[Triage]:
    """Everything that was or is to be decided about a lead, on either side, newest first: one statement."""
    query = _whole().where(or_(Triage.lead_id == lead.id, Triage.other_id == lead.id))
    return list(db.session.scalars(query.order_by(Triage.id.desc())))


def last_lines(triage: Triage) -> dict[int, list[LeadProgress]]:
    """Lead → the latest progress that stands, of both: one statement."""
    later = aliased(LeadProgress)
    place = func.row_number().over(
        partition_by=LeadProgress.lead_id, order_by=(LeadProgress.day.desc(), LeadProgress.id.desc())
    )
    standing = (
        select(LeadProgress.id, place.label("place"))
        .where(LeadProgress.lead_id.in_((triage.lead_id, triage.other_id)), ~LeadProgress.void)
        .where(~select(later.id).where(later.replaces_id == LeadProgress.id).exists())
        .subquery()
    )
    query = select(LeadProgress).join(standing, standing.c.id == LeadProgress.id)
    query = query.where(standing.c.place <= SHOWN).order_by(LeadProgress.day.desc(), LeadProgress.id.desc())
    found: dict[int, list[LeadProgress]] = {triage.lead_id: [], triage.other_id: []}
    for row in db.session.scalars(query):
        found[row.lead_id].append(row)
    return found


def waiting_for(user: User, most: int) -> Waiting:
    """For the bureau what is to be decided, due first; for a unit its leads that wait: at most one statement."""
    counted = func.count().over()
    query: Any
    if allowed(user, "lead:triage"):
        other = aliased(Lead)
        query = (
            select(Triage.id, Lead.number, other.number.label("other"), Triage.level, Triage.due_on, counted)
            .join(Lead, Lead.id == Triage.lead_id)
            .join(other, other.id == Triage.other_id)
            .where(Triage.state == "open")
            .order_by(Triage.due_on, Triage.id)
        )
    elif user.role in UNITS and user.unit_id is not None:
        due = select(func.min(Triage.due_on)).where(Triage.lead_id == Lead.id, Triage.state == "open")
        query = (
            select(Lead.id, Lead.number, Lead.name, due.scalar_subquery().label("due_on"), counted)
            .where(Lead.unit_id == user.unit_id, Lead.stage == "triage")
            .order_by(Lead.id)
        )
    else:
        return Waiting((), 0)
    rows = db.session.execute(query.limit(most)).all()
    return Waiting(rows, rows[0][-1] if rows else 0)


def settled(lead: Lead) -> set[int]:
    """The leads that this one was held against and is not the same as."""
    if not lead.id:
        return set()
    query = select(Triage.lead_id, Triage.other_id).where(
        or_(Triage.lead_id == lead.id, Triage.other_id == lead.id), Triage.state.in_(("new", "ignored"))
    )
    return {one for pair in db.session.execute(query) for one in pair} - {lead.id}


def submit(lead: Lead, found: Sequence[Lookalike], *, actor: User) -> list[Triage]:
    """Puts a lead before the bureau, beside each lead that it is so like that somebody has to say what it is; where it
    is like none of them, beside the few that are somewhat alike. Pairs that were submitted before are left as they are.
    """
    alike = [one for one in found if one.lead_id is not None]
    chosen = [one for one in alike if one.stops] or alike[:OPENED_AT_ONCE]
    if not chosen:
        return []
    known = set(db.session.scalars(select(Triage.other_id).where(Triage.lead_id == lead.id)))
    due = clock.today() + timedelta(days=policy.on()["triage_days"])
    made = []
    for one in chosen:
        if one.lead_id is None or one.lead_id in known or one.lead_id == lead.id:
            continue
        triage = Triage(
            lead_id=lead.id, other_id=one.lead_id, level=one.level, similarity=one.similarity, due_on=due
        )
        db.session.add(triage)
        made.append((triage, one))
    db.session.flush()
    for _triage, one in made:
        history.record("triage.opened", lead, actor=actor, other=one.number, level=one.level, due=due)
    return [triage for triage, _one in made]


def decide(triage_id: int, outcome: str, reason: str, *, seen_as: str, actor: User) -> Triage:
    """The bureau says what it is. `same`: the lead is merged into the other, which keeps all it has. `new`: with a
    reason, it may stand beside the other. `ignored`: from level 3 on, the likeness means nothing. A lead that waited is
    opened by the last of its triages, and its clocks begin that day.

    Raises NotAllowed, NotFound, Stale where it is decided already or a lead changed since `seen_as`, and Refused.
    """
    if not allowed(actor, "lead:triage"):
        raise NotAllowed()
    history.hold()
    triage = _locked(triage_id)
    if triage.state != "open":
        raise Stale(DONE[triage.state], name=triage.decided_by.name if triage.decided_by else "")
    if seen(triage) != seen_as:
        raise Stale(CHANGED)
    reason = reason.strip()
    _check(triage, outcome, reason)
    lead, other = triage.lead, triage.other
    _end(triage, outcome, reason, actor)
    if outcome == "same":
        _merge(lead, other, actor)
    else:
        # it would otherwise be refused beside the other; a lead that is open already stands as any
        lead.cleared = lead.cleared or (outcome == "new" and lead.stage == "triage")
        _open(lead)
    for one, beside in ((lead, other), (other, lead)):
        history.record(
            "triage.decided", one, actor=actor, other=beside.number, outcome=outcome, triage=triage.id
        )
    return triage


def _check(triage: Triage, outcome: str, reason: str) -> None:
    if outcome not in OUTCOMES:
        raise Refused(N_("请选择研判结果"), field="outcome")
    if outcome == "new" and not reason:
        raise Refused(N_("判为新项目，请写明理由"), field="reason")
    if len(reason) > LONGEST:
        raise Refused(N_("最多%(most)s个字"), field="reason", most=LONGEST)
    if outcome == "ignored" and triage.level < IGNORED_FROM:
        message = N_("信用代码相同，或名称和投资方都相同的，不能忽略：请判为同一项目或新项目")
        raise Refused(message, field="outcome")
    if outcome == "same":
        for one in (triage.lead, triage.other):
            if one.stage not in COMPARED:
                raise Refused(OVER, field="outcome", number=one.number)


def _merge(lead: Lead, other: Lead, actor: User) -> None:
    lead.stage, lead.merged_into_id, lead.closed_on = "merged", other.id, clock.today()
    lead_clocks.stop(lead)
    db.session.flush()
    reassignments.overtake(lead, actor)
    history.record("lead.merged", lead, actor=actor, number=lead.number, into=other.number)
    # what else it was to be held against has no object any more
    open_ones = select(Triage).where(Triage.lead_id == lead.id, Triage.state == "open")
    for triage in db.session.scalars(open_ones.order_by(Triage.id)):
        _end(triage, "ignored", "", actor)


def _open(lead: Lead) -> None:
    """Opens a lead that waited, where nothing about it waits any more. Raises Refused where an index forbids it."""
    left = select(func.count()).where(Triage.lead_id == lead.id, Triage.state == "open")
    if lead.stage != "triage" or db.session.scalar(left):
        db.session.flush()
        return
    try:
        with db.session.begin_nested():
            lead.stage = "registered"
            lead_clocks.begin(lead)
            db.session.flush()
    except IntegrityError as error:
        raise Refused(FORBIDDEN, field="outcome") from error


def _end(triage: Triage, state: str, reason: str, actor: User) -> None:
    triage.state, triage.reason = state, reason
    triage.decided_by_id, triage.decided_at = actor.id, clock.now()
    db.session.flush()


def _locked(triage_id: int) -> Triage:
    query = select(Triage).where(Triage.id == triage_id).with_for_update()
    triage = db.session.scalar(query.execution_options(populate_existing=True))
    if triage is None:
        raise NotFound(N_("没有编号为%(number)s的研判"), number=triage_id)
    # in order of their ids, as everybody who locks two does
    leads = select(Lead).where(Lead.id.in_((triage.lead_id, triage.other_id))).order_by(Lead.id)
    db.session.scalars(leads.with_for_update().execution_options(populate_existing=True)).all()
    return triage


def _whole() -> Any:
    sides = (Triage.lead, Triage.other)
    return select(Triage).options(
        joinedload(Triage.decided_by), *(joinedload(side).joinedload(Lead.unit) for side in sides)
    )
