"""The transfers of the demonstration: proposed, filled in, sent back, signed, confirmed, declined, each step on its day, by
the services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from sqlalchemy import select

from crm.db import db
from crm.models import Project, Transfer, TransferItem, User
from crm.periods import parse_day
from crm.services import handover, transfers
from crm.services.handover_entry import Entry
from crm.sheets.vocabulary import rows

Line = Mapping[str, str]


class Transfers:
    """What is in the demonstration's file about transfers, to be entered day by day."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users
        self._made: dict[str, Transfer] = {}
        self._days: dict[date, list[Callable[[], None]]] = {}
        steps: Mapping[str, Callable[[Line], None]] = {
            "proposed": self._propose,
            "item": self._add,
            "answered": self._answer,
            "sent": self._send,
            "returned": self._return,
            "signed": self._sign,
            "confirmed": self._confirm,
            "declined": self._decline,
        }
        for line in rows("demonstration/transfers.csv"):
            entered = self._days.setdefault(parse_day(line["on"]), [])
            entered.append(partial(steps[line["step"]], line))

    @property
    def days(self) -> frozenset[date]:
        """The days on which something was done about a transfer."""
        return frozenset(self._days)

    def of(self, day: date) -> list[Callable[[], None]]:
        """What was done on a day, in order."""
        return self._days.get(day, [])

    def _propose(self, line: Line) -> None:
        project = db.session.scalars(select(Project).where(Project.number == line["project"])).one()
        made = transfers.propose(project.id, reason=line["text"], actor=self._by(line))
        self._made[line["project"]] = made

    def _add(self, line: Line) -> None:
        entry = Entry(line["section"], line["text"], line["state"], line["amount"], line["due_on"])
        handover.add_item(self._of(line).id, entry, actor=self._by(line))

    def _answer(self, line: Line) -> None:
        item = self._item(line)
        amount = "" if item.amount_fen is None else str(item.amount_fen / 1_000_000)
        due_on = item.due_on.isoformat() if item.due_on else ""
        entry = Entry(item.section, item.text, item.state, amount, due_on, line["text"])
        handover.set_item(item.id, entry, version=item.version, actor=self._by(line))

    def _send(self, line: Line) -> None:
        made = self._of(line)
        transfers.send(made.id, version=made.version, actor=self._by(line))

    def _return(self, line: Line) -> None:
        made, remarks = self._of(line), {self._item(line).id: line["text"]}
        transfers.send_back(made.id, version=made.version, remarks=remarks, note="", actor=self._by(line))

    def _sign(self, line: Line) -> None:
        made = self._of(line)
        transfers.sign(made.id, version=made.version, actor=self._by(line))

    def _confirm(self, line: Line) -> None:
        made = self._of(line)
        transfers.confirm(made.id, version=made.version, actor=self._by(line))

    def _decline(self, line: Line) -> None:
        made = self._of(line)
        transfers.decline(made.id, version=made.version, note=line["text"], actor=self._by(line))

    def _of(self, line: Line) -> Transfer:
        return self._made[line["project"]]

    def _item(self, line: Line) -> TransferItem:
        """The first line of the section that something is said about."""
        return next(item for item in handover.items(self._of(line)) if item.section == line["section"])

    def _by(self, line: Line) -> User:
        return self._users[line["by"]]
