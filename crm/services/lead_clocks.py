"""The clocks of a lead and its protection, worked out from the day it came to its unit and from the progress that stands.

Whatever changes one of these calls `begin()` or `derive()`; nothing else computes a day on which a clock ends. Each clock
runs by the settings of the day it started on, as the books knew them then: a setting that changes later moves none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm import clock
from crm.db import db
from crm.models import COUNTED_KINDS, OPEN_STAGES, Lead, LeadProgress, SettingTerm
from crm.services.policy import SETTINGS, Policy

CLOCKS = ("response_days", "feedback_days", "report_days", "protection_days")
"""The settings that clocks run by."""


class Settings:
    """What the district had set on any day, as known at any instant: one statement for all of it."""

    def __init__(self) -> None:
        query = select(SettingTerm).order_by(SettingTerm.valid_from, SettingTerm.id)
        self._terms = list(db.session.scalars(query))

    def days(self, key: str, day: date, known: datetime) -> timedelta:
        """So many days this clock runs when it starts on that day."""
        held = [
            term
            for term in self._terms
            if term.key == key and term.valid_from <= day and term.recorded_at <= known
        ]
        return timedelta(days=int(held[-1].value) if held else SETTINGS[key].default)

    def policy(self) -> Policy:
        """The settings of today."""
        return Policy({term.key: term for term in self._terms if term.valid_from <= clock.today()})


@dataclass(frozen=True)
class Standing:
    """Progress that stands: the row as corrected last, and when it was first recorded."""

    row: LeadProgress
    first: LeadProgress
    corrections: int

    @property
    def counts(self) -> bool:
        """Is it progress in the sense of the protection?"""
        return self.row.kind in COUNTED_KINDS


@dataclass(frozen=True)
class Derived:
    """What the rows that stand make of a lead, by the names of its columns."""

    stage: str
    negotiating_on: date | None
    inspected_on: date | None
    drafted_on: date | None
    last_progress_on: date | None
    response_due: date | None
    feedback_due: date | None
    report_due: date | None
    protected_until: date
    next_step: str
    next_step_on: date | None


def begin(lead: Lead, *, claimed: bool = False) -> None:
    """The lead came to the unit it has now, today: protection and clocks begin anew. Call it when a lead is logged, cleared
    by triage, reassigned or claimed, after its unit and stage were set. Nothing is flushed.
    """
    lead.had_since, lead.had_at = clock.today(), clock.now()
    lead.claimed, lead.renewed_at, lead.pool_since = claimed, None, None
    settings = Settings()

    def ends(key: str) -> date:
        return lead.had_since + settings.days(key, lead.had_since, lead.had_at)

    lead.protected_until = ends("protection_days")
    is_open = lead.stage in (None, *OPEN_STAGES)
    lead.response_due = ends("response_days") if is_open else None
    lead.feedback_due = ends("feedback_days") if is_open else None
    lead.report_due = None


def stop(lead: Lead) -> None:
    """No clock runs any more: the lead was withdrawn, merged or signed."""
    lead.response_due = lead.feedback_due = lead.report_due = None


def derived(lead: Lead, rows: Sequence[Standing], settings: Settings | None = None) -> Derived:
    """What the rows that stand make of the lead: one statement where no settings are handed over."""
    settings = settings or Settings()
    counted = [one for one in rows if one.counts]
    days = sorted(one.row.day for one in counted)
    of_kind = {
        kind: min((one.row.day for one in counted if one.row.kind == kind), default=None)
        for kind in COUNTED_KINDS
    }
    # What an earlier unit recorded is part of the story and no progress of this one.
    own = [one for one in rows if one.first.recorded_at >= lead.had_at]
    own_counted = [one for one in own if one.counts]
    runs = lead.is_open

    def ends(key: str, start: date, known: datetime) -> date:
        return start + settings.days(key, start, known)

    report = None
    if own_counted:
        latest = max(own_counted, key=lambda one: (one.row.day, one.first.id))
        report = ends("report_days", max(latest.row.day, lead.had_since), latest.first.recorded_at)
    last = max(rows, key=lambda one: (one.row.day, one.first.id), default=None)
    stage = lead.stage
    if runs:
        stage = "negotiating" if counted else "registered"
    return Derived(
        stage=stage,
        negotiating_on=days[0] if days else None,
        inspected_on=of_kind["site_inspection"],
        drafted_on=of_kind["draft_agreement"],
        last_progress_on=days[-1] if days else None,
        response_due=None if own or not runs else ends("response_days", lead.had_since, lead.had_at),
        feedback_due=None if own_counted or not runs else ends("feedback_days", lead.had_since, lead.had_at),
        report_due=report if runs else None,
        protected_until=_protected(lead, own_counted, settings),
        next_step=last.row.next_step if last else "",
        next_step_on=last.row.next_step_on if last else None,
    )


def derive(lead: Lead, rows: Sequence[Standing], *, next_step: bool) -> Derived:
    """Has the lead say what its rows say, the next step too where asked; returns it. Nothing is flushed."""
    found = derived(lead, rows)
    for name, value in asdict(found).items():
        if next_step or name not in ("next_step", "next_step_on"):
            setattr(lead, name, value)
    return found


def _protected(lead: Lead, counted: Sequence[Standing], settings: Settings) -> date:
    """The last day of protection: from the day the lead came, anew from each progress, and extended once."""

    def ends(start: date, known: datetime) -> date:
        return start + settings.days("protection_days", start, known)

    until = ends(lead.had_since, lead.had_at)
    renewed_at = lead.renewed_at
    for one in counted:
        if renewed_at is None or one.first.recorded_at <= renewed_at:
            until = max(until, ends(one.row.day, one.first.recorded_at))
    if renewed_at is None:
        return until
    until += settings.days("protection_days", clock.shanghai(renewed_at).date(), renewed_at)
    later = (one for one in counted if one.first.recorded_at > renewed_at)
    return max([until, *(ends(one.row.day, one.first.recorded_at) for one in later)])
