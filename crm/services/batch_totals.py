"""What a batch moves: each unit's holdings before and after, the district's, which do not move, and the closed months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import case, func

from crm import clock
from crm.db import db
from crm.models import DUTIES, Duty, Project, Transfer, TransferBatch, User
from crm.periods import Month
from crm.services import months, standpoint, unit_figures
from crm.services.batch_contents import Line, in_it
from crm.services.unit_figures import Amount


@dataclass(frozen=True)
class Group:
    """Transfers of one giving and one receiving unit that move the same responsibilities."""

    from_unit_id: int
    to_unit_id: int
    duties: tuple[Duty, ...]
    amount: Amount
    late: int = 0
    """Those of them that are due since a month that is closed by now."""


@dataclass
class Holds:
    """What a unit holds of one responsibility: now, and what of it the batch takes and brings."""

    before: Amount = field(default_factory=Amount)
    out: Amount = field(default_factory=Amount)
    into: Amount = field(default_factory=Amount)

    @property
    def after(self) -> Amount:
        """What it holds once the batch is in effect."""
        return self.before - self.out + self.into


@dataclass(frozen=True)
class Totals:
    """What a batch moves as a whole."""

    amount: Amount
    units: Mapping[int, Mapping[Duty, Holds]]
    """Unit id → what it holds of each responsibility; only units that give or receive."""
    district: Mapping[Duty, Holds]
    """All units together, those that the batch does not touch among them."""
    carried: int
    """Transfers that are due since a closed month."""
    first_month: Month | None
    """The first closed month that they are due since; none where nothing is carried over."""
    last_month: Month | None

    @property
    def stays(self) -> bool:
        """Does the district have the same before and after?"""
        return all(one.before == one.after for one in self.district.values())


def of_lines(lines: Iterable[Line], user: User | None) -> Totals:
    """What a batch of these lines would move: three statements."""
    closed = months.last_closed_day()
    found: dict[tuple[int, int, tuple[Duty, ...]], list[Line]] = {}
    for line in lines:
        found.setdefault((line.from_unit_id, line.to_unit_id, line.duties), []).append(line)
    groups = [
        Group(
            *key,
            Amount(len(some), sum(line.fen or 0 for line in some)),
            sum(closed is not None and line.since <= closed for line in some),
        )
        for key, some in found.items()
    ]
    since = min((line.since for some in found.values() for line in some), default=None)
    return _totals(groups, since, closed, user)


def of_batch(batch: TransferBatch, user: User | None) -> Totals:
    """What a batch that is not in effect yet would move, from today's holdings: five statements."""
    closed = months.last_closed_day()
    late: Any = func.sum(case((Transfer.since <= closed, 1), else_=0)) if closed else func.sum(0)
    columns = (Transfer.from_unit_id, Transfer.to_unit_id, Transfer.indicators, Transfer.enterprise_service)
    query = in_it(batch).join(Project, Project.id == Transfer.project_id)
    query = query.with_only_columns(*columns, func.count(), func.sum(Project.total_investment_fen), late)
    rows: list[Any] = list(db.session.execute(query.group_by(*columns)))
    groups = [
        Group(row[0], row[1], _duties(row[2], row[3]), Amount(row[4], int(row[5] or 0)), int(row[6] or 0))
        for row in rows
    ]
    since = db.session.scalar(in_it(batch).with_only_columns(func.min(Transfer.since)))
    return _totals(groups, since, closed, user)


def summary(totals: Totals) -> dict[str, Any]:
    """The totals as they are kept with a batch."""
    return {
        "amount": _plain(totals.amount),
        "units": {str(unit_id): _plain_holds(holds) for unit_id, holds in totals.units.items()},
        "district": _plain_holds(totals.district),
        "carried": totals.carried,
        "first_month": str(totals.first_month) if totals.first_month else None,
        "last_month": str(totals.last_month) if totals.last_month else None,
    }


def of_summary(kept: Mapping[str, Any]) -> Totals:
    """The totals that were kept when a batch was put into effect."""
    return Totals(
        Amount(*kept["amount"]),
        {int(unit_id): _holds(holds) for unit_id, holds in kept["units"].items()},
        _holds(kept["district"]),
        kept["carried"],
        Month.parse(kept["first_month"]) if kept["first_month"] else None,
        Month.parse(kept["last_month"]) if kept["last_month"] else None,
    )


def _totals(groups: Iterable[Group], since: date | None, closed: date | None, user: User | None) -> Totals:
    seen = standpoint.at(clock.today())
    holding = {duty: unit_figures.by_unit(user, seen, duty) for duty in DUTIES}
    units: dict[int, dict[Duty, Holds]] = {}
    whole, carried = Amount(), 0
    for group in groups:
        whole += group.amount
        carried += group.late
        for unit_id in (group.from_unit_id, group.to_unit_id):
            if unit_id not in units:
                units[unit_id] = {
                    duty: Holds(holding[duty][unit_id].has if unit_id in holding[duty] else Amount())
                    for duty in DUTIES
                }
        for duty in group.duties:
            units[group.from_unit_id][duty].out += group.amount
            units[group.to_unit_id][duty].into += group.amount
    district = {}
    for duty in DUTIES:
        together = district[duty] = Holds(unit_figures.total(holding[duty].values()).has)
        for holds in units.values():
            together.out += holds[duty].out
            together.into += holds[duty].into
    late = carried > 0 and since is not None and closed is not None
    return Totals(
        whole,
        units,
        district,
        carried,
        Month.of(since) if late and since else None,
        Month.of(closed) if late and closed else None,
    )


def _duties(indicators: bool, enterprise_service: bool) -> tuple[Duty, ...]:
    return tuple(duty for duty, moves in zip(DUTIES, (indicators, enterprise_service), strict=True) if moves)


def _plain(amount: Amount) -> list[int]:
    return [amount.count, amount.fen]


def _plain_holds(holds: Mapping[Duty, Holds]) -> dict[str, list[list[int]]]:
    return {duty: [_plain(one.before), _plain(one.out), _plain(one.into)] for duty, one in holds.items()}


def _holds(kept: Mapping[str, Any]) -> dict[Duty, Holds]:
    return {duty: Holds(*(Amount(*amount) for amount in kept[duty])) for duty in DUTIES}
