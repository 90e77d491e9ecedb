"""What may be proposed of a project, and what the system proposes where nobody did in time."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Text, cast, exists, or_, select
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refused
from crm.grants import UNITS
from crm.messages import N_
from crm.models import OPEN_TRANSFERS, Decision, Project, Transfer, Unit, User
from crm.services import batch_kinds, dues, edits, policy, successions, transfer_disputes
from crm.services.dues import Due
from crm.services.transfer_deadlines import due_on
from crm.services.units import active_units

NOT_DUE = N_("没有应划转的职责：应属与实属一致，或者归属未定")
AHEAD = N_("划转%(number)s号已经确认，自%(day)s起由%(unit)s实属，不必再提")
OPEN = N_("这个项目已有办理中的划转，编号%(number)s；请等它办结，或先撤回")
OPEN_IN_BATCH = N_("这个项目在办理中的划转批次里，批次编号%(number)s；如需单独办理，请商务局先从批次中移出")
CEASED = N_("%(unit)s已不存在，由商务局按单位承继成批办理")


def open_of(project_id: int) -> Transfer | None:
    """The open transfer of a project; none where none is: one statement."""
    query = select(Transfer).where(Transfer.project_id == project_id, Transfer.state.in_(OPEN_TRANSFERS))
    return db.session.scalar(query)


def ahead_of(project_id: int) -> Transfer | None:
    """The transfer of a project that was confirmed and takes effect on a later day; none where none is: one statement."""
    query = select(Transfer).where(Transfer.project_id == project_id, Transfer.effective_day > clock.today())
    return db.session.scalars(query.order_by(Transfer.id.desc()).limit(1)).first()


def chosen(project: Project, actor: User | None, from_unit_id: int | None) -> Due:
    """What of a project is due and may be proposed by the person. Raises NotAllowed and Refused."""
    _refuse_open(open_of(project.id))
    found = dues.of(project, clock.today())
    if from_unit_id is not None:
        found = [due for due in found if due.from_unit_id == from_unit_id]
    if not found:
        ahead = ahead_of(project.id)
        if ahead and ahead.effective_day:
            day, unit = ahead.effective_day.isoformat(), ahead.to_unit.name
            raise Refused(AHEAD, number=ahead.id, day=day, unit=unit)
        raise Refused(NOT_DUE)
    if actor is not None and actor.role in UNITS:
        units = successions.acts_for(actor.unit_id)
        found = [due for due in found if not units.isdisjoint((due.from_unit_id, due.to_unit_id))]
        if not found:
            raise NotAllowed(N_("只有实属单位、应属单位和商务局可以提出划转"))
    due = found[0]
    active = {unit.id for unit in active_units(clock.today())}
    for unit_id in (due.from_unit_id, due.to_unit_id):
        if unit_id not in active:
            raise Refused(CEASED, unit=_name(unit_id))
    return due


def add(project: Project, due: Due, reason: str, actor: User | None) -> Transfer:
    """Adds the transfer, with the giving unit to fill in its list. Raises Refused where somebody was quicker."""
    made = Transfer(
        project_id=project.id,
        from_unit_id=due.from_unit_id,
        to_unit_id=due.to_unit_id,
        indicators="indicators" in due.duties,
        enterprise_service="enterprise_service" in due.duties,
        rule=dues.rule_of(due),
        since=due.since,
        due_on=due_on("filling"),
        reason=reason,
        proposed_by_id=actor.id if actor else None,
    )
    if actor is not None and actor.role in UNITS:
        gives = due.from_unit_id in successions.acts_for(actor.unit_id)
        side = "giver_id" if gives else "receiver_id"
        setattr(made, side, actor.id)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        _refuse_open(open_of(project.id))
        raise
    return made


def overdue_projects(day: date, *, after: int, most: int) -> list[int]:
    """The next projects, by id, of which something has been due longer than the policy allows and nobody proposed it.

    Without those that a batch can contain, which the bureau draws up, without those that are disputed, and without those
    whose transfer was declined or withdrawn since it is due: there units and bureau go on by hand. And in a demonstration,
    where units and days are made up, without what is really there.
    """
    until = day - timedelta(days=policy.on(day)["transfer_due_days"])
    answered = exists().where(
        Transfer.project_id == Project.id,
        or_(
            Transfer.state.in_(OPEN_TRANSFERS),
            Transfer.state.in_(("declined", "withdrawn")) & (Transfer.since >= Project.due_since),
        ),
    )
    query = (
        select(Project.id)
        .join(Decision, Decision.id == Project.decision_id)
        .where(Project.id > after, Project.due_since < until, ~answered, ~transfer_disputes.disputed())
        .where(batch_kinds.kind_of(day).is_(None))
        .order_by(Project.id)
        .limit(most)
    )
    if edits.invents():
        query = query.where(cast(Project.invented, Text).contains('"name"'))
    return list(db.session.scalars(query))


def _refuse_open(found: Transfer | None) -> None:
    if found is None:
        return
    if found.batch_id is not None:
        raise Refused(OPEN_IN_BATCH, number=found.batch_id)
    raise Refused(OPEN, number=found.id)


def _name(unit_id: int) -> str:
    unit = db.session.get(Unit, unit_id)
    return unit.name if unit else ""
