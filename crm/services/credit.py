"""利益共享: how the credit for a lead, or for a project, is shared between units, from a month on.

A split is a row of unit, role and share each, exactly 1 in sum; the last that holds in a month counts, and a closed month's is
never changed. Where none was agreed, whoever attracted a project has the whole credit. The district counts it once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refusals, Refused
from crm.messages import N_
from crm.models import CREDIT_ROLES, CreditShare, CreditSplit, Lead, Project, User
from crm.models.reassignments import WHOLE
from crm.money import DECIMAL
from crm.periods import Month
from crm.permissions import allowed
from crm.services import history, months
from crm.services.units import active_units, all_units

LONGEST = 1_000
"""Characters of a basis."""

LAST_MONTH = Month(2099, 12)
MOST_SHARES = 5
MOST_SHOWN = 50


@dataclass(frozen=True)
class Share:
    """One unit's part, in ten-thousandths."""

    unit_id: int
    role: str
    share: int


@dataclass(frozen=True)
class Row:
    """A part as filled in; a row without a percentage counts for nothing."""

    unit_id: int | None
    role: str
    percent: str


def ten_thousandths(text: str) -> int:
    """What a percentage such as `33.33` or `５０％` comes to. Raises ValueError for anything else, finer ones included."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").removesuffix("%")
    whole, _, fraction = plain.partition(".")
    if not DECIMAL.fullmatch(plain) or not plain.isascii() or len(whole) > 3 or not 0 <= len(fraction) <= 2:
        raise ValueError(text)
    if not (whole + fraction).isdecimal():
        raise ValueError(text)
    return int(whole or "0") * 100 + int(fraction.ljust(2, "0"))


def percent(share: int) -> str:
    """A share in per cent as people write it: `50`, `33.33`."""
    text = f"{share // 100}.{share % 100:02d}"
    return text.rstrip("0").rstrip(".")


def read(rows: Sequence[Row]) -> list[Share]:
    """What was filled in, as shares. Raises Refusals with every mistake; the fields are numbered from 1."""
    found: list[Share] = []
    refused: list[Refused] = []
    for number, row in enumerate(rows, start=1):
        if not row.percent.strip():
            continue
        try:
            share = ten_thousandths(row.percent)
        except ValueError:
            refused.append(Refused(N_("请填百分数，最多两位小数，如33.33"), field=f"percent_{number}"))
            continue
        if row.unit_id is None:
            refused.append(Refused(N_("请选择单位"), field=f"unit_{number}"))
        if row.role not in CREDIT_ROLES:
            refused.append(Refused(N_("请选择角色"), field=f"role_{number}"))
        if not 0 < share <= WHOLE:
            refused.append(Refused(N_("每一份都应大于0，不超过100"), field=f"percent_{number}"))
        found.append(Share(row.unit_id or 0, row.role, share))
    if not refused:
        refused = wrong_with(found) if found else []
    if refused:
        raise Refusals(refused)
    return found


def wrong_with(shares: Sequence[Share]) -> list[Refused]:
    """What stands against such a split: too many parts, one twice, a sum that is not exactly 1."""
    if not 0 < len(shares) <= MOST_SHARES:
        return [Refused(N_("请填1至%(most)s份"), field="shares", most=MOST_SHARES)]
    wrong = []
    if len({(one.unit_id, one.role) for one in shares}) < len(shares):
        wrong.append(Refused(N_("同一单位的同一角色只填一次"), field="shares"))
    if any(one.share <= 0 or one.role not in CREDIT_ROLES for one in shares):
        wrong.append(Refused(N_("每一份都应大于0，不超过100"), field="shares"))
    missing = WHOLE - sum(one.share for one in shares)
    if missing > 0:
        wrong.append(
            Refused(N_("合计应为100%%，还差%(percent)s%%"), field="shares", percent=percent(missing))
        )
    elif missing < 0:
        wrong.append(
            Refused(N_("合计应为100%%，多了%(percent)s%%"), field="shares", percent=percent(-missing))
        )
    return wrong


def first_open_month() -> Month:
    """The first month whose split may still be changed by a change that takes effect now or earlier."""
    closed = months.last_closed_day()
    return Month.of(closed).plus(1) if closed else Month.of(date.min)


def next_month_to_share() -> Month:
    """The month from which what is agreed today takes effect: this one, or the first that is not closed."""
    return max(Month.of(clock.today()), first_open_month())


def share(
    record: Lead | Project, shares: Sequence[Share], *, valid_from: Month, basis: str, actor: User | None
) -> CreditSplit:
    """From a month on the credit is shared so.

    Raises Refusals: a sum that is not exactly 1, a closed month, one too far away. Who may is for the caller to ask.
    """
    # nobody closes a month meanwhile
    history.hold()
    refused = wrong_with(shares)
    if valid_from < first_open_month():
        message = N_("%(month)s已月结，不能再改；最早从%(first)s起")
        refused.append(Refused(message, field="month", month=str(valid_from), first=str(first_open_month())))
    elif valid_from > LAST_MONTH:
        refused.append(Refused(N_("最晚到%(month)s"), field="month", month=str(LAST_MONTH)))
    if refused:
        raise Refusals(refused)
    split = CreditSplit(
        lead_id=record.id if isinstance(record, Lead) else None,
        project_id=record.id if isinstance(record, Project) else None,
        valid_from=valid_from.first,
        last_position=len(shares),
        basis=basis,
        actor_id=actor.id if actor else None,
    )
    db.session.add(split)
    db.session.flush()
    before = 0
    for position, one in enumerate(shares, start=1):
        row = CreditShare(
            split_id=split.id,
            position=position,
            previous=position - 1 or None,
            unit_id=one.unit_id,
            role=one.role,
            share=one.share,
            sum_before=before,
            sum_after=before + one.share,
        )
        db.session.add(row)
        # each refers to the one before it
        db.session.flush()
        before = row.sum_after
    history.record(
        "credit.shared", record, actor=actor, month=str(valid_from), shares=told(shares), basis=basis
    )
    return split


def decide(
    record: Lead | Project, rows: Sequence[Row], *, valid_from: Month | None, basis: str, actor: User
) -> CreditSplit:
    """The bureau's word on a split: where three units are concerned, or two do not agree.

    Raises NotAllowed, and Refusals with every mistake.
    """
    if not allowed(actor, "credit:decide"):
        raise NotAllowed()
    refused: list[Refused] = []
    shares: list[Share] = []
    try:
        shares = read(rows)
    except Refusals as found:
        refused += found
    if not shares and not refused:
        refused.append(Refused(N_("请填写各单位所占的份额"), field="shares"))
    if valid_from is None:
        refused.append(Refused(N_("请填写月份，如2021-06"), field="month"))
    if not basis.strip():
        refused.append(Refused(N_("请写明依据，例如文件名、文号或会议纪要"), field="basis"))
    elif len(basis) > LONGEST:
        refused.append(Refused(N_("最多%(most)s个字"), field="basis", most=LONGEST))
    if not refused and valid_from is not None:
        known = {unit.id for unit in active_units(clock.today())} | units_of(split_on(record, valid_from))
        if any(one.unit_id not in known for one in shares):
            refused.append(Refused(N_("请选择现有的单位"), field="shares"))
    if refused or valid_from is None:
        raise Refusals(refused)
    return share(record, shares, valid_from=valid_from, basis=basis.strip(), actor=actor)


def split_on(record: Lead | Project, month: Month, known: datetime | None = None) -> CreditSplit | None:
    """The split that holds in a month as known at an instant (None: now), with its shares; none where none does: one
    statement.
    """
    query = _splits(record).where(CreditSplit.valid_from <= month.first)
    if known is not None:
        query = query.where(CreditSplit.recorded_at <= known)
    return db.session.scalars(query.limit(1)).unique().first()


def splits_of(record: Lead | Project) -> list[CreditSplit]:
    """Every split there ever was, the latest month first, at most fifty: one statement."""
    return list(db.session.scalars(_splits(record).limit(MOST_SHOWN)).unique())


def shares_of(split: CreditSplit | None) -> list[Share]:
    """Its parts, in order; none of none."""
    return [Share(one.unit_id, one.role, one.share) for one in split.shares] if split else []


def units_of(split: CreditSplit | None) -> set[int]:
    """The ids of the units that have a part in it."""
    return {one.unit_id for one in shares_of(split)}


def carry_over(lead: Lead, project: Project, *, actor: User | None) -> None:
    """The project that a lead became has its splits: the one in force from the month of signing on, and those that are
    to come. Where that month is closed, from the first that is not. Nothing was agreed: nothing happens.
    """
    first = max(Month.of(project.signed_on or clock.today()), first_open_month())
    held = split_on(lead, first)
    later = [split for split in splits_of(lead) if split.valid_from > first.first]
    # of those with one month the last recorded counts
    by_month = {split.valid_from: split for split in reversed(later)}
    for split in ([held] if held else []) + [by_month[day] for day in sorted(by_month)]:
        valid_from = max(Month.of(split.valid_from), first)
        share(project, shares_of(split), valid_from=valid_from, basis=split.basis, actor=actor)


def told(shares: Iterable[Share]) -> list[list[object]]:
    """Shares as the log keeps them: the unit's code, the role, ten-thousandths."""
    codes = {unit.id: unit.code for unit in all_units()}
    return [[codes[one.unit_id], one.role, one.share] for one in shares]


def _splits(record: Lead | Project) -> Select[CreditSplit]:
    return (
        select(CreditSplit)
        .where(_of(record))
        .options(joinedload(CreditSplit.shares).joinedload(CreditShare.unit))
        .order_by(CreditSplit.valid_from.desc(), CreditSplit.id.desc())
        .execution_options(populate_existing=True)
    )


def _of(record: Lead | Project) -> ColumnElement[bool]:
    if isinstance(record, Lead):
        return CreditSplit.lead_id == record.id
    return CreditSplit.project_id == record.id
