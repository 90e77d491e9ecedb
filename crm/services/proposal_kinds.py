"""What can be proposed: each kind checks what was filled in, says what holds on a day, and applies itself.

A kind is added as one more class here with its words in crm/web/proposal_words.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar

from crm.errors import Refusals, Refused
from crm.folding import fold
from crm.messages import N_
from crm.models import Area, Proposal, Unit, User
from crm.models.readings import CODES
from crm.periods import parse_day
from crm.rules.facts import CHOICES
from crm.services import policy, readings, successions, units

NOBODY = "-"
"""The adjudicator of a time in which nobody may rule."""

CHOOSE = N_("请选择")

LONGEST_NUMBER = 9
"""Digits of a number that is read at all."""


class _Kind:
    """What most kinds have in common."""

    def refused(self, day: date) -> Refused | None:
        """Why it cannot hold from a day on, although each thing that was filled in can be; none where it can."""
        return None


@dataclass(frozen=True)
class ReadingChange(_Kind):
    """From a day on a question is read another way."""

    kind: ClassVar[str] = "reading"
    moves_attribution: ClassVar[bool] = True
    code: str
    choice: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ReadingChange:
        """From what was filled in; raises Refusals."""
        code, choice = str(given.get("code", "")), str(given.get("choice", ""))
        if code not in CODES:
            raise Refusals([Refused(N_("没有口径 %(code)s"), field="code", code=code)])
        if code == "R7":
            raise Refusals([Refused(N_("口径R7按指标逐项设定，不在这里修改"), field="code")])
        if code == "R8":
            try:
                parse_day(choice)
            except ValueError as error:
                raise Refusals([Refused(N_("请填写日期，如2021-05-31"), field="choice")]) from error
        elif choice not in CHOICES[code]:
            raise Refusals([Refused(CHOOSE, field="choice")])
        return cls(code, choice)

    @property
    def subject(self) -> str:
        """The question's code."""
        return self.code

    @property
    def value(self) -> str:
        """The choice."""
        return self.choice

    def held(self, day: date) -> str:
        """The choice in force on a day; nothing where none is."""
        return readings.readings(day).get(self.code, "")

    def apply(self, *, valid_from: date, basis: str, actor: User | None) -> None:
        """Sets the reading."""
        readings.set_reading(self.code, choice=self.choice, basis=basis, valid_from=valid_from, actor=actor)


@dataclass(frozen=True)
class AdjudicatorChange(_Kind):
    """From a day on another unit may rule, or nobody."""

    kind: ClassVar[str] = "adjudicator"
    moves_attribution: ClassVar[bool] = False
    unit: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> AdjudicatorChange:
        """From what was filled in; raises Refusals."""
        code = str(given.get("unit", ""))
        if code != NOBODY and code not in {unit.code for unit in units.all_units()}:
            raise Refusals([Refused(CHOOSE, field="unit")])
        return cls(code)

    @property
    def subject(self) -> str:
        """There is one adjudicator."""
        return "adjudicator"

    @property
    def value(self) -> str:
        """The unit's code."""
        return self.unit

    def held(self, day: date) -> str:
        """The code of the unit that may rule on a day."""
        unit = readings.adjudicator(day)
        return unit.code if unit else NOBODY

    def apply(self, *, valid_from: date, basis: str, actor: User | None) -> None:
        """Sets the adjudicator; the basis stays with the proposal."""
        unit = None if self.unit == NOBODY else units.unit_by_code(self.unit)
        readings.set_adjudicator(unit, valid_from=valid_from, actor=actor)


@dataclass(frozen=True)
class PlateChange(_Kind):
    """From a day on a street or an area is in an office's plate, or no longer is."""

    kind: ClassVar[str] = "plate"
    moves_attribution: ClassVar[bool] = True
    office: str
    place: str
    included: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> PlateChange:
        """From what was filled in; `place` is street:code or area:number. Raises Refusals."""
        office, place, included = (str(given.get(name, "")) for name in ("office", "place", "included"))
        refused = []
        if office not in {unit.code for unit in units.all_units() if unit.is_office}:
            refused.append(Refused(CHOOSE, field="office"))
        if place not in places():
            refused.append(Refused(CHOOSE, field="place"))
        if included not in ("in", "out"):
            refused.append(Refused(CHOOSE, field="included"))
        if refused:
            raise Refusals(refused)
        return cls(office, place, included)

    @property
    def subject(self) -> str:
        """The place in the office's plate."""
        return f"plate {self.office} {self.place}"

    @property
    def value(self) -> str:
        """Whether it is in."""
        return self.included

    def held(self, day: date) -> str:
        """Whether the place is in the plate on a day."""
        plate = units.plates(day).get(units.unit_by_code(self.office).id, units.Plate())
        place = places()[self.place]
        ids = plate.street_ids if isinstance(place, Unit) else plate.area_ids
        return "in" if place.id in ids else "out"

    def apply(self, *, valid_from: date, basis: str, actor: User | None) -> None:
        """Sets the plate; the basis stands where the notice's clause stood."""
        units.set_plate(
            units.unit_by_code(self.office),
            place=places()[self.place],
            included=self.included == "in",
            valid_from=valid_from,
            clause=basis,
            actor=actor,
        )


@dataclass(frozen=True)
class SettingChange(_Kind):
    """From a day on the district has set a value; before, another one or the default holds."""

    kind: ClassVar[str] = "setting"
    moves_attribution: ClassVar[bool] = False
    key: str
    number: int

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SettingChange:
        """From what was filled in; raises Refusals."""
        key, number = str(given.get("key", "")), fold(str(given.get("value", "")))
        if key not in policy.SETTINGS:
            raise Refusals([Refused(N_("没有这项设置"), field="key")])
        setting = policy.SETTINGS[key]
        whole = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
        if not whole or not setting.least <= int(number) <= setting.most:
            message = N_("请填%(least)s至%(most)s之间的整数")
            raise Refusals([Refused(message, field="value", least=setting.least, most=setting.most)])
        return cls(key, int(number))

    @property
    def subject(self) -> str:
        """The setting."""
        return f"setting {self.key}"

    @property
    def value(self) -> str:
        """The number."""
        return str(self.number)

    def held(self, day: date) -> str:
        """What the district has set on a day; nothing where it has set nothing, although a default holds."""
        term = policy.on(day).terms.get(self.key)
        return term.value if term else ""

    def refused(self, day: date) -> Refused | None:
        """Where it clashes with another setting."""
        return policy.clash(self.key, self.number, day)

    def apply(self, *, valid_from: date, basis: str, actor: User | None) -> None:
        """Sets the value."""
        policy.set_value(self.key, self.number, basis=basis, valid_from=valid_from, actor=actor)


@dataclass(frozen=True)
class SuccessionChange(_Kind):
    """From a day on another unit answers for what one was responsible for, or nobody does any more."""

    kind: ClassVar[str] = "succession"
    moves_attribution: ClassVar[bool] = True
    unit: str
    successor: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SuccessionChange:
        """From what was filled in; raises Refusals."""
        wanted = cls(str(given.get("unit", "")), str(given.get("successor", "")))
        codes = {one.code for one in units.all_units()}
        known = {"unit": wanted.unit in codes, "successor": wanted.successor in codes | {NOBODY}}
        if refused := [Refused(CHOOSE, field=field) for field, found in known.items() if not found]:
            raise Refusals(refused)
        return wanted

    @property
    def subject(self) -> str:
        """The unit that ceases."""
        return f"succession {self.unit}"

    @property
    def value(self) -> str:
        """The code of the unit that answers for it."""
        return self.successor

    def held(self, day: date) -> str:
        """The code of the unit that answers for it on a day."""
        term = successions.of(units.unit_by_code(self.unit).id, day)
        codes: dict[int | None, str] = {one.id: one.code for one in units.all_units()}
        return codes.get(term.successor_id, NOBODY) if term else NOBODY

    def refused(self, day: date) -> Refused | None:
        """Where the two are one, or succeed one another."""
        return successions.clash(units.unit_by_code(self.unit), self._successor(), day)

    def apply(self, *, valid_from: date, basis: str, actor: User | None) -> None:
        """Sets the successor."""
        unit, successor = units.unit_by_code(self.unit), self._successor()
        successions.succeed(unit, successor, valid_from=valid_from, basis=basis, actor=actor)

    def _successor(self) -> Unit | None:
        return None if self.successor == NOBODY else units.unit_by_code(self.successor)


Change = ReadingChange | AdjudicatorChange | PlateChange | SettingChange | SuccessionChange

KINDS: dict[str, type[Change]] = {
    kind.kind: kind
    for kind in (ReadingChange, AdjudicatorChange, PlateChange, SettingChange, SuccessionChange)
}


def change(kind: str, given: Mapping[str, Any]) -> Change:
    """A change of a kind from what was filled in; raises Refused for an unknown kind, and Refusals."""
    if kind not in KINDS:
        raise Refused(N_("没有这种修改"), field="kind")
    return KINDS[kind].of(given)


def change_of(proposal: Proposal) -> Change:
    """What a proposal would set."""
    return KINDS[proposal.kind](**proposal.payload)


def payload(wanted: Change) -> dict[str, Any]:
    """A change as it is stored."""
    return asdict(wanted)


def places() -> dict[str, Unit | Area]:
    """The places a plate can have: street:code and area:number → the street or the area."""
    found: dict[str, Unit | Area] = {
        f"street:{unit.code}": unit for unit in units.all_units() if unit.is_street
    }
    return found | {f"area:{area.id}": area for area in units.all_areas()}
