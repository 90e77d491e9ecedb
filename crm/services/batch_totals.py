"""What a batch moves: each unit's holdings before and after, the district's, which do not move, and the closed months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from sqlalchemy import Integer, Select, bindparam, false, literal, select, true, union_all

from crm.db import db
from crm.models import DUTIES, Duty, Project, Transfer, TransferBatch, User
from crm.services import carry_overs, transfer_effects
from crm.services.batch_contents import Line
from crm.services.transfer_effects import Effects, Flow, Held
from crm.services.unit_figures import Amount


def of_batch(batch: TransferBatch, user: User | None) -> Effects:
    """What the transfers of a batch would change if they were confirmed today, exceptions left out: at most eight statements.
    Of a batch that is in effect what they did change, as it was kept: one statement.
    """
    if not batch.summary:
        return transfer_effects.of(transfer_effects.moves(Transfer.batch_id == batch.id), user)
    booked = db.session.scalars(carry_overs.booked(Transfer.batch_id == batch.id))
    return Effects(
        Amount(*batch.summary["amount"]),
        {int(unit_id): _held(figures) for unit_id, figures in batch.summary["units"].items()},
        _held(batch.summary["district"]),
        tuple(
            Flow(giving, getting, Amount(*amount), *more)
            for giving, getting, amount, *more in batch.summary.get("flows", ())
        ),
        transfer_effects.carried(map(carry_overs.line_of, booked)),
    )


def of_lines(lines: Sequence[Line], user: User | None) -> Effects:
    """What a batch of these lines, at least one, would change if it were confirmed today: at most eight statements."""
    groups: dict[tuple[int, int, tuple[Duty, ...]], list[int]] = {}
    for line in lines:
        groups.setdefault((line.from_unit_id, line.to_unit_id, line.duties), []).append(line.project_id)
    moving = union_all(
        *(_moving(giving, getting, duties, ids) for (giving, getting, duties), ids in groups.items())
    )
    return transfer_effects.of(moving, user, late=lines)


def summary(batch: TransferBatch, user: User | None) -> dict[str, Any]:
    """What an open batch changes, as it is kept with it: three statements. What is carried over has rows of its own."""
    effects = transfer_effects.of(transfer_effects.moves(Transfer.batch_id == batch.id), user, late=())
    return {
        "amount": astuple(effects.projects),
        "units": {str(unit_id): _plain(held) for unit_id, held in effects.units.items()},
        "district": _plain(effects.district),
        "flows": [astuple(flow) for flow in effects.flows],
    }


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
