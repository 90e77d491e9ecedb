"""The list of leads as an address asks for it: filters, order, page; the same for the page and for an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.messages import N_
from crm.models import LEAD_SOURCES, LEAD_STAGES, Industry, Unit
from crm.money import FEN_PER_YI
from crm.services import industries
from crm.services.lead_list import NEXT, Filters, Line, Listing, Order
from crm.services.paging import PAGE_SIZE, Page, Place
from crm.services.units import all_units
from crm.web import presentation
from crm.web.lead_words import SOURCES, STAGES
from crm.web.parameters import Given, Pages
from crm.web.project_listing import Chip

SIZES = ("25", "50", "100", "200")
SORTS = {
    "number": "id",
    "since": "had_since",
    "name": "name",
    "next": "next_step_on",
    "investment": "intended_investment_fen",
}
"""Names in the address → what is sorted by."""
RISING = ("name", "next")
"""Those that are sorted upwards unless told otherwise."""

NEXT_STEPS = {"overdue": N_("下一步已逾期"), "none": N_("没有下一步")}
POOL = "1"
CHIPS = {
    "q": N_("包含"),
    "unit": N_("承办单位"),
    "stage": N_("阶段"),
    "source": N_("线索来源"),
    "industry": N_("行业"),
    "street": N_("意向街道"),
    "next_step": N_("下一步"),
    "pool": N_("公共池"),
}
"""Filters in the address, and what each is called."""


@dataclass(frozen=True)
class Column:
    """A column: its title, what it is sorted by in the address, its unit."""

    key: str
    title: str
    sort: str | None = None
    unit: str = ""


COLUMNS = (
    Column("number", N_("编号"), "number"),
    Column("name", N_("名称和投资方"), "name"),
    Column("stage", N_("阶段")),
    Column("unit", N_("承办单位")),
    Column("since", N_("承办自"), "since"),
    Column("industry", N_("行业")),
    Column("investment", N_("意向投资"), "investment", N_("亿元")),
    Column("next", N_("下一步"), "next"),
)

EXPORTED = (
    N_("编号"), N_("名称"), N_("投资方"), N_("阶段"), N_("承办单位"), N_("承办自"), N_("线索来源"), N_("行业"), N_("意向投资（亿元）"),
    N_("意向街道"), N_("下一步"), N_("下一步的日期"), N_("经办人"), N_("登记日期"),
)  # fmt: skip
"""The titles of an export's columns."""


@dataclass(frozen=True)
class Head:
    """The head of a column; `href` sorts by it, `sorted` is how it is sorted now, as ARIA says it."""

    column: Column
    href: str | None
    sorted: str | None


@dataclass
class Shown:
    """What was asked for."""

    given: Given
    listing: Listing
    place: Place
    size: int
    kept: dict[str, Any]
    """The parameters that links carry."""
    values: dict[str, str]
    """The filters that are set, as they were given."""
    units: Mapping[int, Unit]
    industry: Industry | None

    @classmethod
    def of(cls, given: Given) -> Shown:
        """Reads an address; what means nothing in it is in `given.ignored`."""
        units = {unit.id: unit for unit in all_units()}
        codes = {unit.code: unit.id for unit in units.values()}
        streets = {unit.code: unit.id for unit in units.values() if unit.is_street}
        asked = given.text("industry")
        industry = industries.by_text(asked) if asked else None
        if asked and industry is None:
            given.ignored.append("industry")
        filters = Filters(
            given.text("q"),
            codes.get(given.one_of("unit", codes) or ""),
            given.one_of("stage", LEAD_STAGES),
            given.one_of("source", LEAD_SOURCES),
            industry.code if industry else None,
            streets.get(given.one_of("street", streets) or ""),
            given.one_of("next_step", NEXT),
            given.one_of("pool", (POOL,)) == POOL,
        )
        sort, direction = given.one_of("sort", SORTS), given.one_of("order", ("desc", "asc"))
        falls = (direction or ("asc" if sort in RISING else "desc")) == "desc"
        size = given.one_of("size", SIZES)
        values = given.kept("q", "unit", "stage", "source", "street", "next_step", "pool")
        if industry:
            values["industry"] = industry.code
        kept: dict[str, Any] = values | given.kept("sort", "order", "size")
        place = given.place()
        listing = Listing(current_user, filters, Order(SORTS[sort or "number"], falls))
        return cls(given, listing, place, int(size or PAGE_SIZE), kept, values, units, industry)

    def page(self) -> Page[Line]:
        """The page asked for."""
        return self.listing.page(self.place, self.size)

    def pages(self, page: Page[Line]) -> Pages:
        """The addresses of the pages around it."""
        return Pages.of(page, self.kept, "leads.listing", [line.number for line in page.lines])

    def link(self, without: str = "", **more: Any) -> str:
        """The first page of this list, with some of it otherwise."""
        kept = {name: value for name, value in self.kept.items() if name != without}
        return url_for("leads.listing", **{**kept, **more})

    @property
    def narrowed(self) -> bool:
        """Are leads left out whose contents the person may not read?"""
        return self.listing.leaves_out

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns on the page."""
        order, heads = self.listing.order, []
        for column in COLUMNS:
            href = now = None
            if column.sort:
                held = SORTS[column.sort] == order.by
                now = ("descending" if order.descending else "ascending") if held else None
                falls = not order.descending if held else column.sort not in RISING
                href = self.link(sort=column.sort, order="desc" if falls else "asc")
            heads.append(Head(column, href, now))
        return heads

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set."""
        by_code = {unit.code: unit for unit in self.units.values()}
        found = []
        for name, title in CHIPS.items():
            value = self.values.get(name)
            if not value:
                continue
            if name in ("unit", "street"):
                value = presentation.unit_name(by_code[value])
            elif name == "stage":
                value = _(STAGES[value])
            elif name == "source":
                value = _(SOURCES[value])
            elif name == "next_step":
                value = _(NEXT_STEPS[value])
            elif name == "pool":
                value = _("在公共池")
            elif name == "industry" and self.industry:
                value = f"{self.industry.code} {self.industry.name}"
            found.append(Chip(_(title), value, self.link(without=name)))
        return found

    @property
    def sentences(self) -> list[str]:
        """What the list is of, in words, for whoever gets it without the page: filters, order."""
        told = [f"{chip.name}{_('：')}{chip.value}" for chip in self.chips]
        head = next(
            column for column in COLUMNS if column.sort and SORTS[column.sort] == self.listing.order.by
        )
        way = _("降序") if self.listing.order.descending else _("升序")
        told.append(_("按%(column)s%(way)s排列", column=_(head.title), way=way))
        return told

    def rows(self, lines: Iterator[Line]) -> Iterator[list[str | date | Decimal | None]]:
        """The cells of an export; of another unit's lead number, unit and day."""
        for line in lines:
            unit, lead = presentation.unit_name(self.units[line.unit_id]), line.lead
            if lead is None:
                yield [line.number, None, None, None, unit, line.had_since, *[None] * 8]
                continue
            fen, street = lead.intended_investment_fen, lead.site_street_id
            yield [
                line.number,
                lead.name,
                lead.investor,
                _(STAGES[lead.stage]),
                unit,
                line.had_since,
                _(SOURCES[lead.source]),
                f"{lead.industry_code} {lead.industry.name if lead.industry else ''}".strip()
                if lead.industry_code
                else None,
                None if fen is None else Decimal(fen) / FEN_PER_YI,
                presentation.unit_name(self.units[street]) if street else None,
                lead.next_step,
                lead.next_step_on,
                lead.held_by.name if lead.held_by else None,
                lead.logged_on,
            ]
