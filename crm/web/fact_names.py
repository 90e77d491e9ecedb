"""Units and areas by id and by code, and facts as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext

from crm import money
from crm.models import Area, Unit
from crm.web import presentation


@dataclass(frozen=True)
class Names:
    """The names that facts and attributions need to be worded."""

    units: Mapping[int, Unit]
    areas: Mapping[int, Area]
    codes: Mapping[str, Unit]

    @classmethod
    def of(cls, units: Iterable[Unit], areas: Iterable[Area]) -> Names:
        """Of these units and areas."""
        by_id = {unit.id: unit for unit in units}
        return cls(by_id, {area.id: area for area in areas}, {unit.code: unit for unit in by_id.values()})

    def unit(self, code: str | None) -> Unit | None:
        """The unit with this code."""
        return self.codes.get(code) if code else None

    def named(self, value: str) -> str:
        """A unit's name by its code; anything else as it is."""
        unit = self.codes.get(value)
        return presentation.unit_name(unit) if unit else value

    def value(self, column: str, value: Any) -> str:
        """A fact's value as a person reads it, a sum with every digit; nothing for none."""
        if value is None or value == "":
            return ""
        if column == "site_area_id":
            return presentation.unit_name(self.areas[value])
        if column.endswith("_id"):
            return presentation.unit_name(self.units[value])
        if column == "total_investment_fen":
            return gettext("%(yi)s亿元", yi=money.exact_yi(int(value)))
        return value.isoformat() if isinstance(value, date) else presentation.word(str(value))
