"""The lists of transfers as an address asks for them, the same for the page and for an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.messages import N_
from crm.models import Unit
from crm.rules.explanation import RESPONSIBILITY_NAMES, RULE_NAMES
from crm.services import policy
from crm.services.paging import Position
from crm.services.policy import Policy
from crm.services.transfer_list import STATES, TABS, Filters, Line, Listing, Page
from crm.services.units import all_units
from crm.sheets.listing import Cell
from crm.web.exporting import Export
from crm.web.parameters import Given
from crm.web.presentation import unit_name
from crm.web.project_listing import Chip
from crm.web.transfer_words import STATE_NAMES, TAB_NAMES

EXPORTED = (
    N_("项目编号"), N_("项目名称"), N_("移交单位"), N_("承接单位"), N_("划转的职责"), N_("依据"), N_("应划转自"), N_("状态"), N_("期限"),
    N_("逾期天数"), N_("生效日"),
)  # fmt: skip
"""The titles of an export's columns."""

UNPROPOSED = (TAB_NAMES["due"], N_("应划转未提出，有争议"))
"""In an export: what is due and was not proposed, and what of it is disputed."""

CHIPS = {
    "unit": N_("移交或承接单位"),
    "state": N_("状态"),
    "street": N_("选址街道"),
    "closing": N_("月结后要结转"),
}
"""Filters in the address, and what each is called."""


@dataclass
class Shown:
    """What was asked for."""

    given: Given
    listing: Listing
    settings: Policy
    units: Mapping[str, Unit]
    """By code."""
    after: Position | None

    @classmethod
    def of(cls, given: Given) -> Shown:
        """Reads an address; what means nothing in it is in `given.ignored`."""
        units = {unit.code: unit for unit in all_units()}
        tab = given.one_of("tab", TABS) or "open"
        unit = given.one_of("unit", units)
        street = given.one_of("street", [code for code, one in units.items() if one.is_street])
        filters = Filters(
            units[unit].id if unit else None,
            given.one_of("state", STATES[tab]),
            units[street].id if street else None,
            given.month("closing"),
        )
        after = given.position("after")
        settings = policy.on()
        listing = Listing(current_user, tab, filters, settings["transfer_due_days"])
        return cls(given, listing, settings, units, after)

    @property
    def tab(self) -> str:
        """Which list."""
        return self.listing.tab

    @property
    def kept(self) -> dict[str, str]:
        """The parameters that links carry."""
        return self.given.kept("tab", "unit", "state", "street", "closing")

    def page(self) -> Page:
        """The page asked for."""
        return self.listing.page(self.after)

    @property
    def unproposed_late(self) -> int:
        """Beside what is overdue: how many projects nobody proposed in time; counted no further than a list is."""
        if self.tab != "overdue":
            return 0
        filters = replace(self.listing.filters, state="late")
        return replace(self.listing, tab="due", filters=filters).counted()[0]

    def link(self, without: str = "", **more: Any) -> str:
        """The first page of this list, with some of it otherwise."""
        kept = {name: value for name, value in self.kept.items() if name != without}
        return url_for("transfers.listing", **{**kept, **more})

    @property
    def tabs(self) -> list[tuple[str, str, str]]:
        """The lists there are: code, title, address; the filters go along as far as the other list has them."""
        kept: dict[str, Any] = dict(self.given.kept("unit", "street", "closing"))
        return [(tab, _(TAB_NAMES[tab]), url_for("transfers.listing", tab=tab, **kept)) for tab in TABS]

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set."""
        found = []
        for name, title in CHIPS.items():
            value = self.kept.get(name)
            if value:
                text = _chip(name, value, self.units)
                found.append(Chip(_(title), text, self.link(without=name)))
        return found

    def rows(self, lines: Iterator[Line]) -> Iterator[list[Cell]]:
        """The cells of an export."""
        for line in lines:
            made = line.transfer
            yield [
                line.project.number,
                line.project.name,
                unit_name(line.from_unit),
                unit_name(line.to_unit),
                "、".join(_(RESPONSIBILITY_NAMES[duty]) for duty in line.duties),
                _(RULE_NAMES[line.rule]),
                line.since,
                _(STATE_NAMES[made.state][0] if made else UNPROPOSED[line.dispute is not None]),
                line.due_on,
                Decimal(line.late) if line.late else None,
                made.effective_day if made else None,
            ]


def _chip(name: str, value: str, units: Mapping[str, Unit]) -> str:
    if name == "closing":
        return value
    return _(STATE_NAMES[value][0]) if name == "state" else unit_name(units[value])


def export_of(shown: Shown) -> Export:
    """The list as a file."""
    return Export(
        _("划转列表_%(day)s", day=clock.today().isoformat()),
        _("归属：划转列表"),
        _("划转"),
        [_(title) for title in EXPORTED],
        shown.listing.lines(),
        shown.rows,
        shown.kept,
        [_(TAB_NAMES[shown.tab]), *(f"{chip.name}{_('：')}{chip.value}" for chip in shown.chips)],
    )
