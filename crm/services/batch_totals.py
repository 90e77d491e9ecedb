"""What a batch moves: each unit's holdings before and after, the district's, which do not move, and the closed months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    extract,
    false,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import (
    DUTIES,
    OPEN_TRANSFERS,
    Duty,
    Project,
    ProjectFacts,
    Transfer,
    TransferBatch,
    User,
)
from crm.periods import Month
from crm.services import batch_grounds, carry_overs, months, standing, standpoint, transfer_effects
from crm.services.batch_contents import Line
from crm.services.transfer_effects import Carried, Effects, Flow, Held
from crm.services.unit_figures import Amount


def of_batch(batch: TransferBatch, user: User | None) -> Effects:
    """What the transfers of a batch would change if they were confirmed today, exceptions left out: at most ten statements.
    Of a batch that is in effect what they did change, as it was kept: one statement.
    """
    of_it = Transfer.batch_id == batch.id
    if not batch.summary:
        return transfer_effects.of(transfer_effects.moves(of_it), user, _carrying(batch, user))
    return Effects(
        Amount(*batch.summary["amount"]),
        {int(unit_id): _held(figures) for unit_id, figures in batch.summary["units"].items()},
        _held(batch.summary["district"]),
        tuple(
            Flow(giving, getting, Amount(*amount), *more)
            for giving, getting, amount, *more in batch.summary.get("flows", ())
        ),
        transfer_effects.booked(carry_overs.booked(of_it)),
    )


def of_lines(lines: Sequence[Line], user: User | None) -> Effects:
    """What a batch of these lines, at least one, would change if it were confirmed today: at most eight statements."""
    groups: dict[tuple[int, int, tuple[Duty, ...]], list[int]] = {}
    for line in lines:
        groups.setdefault((line.from_unit_id, line.to_unit_id, line.duties), []).append(line.project_id)
    moving = union_all(
        *(_moving(giving, getting, duties, ids) for (giving, getting, duties), ids in groups.items())
    )
    return transfer_effects.of(moving, user, transfer_effects.carried(carry_overs.preview(lines)))


def summary(batch: TransferBatch, user: User | None) -> dict[str, Any]:
    """What an open batch changes, as it is kept with it: three statements. What is carried over has rows of its own."""
    effects = transfer_effects.of(transfer_effects.moves(Transfer.batch_id == batch.id), user, ())
    return {
        "amount": astuple(effects.projects),
        "units": {str(unit_id): _plain(held) for unit_id, held in effects.units.items()},
        "district": _plain(effects.district),
        "flows": [astuple(flow) for flow in effects.flows],
    }


def _carrying(batch: TransferBatch, user: User | None) -> tuple[Carried, ...]:
    """What an open batch would carry over: at most seven statements.

    Where all closed months since a transfer is due are credited to the giving unit, and none before to another than was
    entitled, the database adds it up; the others are looked at one by one.
    """
    closed = months.last_closed_day()
    if closed is None:
        return ()
    seen, facts = standpoint.at(clock.today()), aliased(ProjectFacts)
    plain = and_(batch_grounds.stand(), batch_grounds.stand_since())
    apart = case((plain, 0), else_=Transfer.project_id).label("project_id")
    units = (Transfer.from_unit_id, Transfer.to_unit_id)
    month = (extract("year", Transfer.since), extract("month", Transfer.since))
    fen = facts.total_investment_fen
    query = seen.select(
        user, apart, *units, Transfer.indicators, false().label("enterprise_service"),
        func.min(Transfer.since, type_=Date).label("since"), func.count().label("some"), func.sum(fen).label("fen"),
        func.count(fen).label("known"),
    )  # fmt: skip
    query = query.join(Transfer, Transfer.project_id == Project.id).where(
        Transfer.batch_id == batch.id,
        Transfer.state.in_(OPEN_TRANSFERS),
        Transfer.indicators,
        seen.held("indicators") == Transfer.from_unit_id,
    )
    query = query.outerjoin(facts, facts.id == standing.version(closed))
    rows = db.session.execute(query.group_by(apart, *units, *month, Transfer.indicators)).all()
    last = Month.of(closed)
    added_up = [
        Carried(
            row.from_unit_id,
            row.to_unit_id,
            Month.of(row.since),
            last,
            last.plus(1),
            Amount(row.some, int(row.fen or 0)),
            row.some - row.known,
        )
        for row in rows
        if not row.project_id and row.since <= closed
    ]
    doubtful = [row for row in rows if row.project_id]
    lines = carry_overs.preview(doubtful) if doubtful else ()
    return transfer_effects.carried(lines, added_up)


def _moving(giving: int, getting: int, duties: Sequence[Duty], project_ids: Sequence[int]) -> Select[Any]:
    # however many there are, the ids are part of the statement
    ids: Any = bindparam(None, project_ids, Integer, expanding=True, literal_execute=True)
    query: Any = select(
        Project.id.label("project_id"),
        literal(giving).label("from_unit_id"),
        literal(getting).label("to_unit_id"),
        *((true() if duty in duties else false()).label(duty) for duty in DUTIES),
    )
    moving: Select[Any] = query.where(Project.id.in_(ids))
    return moving


def _plain(held: Held) -> dict[str, Any]:
    return {duty: [astuple(held.of(duty).before), astuple(held.of(duty).after)] for duty in DUTIES}


def _held(kept: Mapping[str, Sequence[Sequence[int]]]) -> Held:
    held = Held()
    for duty in DUTIES:
        before, *more = (Amount(*amount) for amount in kept[duty])
        # the first batches kept what went and what came
        held.of(duty).before, held.of(duty).after = (
            before,
            more[0] if len(more) == 1 else before - more[0] + more[1],
        )
    return held
