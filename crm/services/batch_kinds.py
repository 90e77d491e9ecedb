"""Which projects a kind of batch can contain: by the rules that it settles, and for stock by the day of completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from crm.db import db
from crm.models import DUTIES, RESPONSIBILITIES, SUCCESSION, Decision, Duty, Outcome, Project
from crm.rules.facts import NOTICE_DAY
from crm.services import dues, successions

RULES: Mapping[str, frozenset[str]] = {
    "stock": frozenset({"3.1-retain", "3.1-transfer", "3.1-named-major"}),
    "sme_city": frozenset({"3.1-sme-city"}),
    "changqing": frozenset({"3.1-changqing"}),
    "street_move": frozenset({"3.3-street-move"}),
    "operating_place": frozenset({"3.4-operating-place"}),
}
"""Kind of batch → the rules whose differences it settles; a succession settles what the ceasing unit holds."""


def kind_of(day: date) -> ColumnElement[str | None]:
    """For a query over projects and their decisions, both as they are on a day: the kind of batch that can contain what is
    due of a project, none where none can: two statements.
    """
    by_outcome, succeeded = rules_by_outcome(), list(successions.in_force(day))
    kinds = [(or_(*(held.in_(succeeded) for _, held in dues.PAIRS.values())), SUCCESSION)]
    for kind in RULES:
        of_kind = (
            and_(entitled != held, belongs(kind, by_outcome, Decision.outcome_id, (duty,)))
            for duty, (entitled, held) in dues.PAIRS.items()
        )
        kinds.append((or_(*of_kind), kind))
    return case(*kinds, else_=None)


def rules_by_outcome() -> dict[int, dict[Duty, str]]:
    """Outcome → the rule that each responsibility follows; there are few outcomes, however many projects."""
    rules = (
        Outcome.body[("duties", RESPONSIBILITIES.index(duty), "rule")].as_string().label(duty)
        for duty in DUTIES
    )
    found = db.session.execute(select(Outcome.id, *rules))
    return {number: dict(zip(DUTIES, named, strict=True)) for number, *named in found}


def belongs(
    kind: str, by_outcome: Mapping[int, Mapping[Duty, str]], outcome_id: Any, duties: Sequence[Duty] = DUTIES
) -> ColumnElement[bool]:
    """The condition on Project: do the rules of this outcome, for one of the duties, and its facts make it one of the kind?"""
    wanted = [
        number for number, named in by_outcome.items() if RULES[kind] & {named[duty] for duty in duties}
    ]
    found: ColumnElement[bool] = outcome_id.in_(wanted)
    if kind == "stock":
        # of the projects named one by one only what was stock is classified with the rest of 一是
        found = and_(found, Project.completed_on.is_not(None), Project.completed_on <= NOTICE_DAY)
    return found
