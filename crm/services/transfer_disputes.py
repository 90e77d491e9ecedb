"""有争议: of a project something is due, and a unit declined to pass it on or to take it, the last time it was proposed.

A new proposal ends it, and so does whatever settles the difference: a new fact, another transfer, a ruling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from crm import clock
from crm.db import db
from crm.models import Project, Transfer, TransferSignature, Unit, User
from crm.services import dues, transfer_rights


@dataclass(frozen=True)
class Dispute:
    """The transfer that was declined, and the unit that declined it."""

    transfer: Transfer
    by: Unit

    @property
    def on(self) -> date:
        """The day on which it was declined."""
        assert self.transfer.ended_at is not None
        return clock.shanghai(self.transfer.ended_at).date()

    def told(self, user: User) -> str:
        """The reason, for whoever may read what was said of the transfer; for everybody else nothing."""
        return self.transfer.note if transfer_rights.is_party(self.transfer, user) else ""


def declined(
    one: Any, pairs: Iterable[tuple[Any, Any]] = dues.PAIRS.values(), until: datetime | None = None
) -> ColumnElement[bool]:
    """For a query over projects: is this transfer, an alias, the declined one that something due of a project was left at?

    `pairs`: entitled and held. `until`: as it was at an instant (none: now).
    """
    newer = aliased(Transfer)
    later = exists().where(newer.project_id == one.project_id, newer.id > one.id)
    found = [
        one.project_id == Project.id,
        one.state == "declined",
        or_(
            *(
                and_(one.from_unit_id == held, one.to_unit_id == entitled, held != entitled)
                for entitled, held in pairs
            )
        ),
    ]
    if until is not None:
        later = later.where(newer.proposed_at <= until)
        found.append(one.ended_at <= until)
    return and_(*found, ~later.correlate(one))


def disputed(
    pairs: Iterable[tuple[Any, Any]] = dues.PAIRS.values(), until: datetime | None = None
) -> ColumnElement[bool]:
    """For a query over projects: is what is due of it disputed?"""
    one = aliased(Transfer)
    found = select(one.id).where(declined(one, pairs, until))
    return found.correlate_except(one).exists()


def by_receiver(one: Any) -> ColumnElement[bool]:
    """Did the receiving unit decline it, to which the giving one had signed its list? Else the giving unit did."""
    signature = aliased(TransferSignature)
    sent = select(signature.id).where(
        signature.transfer_id == one.id, signature.round == one.round, signature.side == "giving"
    )
    return sent.correlate(one).exists()


def of_project(project: Project) -> Dispute | None:
    """What of a project is disputed today; none where nothing is: one statement, and one for each of its units."""
    one = aliased(Transfer)
    query = select(one, by_receiver(one)).join(Project, declined(one))
    row = db.session.execute(query.where(Project.id == project.id, Project.due_since.is_not(None))).first()
    if row is None:
        return None
    transfer: Transfer = row[0]
    return Dispute(transfer, transfer.to_unit if row[1] else transfer.from_unit)
