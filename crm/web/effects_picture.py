"""What a transfer or a batch changes, ready for the macro `effects.shown`: the figures, the units, and bars before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from crm.briefs.content import BarChart
from crm.models import DUTIES, Duty, Unit
from crm.money import FEN_PER_YI
from crm.services.transfer_effects import Effects, Held
from crm.services.units import all_units
from crm.web.bar_chart import Drawn, drawn
from crm.web.presentation import unit_name


@dataclass(frozen=True)
class Shown:
    """The effects, the units by id, those that give or get in their order, and the bars."""

    told: Effects
    units: Mapping[int, Unit]
    rows: list[tuple[int, Held]]
    picture: Drawn
    duties: tuple[Duty, ...] = DUTIES

    @classmethod
    def of(cls, told: Effects) -> Shown:
        """Ready for the page: one statement."""
        return cls.with_units(told, {unit.id: unit for unit in all_units()})

    @classmethod
    def with_units(cls, told: Effects, units: Mapping[int, Unit]) -> Shown:
        """Ready for a page that has the units already."""
        rows = [(unit_id, told.units[unit_id]) for unit_id in units if unit_id in told.units]
        chart = BarChart(
            _("各单位承担经济指标的总投资"),
            _("亿元"),
            tuple(unit_name(units[unit_id]) for unit_id, _held in rows),
            (
                (_("划转前"), tuple(_bar(held, after=False) for _id, held in rows)),
                (_("划转后"), tuple(_bar(held, after=True) for _id, held in rows)),
            ),
        )
        return cls(told, units, rows, drawn(chart))


def _bar(held: Held, *, after: bool) -> float:
    amount = held.indicators.after if after else held.indicators.before
    return round(max(amount.fen, 0) / FEN_PER_YI, 2)
