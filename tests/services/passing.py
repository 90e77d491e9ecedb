"""Small books in which transfers are due, for tests of what passes on."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from crm.db import db
from crm.models import DUTIES, Project, Transfer
from crm.periods import Month
from crm.rules.facts import Facts
from crm.services import dues, history, holdings, months, projects, standing
from crm.sheets.registry import RegistryRow

TODAY = date(2021, 6, 3)
YI = 10_000_000_000
OLD = date(2015, 1, 1)

PROJECTS: tuple[tuple[int | None, dict[str, Any]], ...] = (
    # stock in the plate: kept; stock out of it: given to the street since the notice
    (1, {"served_by": "jd", "site_street": "changqing", "signed_on": OLD, "completed_on": OLD}),
    (2, {"served_by": "jd", "site_street": "cihui", "signed_on": OLD, "completed_on": OLD,
         "above_scale_industrial": True}),
    (None, {"served_by": "jd", "site_street": "cihui", "signed_on": OLD, "completed_on": OLD}),
    # under construction out of the plate, completed in March, in May and in June
    (4, {"site_street": "cihui", "signed_on": OLD, "completed_on": date(2021, 3, 18)}),
    (8, {"site_street": "baiquan", "signed_on": OLD, "completed_on": date(2021, 5, 31)}),
    (16, {"site_street": "cihui", "signed_on": OLD, "completed_on": date(2021, 6, 1)}),
)  # fmt: skip
"""Total investment in 亿元, and facts; all were attracted by jd."""

DUE = ("P2", "P3", "P4", "P5", "P6")


def begin(*, closed: int | None = 5) -> None:
    """Those projects in books with the foundation; the months up to May 2021 are closed, or up to another one, or none."""
    for number, (yi, facts) in enumerate(PROJECTS, 1):
        given = Facts(**({"origin": "new_introduction", "attracted_by": "jd"} | facts))
        fen = None if yi is None else yi * YI
        row = RegistryRow(1, f"P{number}", f"项目{number}", "", None, "3911", given, fen)
        projects.register(row, actor=None)
    for month in range(1, (closed or 0) + 1):
        months.close(Month(2021, month), actor=None)
    standing.roll_all(TODAY)


def project(number: str) -> Project:
    return db.session.scalars(select(Project).where(Project.number == number)).one()


def proposed(*numbers: str, **more: Any) -> list[Transfer]:
    """What is due of these projects, put before the bureau."""
    made = []
    for number in numbers:
        one = project(number)
        [due] = dues.of(one, TODAY)
        made.append(
            Transfer(
                project_id=one.id,
                from_unit_id=due.from_unit_id,
                to_unit_id=due.to_unit_id,
                rule=dues.rule_of(due),
                since=due.since,
                due_on=TODAY,
                **({"state": "confirming"} | {duty: duty in due.duties for duty in DUTIES} | more),
            )
        )
    db.session.add_all(made)
    db.session.flush()
    return made


def confirm(transfers: list[Transfer]) -> Any:
    """Puts transfers into effect, without their steps; returns the event."""
    event = history.record("transfer.confirmed", actor=None, count=len(transfers))
    for one in transfers:
        one.effective_day = holdings.effective_day(one.since)
        one.state = "confirmed"
        one.ended_at = event.at
    db.session.flush()
    moves = [
        holdings.Move(
            one.project_id,
            one.effective_day,
            one.to_unit_id if one.indicators else None,
            one.to_unit_id if one.enterprise_service else None,
            one.id,
        )
        for one in transfers
        if one.effective_day
    ]
    holdings.pass_on(moves, event)
    standing.refresh([one.project_id for one in transfers])
    return event
