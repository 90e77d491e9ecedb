"""What happened to a lead, as its page shows it: a page of the timeline, and the address of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.actions import ACTIONS
from crm.models import Lead
from crm.money import exact_yi
from crm.periods import parse_day
from crm.services import lead_timeline, units
from crm.services.lead_timeline import Entry, Place
from crm.services.leads import Seen
from crm.web.lead_form import LABELS
from crm.web.lead_words import SOURCES
from crm.web.parameters import LARGEST_ID, Given
from crm.web.presentation import said, unit_name

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timeline:
    """What the part of the page needs."""

    entries: tuple[Entry, ...]
    earlier: str | None
    """The address of the page before this one."""
    latest: str | None
    """The address of the newest page, where this is another."""

    def sentence(self, entry: Entry) -> str:
        """What an event was."""
        assert entry.event is not None
        return _(ACTIONS[entry.event.action].sentence)

    def label(self, fact: str) -> str:
        """What a fact is called."""
        return said(LABELS.get(fact, fact))

    def value(self, fact: str, value: Any) -> str:
        """A fact's value as a person reads it."""
        if value in (None, ""):
            return _("未填")
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if fact == "intended_investment_fen":
            return _("%(yi)s亿元", yi=exact_yi(value))
        if fact == "source":
            return said(SOURCES.get(value, value))
        if fact == "site_street_id":
            return self._streets.get(value, str(value))
        if fact == "site_area_id":
            return self._areas.get(value, str(value))
        return str(value)

    def unit(self, code: str) -> str:
        """What a unit is called."""
        return self._codes.get(code, code)

    @cached_property
    def _codes(self) -> dict[str, str]:
        return {one.code: unit_name(one) for one in units.all_units()}

    @cached_property
    def _streets(self) -> dict[int, str]:
        return {one.id: unit_name(one) for one in units.all_units()}

    @cached_property
    def _areas(self) -> dict[int, str]:
        return {one.id: one.name for one in units.all_areas()}


def of(seen: Seen, given: Given) -> Timeline:
    """The page of the timeline that the address asks for."""
    after = _place(given)
    page = lead_timeline.page(seen.lead, after)
    return Timeline(
        page.entries,
        _address(seen.lead, page.last) if page.last else None,
        url_for("leads.lead", number=seen.lead.number, _anchor="timeline") if after else None,
    )


def _address(lead: Lead, place: Place) -> str:
    day, at, kind, key = place
    stamp = (at - EPOCH) // timedelta(microseconds=1)
    before = f"{day.isoformat()}.{stamp}.{kind}.{key}"
    return url_for("leads.lead", number=lead.number, before=before, _anchor="timeline")


def _place(given: Given) -> Place | None:
    parts = given.text("before").split(".")
    if parts == [""]:
        return None
    try:
        day, stamp, kind, key = parts
        numbers = [
            int(one) for one in (stamp, kind, key) if one.isascii() and one.isdecimal() and len(one) < 18
        ]
        return (
            parse_day(day),
            EPOCH + timedelta(microseconds=numbers[0]),
            numbers[1],
            min(numbers[2], LARGEST_ID),
        )
    except (ValueError, IndexError, OverflowError):
        given.ignored.append("before")
        return None
