"""承继: from a day on one unit answers for what another was responsible for, as when that one ceases or is renamed.

`attraction` stays with whoever brought a project in. What the unit holds passes to its successor by a batch of transfers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from crm import clock
from crm.db import db
from crm.errors import Refused
from crm.messages import N_
from crm.models import Unit, UnitSuccession, User, as_of, terms
from crm.services import history


def of(unit_id: int, day: date, known: datetime | None = None) -> UnitSuccession | None:
    """The row that holds for a unit on a day, which may say that nobody succeeds it; none before the first."""
    query = as_of(UnitSuccession, day, known)
    return next((row for row in db.session.scalars(query) if row.unit_id == unit_id), None)


def in_force(day: date, known: datetime | None = None) -> dict[int, int]:
    """Unit id → the unit that answers for it on a day, over several successions where there were: one statement."""
    rows = db.session.scalars(as_of(UnitSuccession, day, known))
    return resolved({row.unit_id: row.successor_id for row in rows})


def acts_for(unit_id: int | None, answers: Mapping[int, int] | None = None) -> frozenset[int]:
    """The units for which a unit acts today: itself and those it answers for; none where another answers for it.

    Who fills in, signs and declines is asked here, and what waits for whom. `answers` is what `in_force` says today, where
    the caller has it: else one statement.
    """
    if unit_id is None:
        return frozenset()
    answers = in_force(clock.today()) if answers is None else answers
    return frozenset(one for one in (unit_id, *answers) if answers.get(one, one) == unit_id)


def all_terms(known: datetime | None = None) -> list[UnitSuccession]:
    """Every succession there ever was, as known at an instant, by unit and first day: one statement."""
    return list(db.session.scalars(terms(UnitSuccession, known)))


def succeed(
    unit: Unit, successor: Unit | None, *, valid_from: date, basis: str, actor: User | None
) -> UnitSuccession:
    """From a day on the successor answers for the unit; none takes that back. Whoever calls has projects decided again.

    Raises Refused where the two are one, or the successor would itself be succeeded by the unit.
    """
    refused = clash(unit, successor, valid_from)
    if refused is not None:
        raise refused
    term = UnitSuccession(
        unit_id=unit.id,
        successor_id=successor.id if successor else None,
        basis=basis,
        valid_from=valid_from,
    )
    db.session.add(term)
    db.session.flush()
    history.record(
        "unit.succeeded",
        unit,
        actor=actor,
        successor=successor.code if successor else None,
        valid_from=valid_from,
        basis=basis,
    )
    return term


def clash(unit: Unit, successor: Unit | None, valid_from: date) -> Refused | None:
    """Why a unit cannot be succeeded by another from a day on; none where it can."""
    if successor is None:
        return None
    if unit.id == successor.id:
        return Refused(N_("承继单位须是另一个单位"), field="successor")
    rows = all_terms()
    days = {valid_from, *(row.valid_from for row in rows if row.valid_from > valid_from)}
    for day in days:
        held = {row.unit_id: row.successor_id for row in rows if row.valid_from <= day}
        if _last(successor.id, held | {unit.id: successor.id}) is None:
            message = N_("%(successor)s本身由%(unit)s承继，不能再反过来")
            return Refused(message, field="successor", successor=successor.name, unit=unit.name)
    return None


def resolved(successors: Mapping[int, int | None] | Iterable[tuple[int, int | None]]) -> dict[int, int]:
    """Each unit and the one that answers for it at last, where a successor has a successor."""
    held = dict(successors)
    found = {unit_id: _last(unit_id, held) for unit_id, successor in held.items() if successor is not None}
    return {unit_id: last for unit_id, last in found.items() if last is not None and last != unit_id}


def _last(unit_id: int, successors: Mapping[int, int | None]) -> int | None:
    """The end of a chain of successors; none where it goes round in a ring."""
    seen = {unit_id}
    while (following := successors.get(unit_id)) is not None:
        if following in seen:
            return None
        seen.add(following)
        unit_id = following
    return unit_id
