"""流转, 联合招商 and 利益共享: one unit offers, the other accepts or declines; only then does anything change.

Whoever has a lead may offer it to another unit for landing, offer to work on it together, or offer another split of the
credit; an answer is due by a day that is kept when the offer is made.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.messages import N_
from crm.models import Lead, Reassignment, User
from crm.permissions import ANOTHER_UNITS_LEAD, allowed
from crm.services import cooperation, credit, history, lead_clocks, policy, posts
from crm.services.credit import Share
from crm.services.reassignment_checks import IN_POOL, LONGEST, Offer, checked, in_pool, record, stages
from crm.services.units import active_units


def propose(lead_id: int, offer: Offer, *, actor: User) -> Reassignment:
    """Offers a lead, work on it or another split to another unit.

    Raises NotAllowed, Refused where one about the lead is open already, and Refusals with every mistake of the form.
    """
    lead = cooperation.locked(lead_id)
    _must_have(lead, actor)
    shares = checked(lead, offer)
    today, present = clock.today(), open_about(lead)
    made = Reassignment(
        lead_id=lead.id,
        kind=offer.kind,
        from_unit_id=lead.unit_id,
        to_unit_id=offer.to_unit_id,
        reason=offer.reason.strip(),
        shares=[[one.unit_id, one.role, one.share] for one in shares],
        answer_due=today + timedelta(days=policy.on(today)["answer_days"]),
        proposed_by_id=actor.id,
        held_by_id=actor.id,
    )
    if present is None:
        try:
            with db.session.begin_nested():
                db.session.add(made)
        except IntegrityError:
            # on PostgreSQL somebody else proposed between the question and ours
            present = open_about(lead)
    if present is not None:
        message = N_("这条线索已有等待答复的流转或合作，编号%(number)s；请等它办结，或先撤回")
        raise Refused(message, field="kind", number=present.id)
    _record("reassignment.proposed", made, lead, actor, reason=made.reason)
    return made


def accept(number: int, *, version: int, actor: User) -> Reassignment:
    """Puts an offer into effect, for the unit it was made to.

    Raises NotAllowed, Stale where it is decided already or was not read as it stands, and Refused where the lead is no
    longer what was offered, with everything as it was.
    """
    made = _locked(number)
    _must_be_asked(made, actor)
    if made.proposed_by_id == actor.id:
        raise NotAllowed(N_("自己提出的流转或合作，须由对方单位的其他人答复"))
    _must_be_open(made, version)
    lead = cooperation.locked(made.lead_id)
    if lead.unit_id != made.from_unit_id or lead.stage not in stages(made.kind):
        raise Stale(N_("线索的承办单位或状态已经变了，不能再同意"))
    if in_pool(lead):
        raise Refused(IN_POOL)
    if made.to_unit_id not in {unit.id for unit in active_units(clock.today())}:
        raise Refused(N_("该单位已不存在，不能承接"))
    shares = shares_of(made)
    month = credit.next_month_to_share()
    held = credit.split_on(record(lead), month)
    if shares and held is not None and held.recorded_at > made.proposed_at:
        raise Stale(N_("提出以后，利益共享已另有登记：请不同意，按现状重新提出"))
    _answer(made, "accepted", "", actor)
    if made.kind == "reassignment":
        _pass(lead, made.to_unit_id)
    elif made.kind == "cooperation":
        cooperation.join(lead, made.to_unit_id)
    _record("reassignment.accepted", made, lead, actor)
    if shares:
        credit.share(record(lead), shares, valid_from=month, basis=made.reason, actor=actor)
    return made


def decline(number: int, *, version: int, note: str, actor: User) -> Reassignment:
    """Ends an offer without effect, with a reason, for the unit it was made to. Raises NotAllowed, Stale and Refused."""
    made = _locked(number)
    _must_be_asked(made, actor)
    _must_be_open(made, version)
    if not note.strip():
        raise Refused(N_("请写明不同意的理由"), field="note")
    if len(note) > LONGEST:
        raise Refused(N_("最多%(most)s个字"), field="note", most=LONGEST)
    _answer(made, "declined", note.strip(), actor)
    _record("reassignment.declined", made, made.lead, actor, note=made.note)
    return made


def withdraw(number: int, *, version: int, actor: User) -> Reassignment:
    """Takes an offer back, for the unit that made it. Raises NotAllowed and Stale."""
    made = _locked(number)
    if not allowed(actor, "lead:reassign") or actor.unit_id != made.from_unit_id:
        raise NotAllowed(N_("只有提出的单位可以撤回"))
    _must_be_open(made, version)
    _answer(made, "withdrawn", "", actor)
    _record("reassignment.withdrawn", made, made.lead, actor)
    return made


def overtake(lead: Lead, actor: User | None, *, parting: bool = False) -> Reassignment | None:
    """Ends the open offer about a lead that was claimed, withdrawn, merged or signed; returns it, none where none was open.
    With `parting` (a lead claimed from the common pool) those who worked on it with the unit before end as well.
    """
    made = db.session.scalar(_open_about(lead).with_for_update())
    if made is not None:
        _answer(made, "overtaken", "", actor)
        _record("reassignment.overtaken", made, lead, actor)
    if parting:
        for joint in cooperation.partners(lead):
            cooperation.part(lead, joint, actor)
    return made


def open_about(lead: Lead) -> Reassignment | None:
    """The offer about a lead that waits for an answer; none where none does: one statement."""
    return db.session.scalar(_open_about(lead))


def shares_of(made: Reassignment) -> list[Share]:
    """The split that is offered; empty where none is."""
    return [Share(*one) for one in made.shares]


def open_of(person: User) -> dict[int, int]:
    """Unit id → how many of its open offers a person looks after: what has to pass to somebody when they leave."""
    query = select(Reassignment.from_unit_id, func.count())
    query = query.where(Reassignment.held_by_id == person.id, Reassignment.state == "open")
    return dict(db.session.execute(query.group_by(Reassignment.from_unit_id)).all())


def pass_on(person: User, to: User | None, *, actor: User | None, kept: Collection[int] = ()) -> int:
    """Has somebody else look after a person's open offers, but for those of these units; returns how many. With nobody
    named the unit's head does.

    Raises Refused for one of another unit, and where there is no head.
    """
    history.hold()
    query = select(Reassignment).where(Reassignment.held_by_id == person.id, Reassignment.state == "open")
    query = query.where(Reassignment.from_unit_id.not_in(kept)).order_by(Reassignment.id)
    found = list(db.session.scalars(query.with_for_update(of=Reassignment)))
    for made in found:
        heir = to or posts.head_of(made.from_unit_id, clock.today(), but=person)
        if heir is None:
            message = N_("%(unit)s没有在任的负责人，请指定由谁接手")
            raise Refused(message, field="to", unit=made.from_unit.name)
        if made.from_unit_id not in {term.unit_id for term in heir.posts}:
            message = N_("%(name)s不在提出流转或合作的单位，不能接手")
            raise Refused(message, field="to", name=heir.name)
        made.held_by_id = heir.id
        _record("reassignment.passed_on", made, made.lead, actor, before=person.login, after=heir.login)
    return len(found)


def _open_about(lead: Lead) -> Select[Reassignment]:
    return select(Reassignment).where(Reassignment.lead_id == lead.id, Reassignment.state == "open")


def _locked(number: int) -> Reassignment:
    history.hold()
    query = select(Reassignment).where(Reassignment.id == number).with_for_update()
    made = db.session.scalar(query.execution_options(populate_existing=True))
    if made is None:
        raise NotFound(N_("没有编号为%(number)s的流转或合作"), number=number)
    return made


def _must_be_open(made: Reassignment, version: int) -> None:
    if made.state != "open":
        name = made.answered_by.name if made.answered_by else ""
        raise Stale(DONE[made.state], name=name)
    if made.version != version:
        raise Stale()


DONE = {
    "accepted": N_("已由%(name)s同意，没有再做什么"),
    "declined": N_("已由%(name)s答复不同意，没有再做什么"),
    "withdrawn": N_("已由%(name)s撤回，没有再做什么"),
    "overtaken": N_("线索已经变化，这次流转或合作已终止，没有再做什么"),
}
"""What whoever comes second is told."""


def _must_have(lead: Lead, actor: User) -> None:
    if not allowed(actor, "lead:reassign"):
        raise NotAllowed()
    if actor.unit_id != lead.unit_id:
        raise NotAllowed(ANOTHER_UNITS_LEAD)
    if in_pool(lead):
        raise Refused(IN_POOL, field="kind")


def _must_be_asked(made: Reassignment, actor: User) -> None:
    if not allowed(actor, "lead:reassign") or actor.unit_id != made.to_unit_id:
        raise NotAllowed(N_("只有被提请的单位可以答复"))


def _answer(made: Reassignment, state: str, note: str, actor: User | None) -> None:
    made.state = state
    made.note = note
    made.answered_by_id = actor.id if actor else None
    made.answered_at = clock.now()
    db.session.flush()


def _pass(lead: Lead, unit_id: int) -> None:
    """The lead is the other unit's, for its head to see; everything that belongs to it goes along."""
    today = clock.today()
    for joint in cooperation.partners(lead):
        if joint.unit_id == unit_id:
            joint.until = today
    lead.unit_id, lead.held_by_id = unit_id, None
    lead_clocks.begin(lead)
    db.session.flush()


def _record(action: str, made: Reassignment, lead: Lead, actor: User | None, **more: object) -> None:
    db.session.flush()
    history.record(
        action,
        lead,
        actor=actor,
        reassignment=made.id,
        kind=made.kind,
        from_unit=made.from_unit.code,
        to_unit=made.to_unit.code,
        **more,
    )
