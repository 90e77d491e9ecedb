"""What of a project is due to pass on, put together for the page that proposes it and for the project's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm import clock
from crm.models import Project, Transfer, Unit, User
from crm.periods import Month
from crm.permissions import allowed
from crm.rules.explanation import words
from crm.services import (
    dues,
    holdings,
    policy,
    projects,
    successions,
    transfer_disputes,
    transfer_proposing,
    transfers,
)
from crm.services.dues import Due
from crm.services.policy import Policy
from crm.services.transfer_disputes import Dispute
from crm.services.units import all_units
from crm.web.project_page import Quotation


@dataclass(frozen=True)
class Duty:
    """One thing that is due, with its clause, the day from which it would hold, and the closed months it concerns."""

    due: Due
    quotation: Quotation
    day: date
    closed: tuple[Month, Month] | None
    """The first and the last closed month of which something is carried over; none where none is."""
    may: bool
    """May the person propose it?"""


@dataclass(frozen=True)
class DuePage:
    """A project, who holds it, what is due of it, and its open transfer."""

    project: Project
    units: Mapping[int, Unit]
    duties: Sequence[Duty]
    open: Transfer | None
    ahead: Transfer | None
    """Confirmed, and takes effect on a later day."""
    dispute: Dispute | None
    """A unit declined it when it was proposed last."""
    settings: Policy

    @classmethod
    def of(cls, number: str, user: User) -> DuePage:
        """Of a project by its number; raises NotFound where there is none that the person may see."""
        project = projects.by_number(number, user)
        found = transfers.open_of(project)
        units = {unit.id: unit for unit in all_units()}
        today = clock.today()
        completed = project.completed_on is not None and project.completed_on <= today
        duties, mine = [], successions.acts_for(user.unit_id)
        for due in dues.of(project, today):
            rule, day = dues.rule_of(due), holdings.effective_day(due.since)
            quotation = Quotation(rule, *words(rule, completed=completed))
            parties = {due.from_unit_id, due.to_unit_id}
            may = allowed(user, "transfer:confirm") or not mine.isdisjoint(parties)
            duties.append(Duty(due, quotation, day, _closed(due.since, day), may))
        return cls(
            project,
            units,
            duties,
            found,
            transfer_proposing.ahead_of(project.id),
            transfer_disputes.of_project(project),
            policy.on(),
        )

    @property
    def undetermined(self) -> bool:
        """Is the notice silent about it, so that nobody is entitled and nothing can be due?"""
        return self.project.attribution_status == "undetermined"


def _closed(since: date, day: date) -> tuple[Month, Month] | None:
    """The months before the effective day's in which the receiving unit was entitled already."""
    first, last = Month.of(since), Month.of(day).plus(-1)
    return (first, last) if since < day and first <= last else None
