"""The leads of the demonstration: logged, worked on, offered, claimed, lost and signed, each on its day, by the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select

from crm import clock
from crm.db import db
from crm.models import Enterprise, Lead, Project, Triage, Unit, User
from crm.money import fen_from_yi
from crm.periods import parse_day
from crm.services import (
    companies,
    contacts,
    lead_pool,
    lead_progress,
    leads,
    origins,
    protection,
    reassignments,
    signing,
    triages,
    units,
)
from crm.services.credit import Row
from crm.services.lead_progress import Entry
from crm.services.reassignment_checks import Offer
from crm.sheets.registry import RegistryRow
from crm.sheets.vocabulary import rows

Line = Mapping[str, str]

A_DAY = timedelta(days=1)

JUST_AFTER_MIDNIGHT = time(0, 10)
"""When the daily work is done."""

MOST_A_DAY = 100


class Leads:
    """What is in the demonstration's files about leads and enterprises, to be entered day by day."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users
        self._units = {unit.code: unit for unit in units.all_units()}
        self._streets = {unit.name: unit for unit in units.active_streets(clock.today())}
        self._areas = {area.name: area for area in units.active_areas(clock.today())}
        self._leads: dict[str, Lead] = {}
        self._days: dict[date, list[Callable[[], None]]] = {}
        self._signed = {
            line["project"]: line["number"] for line in rows("demonstration/leads.csv") if line["project"]
        }
        for file, enter in (
            ("leads", self._log),
            ("lead_contacts", self._contact),
            ("lead_progress", self._progress),
            ("lead_steps", self._step),
            ("reassignments", self._offer),
            ("companies", self._company),
            ("project_origins", self._origin),
        ):
            for line in rows(f"demonstration/{file}.csv"):
                self._on(line["on"], partial(enter, line))

        for line in rows("demonstration/reassignments.csv"):
            # answered then, once it was proposed
            if line["answer"]:
                self._days.setdefault(parse_day(line["answered_on"]), [])

    @property
    def days(self) -> frozenset[date]:
        """The days on which something was entered."""
        return frozenset(self._days)

    def of(self, day: date) -> list[Callable[[], None]]:
        """What was entered on a day, in order."""
        return self._days.get(day, [])

    def is_signing(self, number: str) -> bool:
        """Did the project with this number enter the books by the signing of a lead?"""
        return number in self._signed

    def sign(self, row: RegistryRow, invented: tuple[str, ...]) -> Project:
        """The project of this row, entered by the signing of its lead, for the unit that has it."""
        lead = self._lead(self._signed[row.number])
        facts = row.facts._asdict() | {
            "name": row.name,
            "investor": row.investor,
            "credit_code": row.credit_code,
            "industry_code": row.industry_code,
            "total_investment_fen": row.total_investment_fen,
        }
        given = {fact: facts[fact] for fact in signing.FACTS}
        assert lead.held_by is not None
        project = signing.sign(
            lead,
            row.number,
            given,
            seen=lead.version,
            unsited=not (facts["site_street"] or facts["site_area"]),
            actor=lead.held_by,
        )
        # the books are opened as a demonstration only when all is in them
        project.invented = list(invented)
        return project

    def expire_before(self, day: date) -> None:
        """Enters into the common pool what had to be there before a day, on the day each had to."""
        waiting = select(func.min(Lead.protected_until)).where(Lead.is_open, Lead.pool_since.is_(None))
        while (until := db.session.scalar(waiting)) is not None and until + A_DAY < day:
            entered = until + A_DAY
            with clock.at(entered, datetime.combine(entered, JUST_AFTER_MIDNIGHT, clock.SHANGHAI)):
                lead_pool.enter_expired(MOST_A_DAY)

    def _on(self, day: str, enter: Callable[[], None]) -> None:
        self._days.setdefault(parse_day(day), []).append(enter)

    def _lead(self, number: str) -> Lead:
        return self._leads[number]

    def _log(self, line: Line) -> None:
        facts: dict[str, Any] = {
            **{fact: line[fact] for fact in ("name", "investor", "source", "source_note", "place")},
            **{fact: line[fact] for fact in ("note", "next_step")},
            "is_company": bool(line["is_company"]),
            "credit_code": line["credit_code"] or None,
            "industry_code": line["industry_code"] or None,
            "intended_investment_fen": _fen(line["intended_investment_yi"]),
            "site_street_id": self._streets[line["site_street"]].id if line["site_street"] else None,
            "site_area_id": self._areas[line["site_area"]].id if line["site_area"] else None,
            "next_step_on": _day(line["next_step_on"]),
        }
        lead = leads.log(facts, actor=self._users[line["by"]], to_triage=bool(line["to_triage"]))
        if lead.number != line["number"]:
            raise ValueError(f"demonstration/leads.csv: {line['number']} is numbered {lead.number}")
        # the books are opened as a demonstration only when all is in them
        lead.invented = True
        self._leads[lead.number] = lead

    def _contact(self, line: Line) -> None:
        given = (line["name"], line["position"], line["phone"], line["mail"])
        contacts.add(self._lead(line["number"]), *given, actor=self._users[line["by"]])

    def _progress(self, line: Line) -> None:
        entry = Entry(
            line["kind"],
            parse_day(line["on"]),
            line["people"],
            line["outcome"],
            line["next_step"],
            _day(line["next_step_on"]),
        )
        lead_progress.record(self._lead(line["number"]), entry, actor=self._users[line["by"]])

    def _step(self, line: Line) -> None:
        lead, actor = self._lead(line["number"]), self._users[line["by"]]
        if line["step"] == "renewed":
            protection.renew(lead, reason=line["text"], actor=actor)
        elif line["step"] == "claimed":
            lead_pool.claim(lead, actor=actor)
        elif line["step"] == "withdrawn":
            leads.withdraw(lead, line["value"], line["text"], version=lead.version, actor=actor)
        else:
            waiting = select(Triage.id).where(Triage.lead_id == lead.id, Triage.state == "open")
            for key in db.session.scalars(waiting.order_by(Triage.id)).all():
                seen = triages.seen(triages.by_id(key))
                triages.decide(key, line["value"], line["text"], seen_as=seen, actor=actor)

    def _offer(self, line: Line) -> None:
        lead, actor = self._lead(line["number"]), self._users[line["by"]]
        split = [share.split() for share in line["shares"].split(";") if share]
        parts = [Row(self._unit(unit).id, role, percent) for unit, role, percent in split]
        offer = Offer(line["kind"], self._unit(line["to"]).id, line["reason"], parts)
        made = reassignments.propose(lead.id, offer, actor=actor)
        if line["answer"]:
            self._on(line["answered_on"], partial(self._answer, made.id, line))

    def _answer(self, key: int, line: Line) -> None:
        actor = self._users[line["answered_by"]]
        # nothing else was done about an offer between the two
        if line["answer"] == "accepted":
            reassignments.accept(key, version=1, actor=actor)
        else:
            reassignments.decline(key, version=1, note=line["note"], actor=actor)

    def _company(self, line: Line) -> None:
        actor = self._users[line["by"]]
        known = db.session.scalar(select(Enterprise).where(Enterprise.name == line["name"]))
        parent = companies.named(line["parent"])
        values: dict[str, Any] = {
            "group_name": line["group_name"],
            "parent_id": parent.id if parent else None,
            "note": line["note"],
            **{flag: bool(line[flag]) for flag in companies.FLAGS},
        }
        if known is None:
            values |= {"name": line["name"], "credit_code": line["credit_code"] or None}
            companies.add(values, actor=actor)
        else:
            companies.change(known, values, seen=known.version, actor=actor)

    def _origin(self, line: Line) -> None:
        project = db.session.scalars(select(Project).where(Project.number == line["number"])).one()
        origins.set_origin(project, line["origin"], line["kind"], seen="", actor=self._users[line["by"]])

    def _unit(self, code: str) -> Unit:
        return self._units[code]


def _day(text: str) -> date | None:
    return parse_day(text) if text else None


def _fen(text: str) -> int | None:
    return fen_from_yi(text) if text else None
