"""The list of projects as an address asks for it: filters, order, columns, moment, page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.messages import N_
from crm.models import STATUSES, Area, Industry, Unit
from crm.rules.explanation import STATUS_NAMES
from crm.services import industries
from crm.services.paging import PAGE_SIZE, Page, Place
from crm.services.project_filters import STAGES, Filters
from crm.services.project_list import Line, Listing, Order
from crm.services.units import all_areas, all_units
from crm.web import presentation
from crm.web.moment import Moment
from crm.web.parameters import Given, Pages
from crm.web.project_columns import COLUMNS, DEFAULT, Column, Names, ordered

SIZES = ("25", "50", "100", "200")
SORTS = {"number": "number", "name": "name", "signed": "signed_on", "investment": "total_investment_fen"}
"""Names in the address → what is sorted by."""
DUE = {"yes": N_("应划转"), "no": N_("不必划转")}
DIRECTIONS = ("desc", "asc")
REMEMBERED = "project_columns"
CHIPS = {
    "q": N_("包含"),
    "held": N_("经济指标实属"),
    "service": N_("企业服务实属"),
    "unit": N_("经济指标应属"),
    "due": N_("划转"),
    "attracted": N_("招商单位"),
    "street": N_("选址街道"),
    "stage": N_("阶段"),
    "industry": N_("行业"),
    "status": N_("判定状态"),
}
"""Filters in the address, and what each is called."""


@dataclass(frozen=True)
class Head:
    """The head of a column; `href` sorts by it, `sorted` is how it is sorted now, as ARIA says it."""

    key: str
    title: str
    column: Column
    href: str | None
    sorted: str | None


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    name: str
    value: str
    href: str


@dataclass
class Shown:
    """What was asked for."""

    given: Given
    moment: Moment
    listing: Listing
    place: Place
    size: int
    columns: tuple[str, ...]
    kept: dict[str, Any]
    """The parameters that links carry."""
    units: Mapping[int, Unit]
    areas: Mapping[int, Area]
    industry: Industry | None
    values: dict[str, str] = field(default_factory=dict)
    """The filters that are set, as they were given."""

    @classmethod
    def of(cls, given: Given) -> Shown:
        """Reads an address; what means nothing in it is in `given.ignored`."""
        units = {unit.id: unit for unit in all_units()}
        codes = {unit.code: unit.id for unit in units.values()}
        streets = {unit.code: unit.id for unit in units.values() if unit.is_street}
        moment = Moment.of(given)
        asked = given.text("industry")
        industry = industries.by_text(asked) if asked else None
        if asked and industry is None:
            given.ignored.append("industry")
        unit, attracted = given.one_of("unit", codes), given.one_of("attracted", codes)
        street = given.one_of("street", streets)
        held, service, due = (
            given.one_of("held", codes),
            given.one_of("service", codes),
            given.one_of("due", DUE),
        )
        stage = given.one_of("stage", STAGES)
        filters = Filters(
            given.text("q"),
            codes.get(unit or ""),
            codes.get(attracted or ""),
            streets.get(street or ""),
            stage,  # type: ignore[arg-type]
            industry.code if industry else None,
            given.one_of("status", STATUSES),
            codes.get(held or ""),
            codes.get(service or ""),
            due == "yes" if due else None,
        )
        sort, direction = given.one_of("sort", SORTS), given.one_of("order", DIRECTIONS)
        order = Order(SORTS[sort or "number"], (direction or ("asc" if sort == "name" else "desc")) == "desc")
        size = given.one_of("size", SIZES)
        columns = remembered(given)
        values = given.kept("q", "held", "service", "unit", "due", "attracted", "street", "stage", "status")
        if industry:
            values["industry"] = industry.code
        kept: dict[str, Any] = values | given.kept("sort", "order", "size") | moment.kept
        if columns != DEFAULT:
            kept["col"] = list(columns)
        place = given.place()
        listing = Listing(current_user, filters, order, moment.on, moment.instant)
        areas = {area.id: area for area in all_areas()} if "site_area" in columns else {}
        return cls(
            given, moment, listing, place, int(size or PAGE_SIZE), columns, kept, units, areas, industry, values
        )  # fmt: skip

    def page(self) -> Page[Line]:
        """The page asked for."""
        return self.listing.page(self.place, self.size)

    def names(self, lines: Sequence[Line] | None = None) -> Names:
        """What lines refer to; of the whole standard where the lines are not known yet."""
        known: dict[str, str] = {}
        if "industry" in self.columns:
            if lines is None:
                known = {one.code: one.name for one in industries.all_industries()}
            else:
                known = industries.names_of(line.facts.industry_code or "" for line in lines)
        return Names(self.units, self.areas, known)

    def pages(self, page: Page[Line]) -> Pages:
        """The addresses of the pages around it."""
        numbers = [line.project.number for line in page.lines]
        return Pages.of(page, self.kept, "projects.listing", numbers)

    def link(self, without: str = "", **more: Any) -> str:
        """The first page of this list, with some of it otherwise."""
        kept = {name: value for name, value in self.kept.items() if name != without}
        return url_for("projects.listing", **{**kept, **more})

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns on the page, where the investor stands below the name."""
        order, names = self.listing.order, {column: name for name, column in SORTS.items()}
        heads = []
        for key in self.columns:
            column = COLUMNS[key]
            if key == "investor":
                continue
            href = now = None
            if column.sort:
                now = ("descending" if order.descending else "ascending") if column.sort == order.by else None
                falls = not order.descending if now else column.sort != "name"
                href = self.link(sort=names[column.sort], order="desc" if falls else "asc")
            heads.append(Head(key, _(column.title), column, href, now))
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
            if name in ("held", "service", "unit", "attracted", "street"):
                value = presentation.unit_name(by_code[value])
            elif name == "due":
                value = _(DUE[value])
            elif name == "stage":
                value = _(presentation.STAGES[value])
            elif name == "status":
                value = _(STATUS_NAMES[value])
            elif name == "industry" and self.industry:
                value = f"{self.industry.code} {self.industry.name}"
            found.append(Chip(_(title), value, self.link(without=name)))
        return found

    @property
    def sentences(self) -> list[str]:
        """What the list is of, in words, for whoever gets it without the page: moment, filters, order."""
        moment = self.moment
        told = [_("%(day)s的情况", day=presentation.long_day(moment.on))]
        if moment.known:
            told.append(_("按%(day)s收盘时账上所知道的列出", day=presentation.long_day(moment.known)))
        told += [f"{chip.name}{_('：')}{chip.value}" for chip in self.chips]
        head = next((COLUMNS[key] for key in COLUMNS if COLUMNS[key].sort == self.listing.order.by), None)
        if head:
            way = _("降序") if self.listing.order.descending else _("升序")
            told.append(_("按%(column)s%(way)s排列", column=_(head.title), way=way))
        return told


def remembered(given: Given) -> tuple[str, ...]:
    """The columns the address names, else those the person chose last in this session, else the usual ones."""
    asked = given.several("col", COLUMNS)
    if not asked:
        last = session.get(REMEMBERED)
        return ordered([key for key in last if key in COLUMNS]) if isinstance(last, list) else DEFAULT
    columns = ordered(asked)
    if columns == DEFAULT:
        session.pop(REMEMBERED, None)
    elif session.get(REMEMBERED) != list(columns):
        session[REMEMBERED] = list(columns)
    return columns
