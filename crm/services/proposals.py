"""Rules and settings: one proposes, another confirms; only then does anything change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import Job, Proposal, User
from crm.permissions import allowed, could
from crm.rules.facts import NOTICE_DAY
from crm.services import attribution, history, jobs, months, proposal_kinds
from crm.services.attribution import Rulebook
from crm.services.proposal_kinds import Change

LONGEST = 1_000
"""Characters of a reason, of a basis, of a note."""

LAST_DAY = date(2099, 12, 31)
WAITING_SHOWN = 20

WORDS = {"reason": N_("请写明理由"), "basis": N_("请写明依据，例如文件名、文号或会议纪要")}


@dataclass(frozen=True)
class Waiting:
    """What waits for a person: proposals to decide, and one's own that wait for the bureau head."""

    to_decide: Sequence[Proposal]
    own: Sequence[Proposal]


@dataclass(frozen=True)
class Draft:
    """A change that was checked and not yet entered."""

    change: Change
    valid_from: date
    reason: str
    basis: str
    held: str


def by_id(proposal_id: int) -> Proposal:
    """The proposal with this number; raises NotFound."""
    found = db.session.scalar(_with_people().where(Proposal.id == proposal_id))
    if found is None:
        raise NotFound(N_("没有编号为%(number)s的修改建议"), number=proposal_id)
    return found


def listing(state: str | None, *, before: int | None, limit: int) -> list[Proposal]:
    """Proposals, newest first, below a number: one statement."""
    query = _with_people().order_by(Proposal.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Proposal.state == state)
    if before is not None:
        query = query.where(Proposal.id < before)
    return list(db.session.scalars(query))


def open_about(subject: str) -> Proposal | None:
    """The open proposal about a subject; none where there is none."""
    return db.session.scalar(_with_people().where(Proposal.subject == subject, Proposal.state == "open"))


def open_of_kind(kind: str) -> list[Proposal]:
    """The open proposals of a kind: one statement; of one subject there is at most one."""
    return list(db.session.scalars(select(Proposal).where(Proposal.kind == kind, Proposal.state == "open")))


def waiting_for(user: User) -> Waiting:
    """What waits for a person, newest first, the newest twenty: at most one statement."""
    if not (allowed(user, "rule:confirm") or allowed(user, "rule:propose")):
        return Waiting((), ())
    found = listing("open", before=None, limit=WAITING_SHOWN)
    own = [proposal for proposal in found if user.id in (proposal.proposed_by_id, proposal.held_by_id)]
    others = [proposal for proposal in found if proposal not in own]
    return Waiting(others if allowed(user, "rule:confirm") else (), own)


def rebuild_of(proposal: Proposal) -> Job | None:
    """The job that decides the registry again after a confirmation; none where there is none any more."""
    return db.session.get(Job, proposal.job_id) if proposal.job_id is not None else None


def first_open_day() -> date:
    """The first day from which a change may take effect: after the last closed month, never before the notice."""
    closed = months.last_closed_day()
    return max(NOTICE_DAY, closed + timedelta(days=1)) if closed else NOTICE_DAY


def draft(kind: str, given: Mapping[str, Any], *, valid_from: date | None, reason: str, basis: str) -> Draft:
    """A change as filled in, checked as a whole. Raises Refused for an unknown kind and Refusals for the rest."""
    refused: list[Refused] = []
    wanted: Change | None = None
    try:
        wanted = proposal_kinds.change(kind, given)
    except Refusals as found:
        refused += found
    if valid_from is None:
        refused.append(Refused(N_("请填写日期，如2021-05-31"), field="valid_from"))
    else:
        refused += _day_refused(valid_from)
    for name, text in (("basis", basis), ("reason", reason)):
        if not text.strip():
            refused.append(Refused(WORDS[name], field=name))
        elif len(text) > LONGEST:
            refused.append(Refused(N_("最多%(most)s个字"), field=name, most=LONGEST))
    if refused or wanted is None or valid_from is None:
        raise Refusals(refused)
    held = wanted.held(valid_from)
    if held == wanted.value:
        raise Refusals([Refused(N_("从那天起本来就是这样，没有修改"), field="valid_from")])
    clash = wanted.refused(valid_from)
    if clash is not None:
        raise Refusals([clash])
    return Draft(wanted, valid_from, reason.strip(), basis.strip(), held)


def after(wanted: Draft) -> Rulebook:
    """The rulebook as it would be: the change is applied by its own verb, for the caller to roll back."""
    wanted.change.apply(valid_from=wanted.valid_from, basis=wanted.basis, actor=None)
    db.session.flush()
    return attribution.rulebook()


def drafted(proposal: Proposal) -> Draft:
    """An entered proposal as it was drafted."""
    wanted = proposal_kinds.change_of(proposal)
    return Draft(wanted, proposal.valid_from, proposal.reason, proposal.basis, proposal.held)


def propose(wanted: Draft, *, actor: User) -> Proposal:
    """Enters a change for the bureau head to decide.

    Raises NotAllowed, and Refused where one about the same subject is open already.
    """
    if not allowed(actor, "rule:propose"):
        raise NotAllowed()
    present = open_about(wanted.change.subject)
    proposal = Proposal(
        kind=wanted.change.kind,
        subject=wanted.change.subject,
        payload=proposal_kinds.payload(wanted.change),
        held=wanted.held,
        valid_from=wanted.valid_from,
        reason=wanted.reason,
        basis=wanted.basis,
        proposed_by_id=actor.id,
        held_by_id=actor.id,
    )
    if present is None:
        try:
            with db.session.begin_nested():
                db.session.add(proposal)
        except IntegrityError:
            # on PostgreSQL somebody else proposed it between the question and ours
            present = open_about(wanted.change.subject)
    if present is not None:
        message = N_("同一事项已有待确认的修改建议，编号%(number)s；请等它办结，或请提出人撤回")
        raise Refused(message, field="kind", number=present.id)
    history.record("proposal.made", proposal, actor=actor, **_told(proposal))
    return proposal


def confirm(proposal_id: int, *, actor: User) -> Proposal:
    """Applies an open proposal and has the registry decided again by a job.

    Raises NotAllowed for who proposed it, Stale where it is decided already or what it starts from has changed,
    and Refused where its day lies in a month closed meanwhile.
    """
    proposal = _locked(proposal_id, actor)
    if actor.id in (proposal.proposed_by_id, proposal.held_by_id):
        raise NotAllowed(N_("自己提出或接手的修改建议，须由别人确认"))
    wanted = drafted(proposal)
    refused = _day_refused(proposal.valid_from)
    if refused:
        raise refused[0]
    if wanted.change.held(proposal.valid_from) != proposal.held:
        raise Stale(N_("提出以后，现行的规定已经变了：请不同意或请提出人撤回，再按现状重新提出"))
    _decide(proposal, "confirmed", "", actor)
    wanted.change.apply(valid_from=proposal.valid_from, basis=proposal.basis, actor=actor)
    history.record("proposal.confirmed", proposal, actor=actor, **_told(proposal))
    if wanted.change.moves_attribution:
        job = jobs.enqueue("attribution.rebuild", key="attribution.rebuild", actor=actor, subject=proposal)
        proposal.job_id = job.id
        db.session.flush()
    return proposal


def decline(proposal_id: int, *, note: str, actor: User) -> Proposal:
    """Ends an open proposal without effect. Raises NotAllowed, Stale, and Refused without a reason."""
    proposal = _locked(proposal_id, actor)
    if actor.id in (proposal.proposed_by_id, proposal.held_by_id):
        raise NotAllowed(N_("自己提出或接手的修改建议，须由别人决定；不再需要时请撤回"))
    if not note.strip():
        raise Refused(N_("请写明不同意的理由"), field="note")
    if len(note) > LONGEST:
        raise Refused(N_("最多%(most)s个字"), field="note", most=LONGEST)
    _decide(proposal, "declined", note.strip(), actor)
    history.record("proposal.declined", proposal, actor=actor, note=proposal.note, **_told(proposal))
    return proposal


def withdraw(proposal_id: int, *, actor: User) -> Proposal:
    """Ends one's own open proposal. Raises NotAllowed and Stale."""
    proposal = _locked(proposal_id, None)
    if actor.id not in (proposal.proposed_by_id, proposal.held_by_id):
        raise NotAllowed(N_("只有提出人或接手的人可以撤回"))
    _decide(proposal, "withdrawn", "", actor)
    history.record("proposal.withdrawn", proposal, actor=actor, **_told(proposal))
    return proposal


def open_of(person: User) -> int:
    """How many open proposals a person looks after: what has to pass to somebody when they leave."""
    query = select(func.count()).where(Proposal.held_by_id == person.id, Proposal.state == "open")
    return db.session.scalar(query) or 0


def pass_on(person: User, to: User, *, actor: User | None) -> int:
    """Has somebody else look after a person's open proposals; returns how many. Who proposed them stays.

    Raises Refused where the other may not propose.
    """
    if not could(to, "rule:propose"):
        raise Refused(N_("%(name)s不能提出修改建议，不能接手"), field="to", name=to.name)
    query = select(Proposal).where(Proposal.held_by_id == person.id, Proposal.state == "open")
    found = list(db.session.scalars(query.order_by(Proposal.id).with_for_update()))
    for proposal in found:
        proposal.held_by_id = to.id
        history.record("proposal.passed_on", proposal, actor=actor, before=person.login, after=to.login)
    return len(found)


def _locked(proposal_id: int, actor: User | None) -> Proposal:
    if actor is not None and not allowed(actor, "rule:confirm"):
        raise NotAllowed()
    query = select(Proposal).where(Proposal.id == proposal_id).with_for_update()
    proposal = db.session.scalar(query.execution_options(populate_existing=True))
    if proposal is None:
        raise NotFound(N_("没有编号为%(number)s的修改建议"), number=proposal_id)
    if not proposal.is_open:
        name = proposal.decided_by.name if proposal.decided_by else ""
        raise Stale(DONE[proposal.state], name=name)
    return proposal


DONE = {
    "confirmed": N_("这条修改建议已由%(name)s确认，没有再做什么"),
    "declined": N_("这条修改建议已由%(name)s决定不同意，没有再做什么"),
    "withdrawn": N_("这条修改建议已由%(name)s撤回，没有再做什么"),
}
"""What whoever comes second is told."""


def _decide(proposal: Proposal, state: str, note: str, actor: User) -> None:
    proposal.state = state
    proposal.note = note
    proposal.decided_by_id = actor.id
    proposal.decided_at = clock.now()
    db.session.flush()


def _day_refused(day: date) -> list[Refused]:
    first = first_open_day()
    if day < first:
        message = N_("最早从%(day)s起：通知印发以前没有归属，已月结的月份不再改变")
        return [Refused(message, field="valid_from", day=first.isoformat())]
    if day > LAST_DAY:
        return [Refused(N_("最晚到%(day)s"), field="valid_from", day=LAST_DAY.isoformat())]
    return []


def _told(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind,
        "code": proposal.subject,
        "choice": proposal_kinds.change_of(proposal).value,
        "valid_from": proposal.valid_from,
    }


def _with_people() -> Any:
    people = (Proposal.proposed_by, Proposal.held_by, Proposal.decided_by)
    return select(Proposal).options(*(joinedload(person) for person in people))
