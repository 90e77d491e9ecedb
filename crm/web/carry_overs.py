"""结转: what late transfers carried over from closed months, line by line and by unit, and its export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.messages import N_
from crm.models import Unit
from crm.money import FEN_PER_YI
from crm.permissions import needs
from crm.rules.explanation import RESPONSIBILITY_NAMES
from crm.services import carry_over_list
from crm.services.carry_over_list import Filters, Line
from crm.services.units import all_units
from crm.sheets.listing import Cell
from crm.web import exporting
from crm.web.exporting import Export
from crm.web.parameters import Given, Pages
from crm.web.presentation import said, unit_name

blueprint = Blueprint("carry_overs", __name__)

FIGURE_NAMES = {"total_investment": N_("总投资")}

EXPORTED = (
    N_("入账月份"),
    N_("编号"),
    N_("项目"),
    N_("职责"),
    N_("数字"),
    N_("起始月份"),
    N_("截止月份"),
    N_("移交单位"),
    N_("承接单位"),
    N_("移交单位减少（亿元）"),
    N_("承接单位增加（亿元）"),
    N_("划转编号"),
)


@dataclass(frozen=True)
class Asked:
    """What an address asks for: the units by id, and the filters."""

    units: dict[int, Unit]
    filters: Filters
    kept: dict[str, str]

    @classmethod
    def of(cls, given: Given) -> Asked:
        units = {unit.id: unit for unit in all_units()}
        by_code = {unit.code: unit.id for unit in units.values()}
        code, month = given.one_of("unit", by_code), given.month("month")
        concerning = given.month("concerning")
        filters = Filters(
            by_code[code] if code else None,
            str(month) if month else None,
            str(concerning) if concerning else None,
        )
        return cls(units, filters, given.kept("unit", "month", "concerning"))

    @property
    def unit(self) -> Unit | None:
        """The unit asked about."""
        return self.units[self.filters.unit_id] if self.filters.unit_id is not None else None

    @property
    def sentences(self) -> list[str]:
        """What the list is narrowed to, in words."""
        unit, month = self.unit, self.filters.month
        found = [_("单位：%(name)s", name=unit_name(unit))] if unit else []
        found += [_("入账月份：%(month)s", month=month)] if month else []
        concerning = self.filters.concerning
        return found + ([_("涉及月份：%(month)s", month=concerning)] if concerning else [])


@blueprint.get("/carry-overs")
@needs("transfer:read")
def listing() -> str:
    """The lines, what was booked last first, and what they add up to for each unit."""
    given = Given(request.args)
    asked = Asked.of(given)
    page = carry_over_list.listing(
        current_user,
        asked.filters,
        given.place_by_id(),
    )
    sums, whole = carry_over_list.sums(current_user, asked.filters)
    months = _with(carry_over_list.months(), asked.filters.month)
    return render_template(
        "carry_overs/listing.html",
        asked=asked,
        page=page,
        pages=Pages.of(page, asked.kept, "carry_overs.listing", [line.row.id for line in page.lines]),
        sums=[(unit, sums[unit.id]) for unit in asked.units.values() if unit.id in sums],
        whole=whole,
        unit_choices=[(unit.code, unit_name(unit)) for unit in asked.units.values()],
        month_choices=[(month, month) for month in months],
        concerned_choices=[
            (month, month) for month in _with(carry_over_list.concerned(), asked.filters.concerning)
        ],
        figure_names=FIGURE_NAMES,
        ignored=given.ignored,
    )


@blueprint.post("/carry-overs/export")
@needs("transfer:export")
def export() -> Response:
    """Every line that the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)

    def found() -> Export:
        asked = Asked.of(given)
        return Export(
            _("结转_%(day)s", day=clock.today().isoformat()),
            _("归属：结转"),
            _("结转"),
            [_(title) for title in EXPORTED],
            carry_over_list.lines(current_user, asked.filters),
            lambda lines: _rows(asked, lines),
            asked.kept,
            asked.sentences,
            {"list": "carry_overs"},
        )

    return exporting.answer(given, "transfer.exported", found)


def _with(months: list[str], asked: str | None) -> list[str]:
    """The months to choose from, newest first, the one asked for among them."""
    return months if asked is None or asked in months else sorted({*months, asked}, reverse=True)


def _rows(asked: Asked, lines: Iterable[Line]) -> Iterator[list[Cell]]:
    for line in lines:
        row = line.row
        yield [
            row.month,
            line.number,
            line.name,
            said(RESPONSIBILITY_NAMES[row.duty]),
            said(FIGURE_NAMES.get(row.figure, row.figure)),
            row.first_month,
            row.last_month,
            unit_name(asked.units[row.from_unit_id]),
            unit_name(asked.units[row.to_unit_id]),
            None if row.from_fen is None else Decimal(row.from_fen) / FEN_PER_YI,
            None if row.to_fen is None else Decimal(row.to_fen) / FEN_PER_YI,
            str(row.transfer_id),
        ]
