"""All that a rule may know, frozen: a project's facts, the ground they stand on, and the relations between."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

NOTICE_DAY = date(2020, 4, 27)
"""The day of 武临开办〔2020〕1号: what was completed by then is stock (存量)."""


class Facts(NamedTuple):
    """What the books record of one project; units by code, areas by name, None where silent."""

    attracted_by: str | None = None
    served_by: str | None = None
    origin: str | None = None
    from_street: str | None = None
    site_street: str | None = None
    site_area: str | None = None
    statistical_street: str | None = None
    above_scale_industrial: bool = False
    named_major: str | None = None
    signed_on: date | None = None
    construction_started_on: date | None = None
    completed_on: date | None = None

    @property
    def books(self) -> str | None:
        """The unit in the books: who served it, else who attracted it."""
        return self.served_by or self.attracted_by

    @property
    def begins_on(self) -> date | None:
        """The day it was signed, else the earlier of its start and its completion (part "Time")."""
        if self.signed_on:
            return self.signed_on
        return min((day for day in (self.construction_started_on, self.completed_on) if day), default=None)


class Readings(NamedTuple):
    """The choice made for each passage whose words allow more than one; what is built in comes first."""

    R1: str = "office"
    R2: str = "marked"
    R3: str = "own-office"
    R4: str = "park"
    R5: str = "undetermined"
    R6: str = "undetermined"
    R7: str = "by-kind"
    R8: str = NOTICE_DAY.isoformat()
    R9: str = "service"
    R10: str = "as-built"
    R11: str = "assists"

    @property
    def first_day(self) -> date:
        """The first day of every attribution (R8)."""
        return date.fromisoformat(self.R8)


CHOICES: Mapping[str, tuple[str, ...]] = {
    "R1": ("office", "street"),
    "R2": ("marked", "named-only"),
    "R3": ("own-office", "first-named"),
    "R4": ("park", "whole-street"),
    "R5": ("undetermined", "out-of-plate"),
    "R6": ("undetermined", "site-street"),
    "R9": ("service", "site-street"),
    "R10": ("as-built", "stock-only"),
    "R11": ("assists", "none"),
}
"""The choices of each reading that decides attribution, the built-in one first. R8 takes any day; R7 is set per indicator."""

STREETS_CEDING_IN_CHANGQING = frozenset({"xingou", "dongshan"})
SME_CITY = "中小企业城"
CHANGQING = "changqing"
ZOUMALING = "zoumaling"


class Party(NamedTuple):
    """A unit as the rules see it in one case: what kind it is and how it stands to the site."""

    kind: str = ""
    has_plate: bool = False
    in_plate: bool = False
    is_site: bool = False
    cedes: bool = False

    @property
    def is_office(self) -> bool:
        """Whether it is an industry office (产业办)."""
        return self.kind == "office"

    @property
    def is_named(self) -> bool:
        """Whether the books name such a unit at all."""
        return self.kind != ""


NOBODY = Party()


class Case(NamedTuple):
    """The relations a project stands in on one day: everything the clauses ask about, and no name."""

    completed: bool
    stock: bool
    begun_by_notice: bool
    attracted_by: Party
    books: Party
    sited: bool
    site_is_changqing: bool
    in_sme_city: bool
    moves: bool
    from_other_street: bool
    above_scale_industrial: bool
    counted_elsewhere: bool
    named_major: str | None


class Ground:
    """What the district has set on one day: its units and their successors, the offices' plates and the readings."""

    def __init__(
        self,
        kinds: Mapping[str, str],
        plates: Iterable[tuple[str, str]],
        readings: Readings = Readings(),
        successors: Mapping[str, str] | None = None,
    ) -> None:
        """Takes unit code → kind, the plates as (office, street code or area name) in the notice's order, and unit code →
        the unit that answers for what it was responsible for (承继).
        """
        self.kinds = kinds
        self.successors: Mapping[str, str] = successors or {}
        self.named_plates = tuple(plates)
        self.readings = readings
        self.plates: dict[str, list[str]] = {}
        holders: dict[str, str] = {}
        for office, place in self.named_plates:
            first = holders.setdefault(place, office)
            # R3: the notice names 走马岭街 in two plates
            if readings.R3 == "first-named" and place == ZOUMALING and office != first:
                continue
            self.plates.setdefault(office, []).append(place)
        if readings.R4 == "whole-street" and "gx" in self.plates and CHANGQING not in self.plates["gx"]:
            self.plates["gx"].append(CHANGQING)
        self.first_day = readings.first_day
        # what deciding a whole registry works out once and remembers: outcomes by case, names by outcome and units
        self.outcomes: dict[Hashable, Any] = {}
        self.named: dict[Hashable, Any] = {}
        self._parties: dict[tuple[str | None, str | None, str | None], Party] = {}

    def read_as(self, code: str, choice: str) -> Ground:
        """The same ground under another choice of one reading."""
        return Ground(
            self.kinds, self.named_plates, self.readings._replace(**{code: choice}), self.successors
        )

    def party(self, unit: str | None, site_street: str | None, site_area: str | None) -> Party:
        """How a unit stands to a site."""
        key = (unit, site_street, site_area)
        party = self._parties.get(key)
        if party is None:
            party = self._parties[key] = self._party(*key)
        return party

    def _party(self, unit: str | None, site_street: str | None, site_area: str | None) -> Party:
        if unit is None:
            return NOBODY
        kind = self.kinds[unit]
        plate = self.plates.get(unit, [])
        return Party(
            kind=kind,
            # R5: without a plate of its own, everything an office brings in lies outside it
            has_plate=kind == "office" and (bool(plate) or self.readings.R5 == "out-of-plate"),
            in_plate=site_street in plate or site_area in plate,
            is_site=kind == "street" and unit == site_street,
            cedes=unit in STREETS_CEDING_IN_CHANGQING,
        )

    def case(self, facts: Facts, begins_on: date, completed_on: date | None, day: date) -> Case:
        """The relations in which a project stands on a day."""
        site, area = facts.site_street, facts.site_area
        attracted_by = self.party(facts.attracted_by, site, area)
        return Case(
            completed_on is not None and completed_on <= day,
            completed_on is not None and completed_on <= NOTICE_DAY,
            begins_on <= NOTICE_DAY,
            attracted_by,
            self.party(facts.served_by, site, area) if facts.served_by else attracted_by,
            site is not None,
            site == CHANGQING,
            area == SME_CITY,
            facts.origin == "expansion" or facts.origin == "relocation",
            facts.from_street is not None and facts.from_street != site,
            facts.above_scale_industrial,
            facts.statistical_street is not None and facts.statistical_street != site,
            facts.named_major,
        )
