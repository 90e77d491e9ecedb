"""A completed project out of its office's plate, people of the units concerned, and what passes between them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crm.db import db
from crm.models import (
    AuditEvent,
    CarryOver,
    Holding,
    Industry,
    Project,
    Transfer,
    TransferItem,
    TransferSignature,
    Unit,
)
from crm.rules.facts import Facts
from crm.services import handover, history, holdings, projects, standing, transfers
from crm.services.attribution import rulebook
from crm.sheets.registry import RegistryRow
from tests import build
from tests.services.offering import account, person

TODAY = date(2021, 6, 3)
SIGNED = date(2020, 6, 1)
COMPLETED = date(2021, 4, 15)
"""The day on which 径河街 is entitled and 高新技术产业办 still holds."""


def begin() -> Any:
    """Three units with head and staff, the bureau, and a project that is due to pass from `gx` to `jinghe`."""
    found = build.district()
    for code in ("gx", "jinghe", "sy"):
        account(code, "unit_head", found.units[code])
        account(f"{code}2", "staff", found.units[code])
    account("reviewer", "reviewer", found.swj)
    account("chief", "bureau_head", found.swj)
    db.session.add(Industry(code="35", name="专用设备", level=2, section="C"))
    standing.roll_all(TODAY)
    register("P1")
    return found


def register(number: str, **facts: Any) -> Project:
    """A project that `gx` attracted to 径河街 and that is completed, unless the facts say otherwise."""
    given: dict[str, Any] = {
        "attracted_by": "gx", "served_by": None, "origin": "new_introduction", "from_street": None, "site_street": "jinghe",
        "site_area": None, "statistical_street": None, "above_scale_industrial": False, "named_major": None,
        "signed_on": SIGNED, "construction_started_on": None, "completed_on": COMPLETED,
    } | facts  # fmt: skip
    row = RegistryRow(2, number, f"项目{number}", "", None, "3525", Facts(**given), None)
    return projects.register(row, actor=None)


def project(number: str = "P1") -> Project:
    """The project with this number."""
    return db.session.query(Project).filter_by(number=number).one()


def proposed(by: str | None = "jinghe", number: str = "P1") -> Transfer:
    """Somebody proposes what is due; nobody is the system."""
    return transfers.propose(project(number).id, reason="建成投产", actor=person(by) if by else None)


def complete(made: Transfer) -> Transfer:
    """Says of every section of which the books know nothing that there is nothing."""
    for item in handover.items(made):
        item.state = "ready" if item.text else "nothing"
    db.session.flush()
    return made


def brought(to: str, by: str | None = "jinghe", number: str = "P1") -> Transfer:
    """A transfer that was brought to a step."""
    made = complete(proposed(by, number))
    if to != "filling":
        transfers.send(made.id, version=made.version, actor=person("gx"))
    if to in ("confirming", "confirmed"):
        transfers.sign(made.id, version=made.version, actor=person("jinghe"))
    if to == "confirmed":
        transfers.confirm(made.id, version=made.version, actor=person("chief"))
    return made


def change(
    fact: str, value: Any, *, valid_from: date = TODAY - timedelta(days=1), number: str = "P1"
) -> None:
    """A fact is entered that holds from a day on."""
    book = rulebook()
    projects.change(project(number), {fact: value}, actor=None, valid_from=valid_from, book=book)


def holders(number: str = "P1") -> list[tuple[date, str, str]]:
    """Who holds indicators and service from which day on."""
    codes = {unit.id: unit.code for unit in db.session.query(Unit)}
    rows = holdings.of(project(number))
    return [
        (row.from_day, codes[row.indicators_id or 0], codes[row.enterprise_service_id or 0]) for row in rows
    ]


def said(made: Transfer) -> list[str]:
    """What happened to a transfer."""
    return [event.action.removeprefix("transfer.") for event in history.events(made)]


def books() -> tuple[Any, ...]:
    """Everything that a step of a transfer could change."""
    db.session.expire_all()
    one = project()
    return (
        [
            (t.id, t.state, t.round, t.due_on, t.note, t.giver_id, t.receiver_id, t.effective_day, t.since, t.version)
            for t in db.session.query(Transfer).order_by(Transfer.id)
        ],
        [
            (i.id, i.text, i.state, i.remark, i.answer, i.removed, i.version)
            for i in db.session.query(TransferItem).order_by(TransferItem.id)
        ],
        (one.held_indicators_id, one.held_enterprise_service_id, one.due_since, one.version),
        *(db.session.query(table).count() for table in (TransferSignature, Holding, CarryOver, AuditEvent)),
    )  # fmt: skip
