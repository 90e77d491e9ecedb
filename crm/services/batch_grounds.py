"""Which transfers of a batch surely stand as they were drawn up, asked of the database by what is kept beside each project.

The conditions are on `Transfer` joined with `Project` and leave what is doubtful to be worked out one by one: they may say
no where it is so, and never yes where it is not. Before the standing columns were rolled to today everything is doubtful.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_
from sqlalchemy.orm import aliased

from crm import clock
from crm.models import DUTIES, CarryOver, Decision, Duty, Holding, Outcome, Project, Transfer
from crm.services import dues, standing


def stand() -> ColumnElement[bool]:
    """Is due today just what the transfer says, between the same units, by the same rule and since the same day?"""
    rule = case(
        (Transfer.indicators, dues.rule_said("indicators")), else_=dues.rule_said("enterprise_service")
    )
    now = exists().where(
        Decision.id == Project.decision_id, Outcome.id == Decision.outcome_id, rule == Transfer.rule
    )
    each = (
        case(
            (
                getattr(Transfer, duty),
                and_(
                    getattr(Project, f"{duty}_id") == Transfer.to_unit_id,
                    getattr(Project, f"held_{duty}_id") == Transfer.from_unit_id,
                ),
            ),
            else_=getattr(Project, f"{duty}_id") == getattr(Project, f"held_{duty}_id"),
        )
        for duty in DUTIES
    )
    return func.coalesce(
        and_(
            standing.stand_on(clock.today()),
            Project.attribution_status != "undetermined",
            Project.due_since == Transfer.since,
            *each,
            now,
            # beside the project stands the earliest day: each of two responsibilities is due since then only where
            # nothing else was said of it from then on; nor does a confirmed transfer pass it on from a later day
            ~_said(Decision, "to_unit_id", after=True),
            ~_said(Holding, "from_unit_id", after=True),
        ),
        false(),
    )


def stand_since() -> ColumnElement[bool]:
    """Where that is so: were all months before credited to who was entitled, and nothing carried over yet?"""
    line = aliased(CarryOver)
    return and_(
        ~_said(Decision, "from_unit_id", after=False, duties=("indicators",)),
        ~_said(Holding, "from_unit_id", after=False, duties=("indicators",)),
        ~exists().where(line.project_id == Transfer.project_id),
    )


def _said(table: Any, unit: str, *, after: bool, duties: Iterable[Duty] = DUTIES) -> ColumnElement[bool]:
    """Was, from the day since which it is due on or before it, ever somebody else named than a unit of the transfer, for
    what it passes on?

    Of decisions before it those that leave the question open name nobody; after it they are doubtful as well.
    """
    row = aliased(table)
    asked = (
        row.project_id == Transfer.project_id,
        row.from_day >= Transfer.since if after else row.from_day < Transfer.since,
    )
    others: list[ColumnElement[bool]] = [
        and_(
            getattr(Transfer, duty),
            func.coalesce(getattr(row, f"{duty}_id"), 0 if after else getattr(Transfer, unit))
            != getattr(Transfer, unit),
        )
        for duty in duties
    ]
    if table is Decision:
        silent = row.status == "undetermined"
        return exists().where(*asked, or_(silent, *others) if after else and_(~silent, *others))
    return exists().where(*asked, or_(*others))
