"""进展: what was done about a lead, recorded once, corrected or taken back by a later row that replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import PROGRESS_KINDS, Lead, LeadProgress, User
from crm.permissions import require
from crm.services import history, lead_clocks
from crm.services.lead_clocks import Derived, Standing

LONGEST_PEOPLE = 200
LONGEST_OUTCOME = 2_000
LONGEST_STEP = 500
LONGEST_KEY = 64

FURTHEST_STEP = timedelta(days=5 * 365)
"""A next step lies at most so far ahead."""

IN_TRIAGE = N_("这条线索正在研判，研判为新线索后才能登记进展")
IS_OVER = N_("这条线索已经办结，不再登记进展")
IN_POOL = N_("保护期已满，这条线索在公共池；请先承接，再登记进展")
FOREIGN_FORM = N_("这张表单已经失效；请从线索页重新打开")
REPLACED = N_("这条进展已被更正过，请从线索页查看现在的内容")
OF_ANOTHER = N_("这条进展由%(unit)s登记，请该单位更正")


@dataclass(frozen=True)
class Entry:
    """Progress as filled in."""

    kind: str
    day: date | None
    people: str
    outcome: str
    next_step: str = ""
    next_step_on: date | None = None


def standing_rows(lead: Lead) -> list[Standing]:
    """The progress of a lead that stands, oldest first, with who recorded it: one statement."""
    query = (
        select(LeadProgress)
        .where(LeadProgress.lead_id == lead.id)
        .options(joinedload(LeadProgress.unit), joinedload(LeadProgress.actor))
        .order_by(LeadProgress.id)
    )
    found = list(db.session.scalars(query))
    last: dict[int, LeadProgress] = {}
    first: dict[int, LeadProgress] = {}
    times: dict[int, int] = {}
    for row in found:
        # A row that replaces another carries on under the name of the first.
        root = first[row.replaces_id].id if row.replaces_id is not None else row.id
        first[row.id] = first[root] if row.replaces_id is not None else row
        times[root] = times.get(root, -1) + 1
        last[root] = row
    stand = [Standing(row, first[root], times[root]) for root, row in last.items() if not row.void]
    return sorted(stand, key=lambda one: (one.row.day, one.first.id))


def require_open(lead: Lead, actor: User | None) -> None:
    """Raises Refused where nothing can be recorded of the lead now, and NotAllowed where not by this person: at most one
    statement.
    """
    if lead.is_open and lead.protected_until < clock.today():
        raise Refused(IN_POOL)
    # Of another unit's lead nothing more is told, its stage neither.
    if actor is not None:
        require(actor, "lead:progress", lead)
    if not lead.is_open:
        raise Refused(IN_TRIAGE if lead.stage == "triage" else IS_OVER)


def standing_row(lead: Lead, row_id: int) -> Standing:
    """The progress with this number that stands. Raises Stale where it was replaced, NotFound where it is not the lead's."""
    for one in standing_rows(lead):
        if one.row.id == row_id:
            return one
    known = select(LeadProgress.id).where(LeadProgress.id == row_id, LeadProgress.lead_id == lead.id)
    if db.session.scalar(known) is None:
        raise NotFound(N_("没有编号为%(number)s的进展"), number=row_id)
    raise Stale(REPLACED)


def record(lead: Lead, entry: Entry, *, form_key: str | None = None, actor: User | None) -> LeadProgress:
    """Progress was made: the lead's stage, clocks, protection and next step follow. A form sent twice counts once.

    Raises Refusals for what was filled in wrongly, Refused for a lead of the common pool or one that is over, and
    NotAllowed for another unit's.
    """
    lead = locked(lead)
    if form_key:
        if len(form_key) > LONGEST_KEY:
            raise Refused(FOREIGN_FORM)
        sent = db.session.scalar(select(LeadProgress).where(LeadProgress.form_key == form_key))
        if sent is not None:
            if (sent.lead_id, sent.actor_id) != (lead.id, actor.id if actor else None):
                raise Refused(FOREIGN_FORM)
            return sent
    require_open(lead, actor)
    _check(lead, entry)
    row = _add(lead, entry, actor, form_key=form_key or None)
    now = lead_clocks.derive(lead, standing_rows(lead), next_step=True)
    _tell("lead.progressed", lead, row, now, actor)
    return row


def correct(lead: Lead, row_id: int, entry: Entry, *, actor: User | None) -> LeadProgress:
    """Puts right what was recorded: everything the lead owes to it is worked out again. Raises as `record` does, and Stale
    where somebody else corrected it meanwhile.
    """
    return _replace(lead, row_id, entry, actor)


def take_back(lead: Lead, row_id: int, *, reason: str, actor: User | None) -> LeadProgress:
    """Progress that never was is struck out, with a reason. Raises as `correct` does."""
    if not reason.strip():
        raise Refusals([Refused(N_("请写明为什么撤销"), field="reason")])
    if len(reason) > LONGEST_STEP:
        raise Refusals([Refused(N_("最多%(most)s个字"), field="reason", most=LONGEST_STEP)])
    return _replace(lead, row_id, None, actor, reason=reason.strip())


def locked(lead: Lead) -> Lead:
    """The lead as it is now, for a verb that will change it; others wait until the transaction ends."""
    history.hold()
    query = select(Lead).where(Lead.id == lead.id).with_for_update(of=Lead)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _replace(
    lead: Lead, row_id: int, entry: Entry | None, actor: User | None, *, reason: str = ""
) -> LeadProgress:
    lead = locked(lead)
    require_open(lead, actor)
    held = standing_row(lead, row_id)
    if actor is not None and held.row.unit_id != actor.unit_id:
        name = held.row.unit.name if held.row.unit else ""
        raise NotAllowed(OF_ANOTHER, unit=name)
    before = lead_clocks.derived(lead, standing_rows(lead))
    # A next step that was set otherwise since then stays: it is newer than what the row said.
    follows = (lead.next_step, lead.next_step_on) == (before.next_step, before.next_step_on)
    if entry is None:
        old = held.row
        row = _add(lead, Entry(old.kind, old.day, old.people, reason), actor, replaces=old, void=True)
    else:
        _check(lead, entry)
        row = _add(lead, entry, actor, replaces=held.row)
    now = lead_clocks.derive(lead, standing_rows(lead), next_step=follows)
    _tell("lead.progress_corrected", lead, row, now, actor, replaces=held.row.id, void=row.void)
    return row


def _add(
    lead: Lead,
    entry: Entry,
    actor: User | None,
    *,
    form_key: str | None = None,
    replaces: LeadProgress | None = None,
    void: bool = False,
) -> LeadProgress:
    row = LeadProgress(
        lead_id=lead.id,
        kind=entry.kind,
        day=entry.day,
        people=entry.people.strip(),
        outcome=entry.outcome.strip(),
        next_step=entry.next_step.strip(),
        next_step_on=entry.next_step_on,
        replaces_id=replaces.id if replaces else None,
        void=void,
        form_key=form_key,
        unit_id=(actor.unit_id if actor else None) or lead.unit_id,
        actor_id=actor.id if actor else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _check(lead: Lead, entry: Entry) -> None:
    wrong: list[Refused] = []
    if entry.kind not in PROGRESS_KINDS:
        wrong.append(Refused(N_("请选择进展方式"), field="kind"))
    if entry.day is None:
        wrong.append(Refused(N_("请填写日期，如2021-05-31"), field="day"))
    elif entry.day > clock.today():
        wrong.append(Refused(N_("不能晚于今天；还没有做的事请填作下一步"), field="day"))
    elif entry.day < lead.logged_on:
        message = N_("不能早于登记线索的日期%(day)s")
        wrong.append(Refused(message, field="day", day=lead.logged_on.isoformat()))
    if not entry.outcome.strip():
        wrong.append(Refused(N_("请写明结果，一句话即可"), field="outcome"))
    for name, text, most in (
        ("people", entry.people, LONGEST_PEOPLE),
        ("outcome", entry.outcome, LONGEST_OUTCOME),
        ("next_step", entry.next_step, LONGEST_STEP),
    ):
        if len(text) > most:
            wrong.append(Refused(N_("最多%(most)s个字"), field=name, most=most))
    wrong += _check_step(entry)
    if wrong:
        raise Refusals(wrong)


def _check_step(entry: Entry) -> list[Refused]:
    step, day = entry.next_step.strip(), entry.next_step_on
    if step and day is None:
        return [Refused(N_("请填写下一步的日期"), field="next_step_on")]
    if day is not None and not step:
        return [Refused(N_("请写明下一步做什么"), field="next_step")]
    if day is not None and entry.day is not None and day < entry.day:
        return [Refused(N_("下一步不能早于这次进展"), field="next_step_on")]
    if day is not None and day > clock.today() + FURTHEST_STEP:
        return [Refused(N_("下一步最晚在五年以内"), field="next_step_on")]
    return []


def _tell(
    action: str, lead: Lead, row: LeadProgress, now: Derived, actor: User | None, **more: object
) -> None:
    db.session.flush()
    told = {"number": lead.number, "kind": row.kind, "day": row.day, "row": row.id}
    history.record(action, lead, actor=actor, **told, protected_until=now.protected_until, **more)
