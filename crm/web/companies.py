"""企业: the list, what a field suggests, the file of the list, and one enterprise with all that hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.permissions import needs
from crm.services import company_list
from crm.services.companies import FLAGS
from crm.services.company_list import Filters, Line
from crm.services.units import all_units
from crm.sheets.listing import Cell
from crm.web import exporting
from crm.web.addresses import wants_json
from crm.web.company_page import SHOWN, CompanyPage
from crm.web.company_words import FLAG_NAMES, ORIGIN_NAMES
from crm.web.exporting import Export
from crm.web.parameters import Given, Pages
from crm.web.presentation import unit_name

blueprint = Blueprint("companies", __name__)


@blueprint.get("/companies")
@needs("company:read")
def listing() -> str | Response:
    """The enterprises as the address asks for them, newest first; for a field that is typed in, the few that fit."""
    given = Given(request.args)
    if wants_json():
        found = company_list.suggested(current_user, given.text("q"))
        response = jsonify(
            [{"id": key, "name": name, "credit_code": code or ""} for key, name, code in found]
        )
        response.vary.add("Accept")
        return response
    filters, kept = _asked(given)
    page = company_list.listing(
        current_user,
        filters,
        given.place_by_id(),
    )
    return render_template(
        "companies/listing.html",
        page=page,
        pages=Pages.of(page, kept, "companies.listing", [line.company.id for line in page.lines]),
        filters=filters,
        kept=kept,
        units={unit.id: unit for unit in all_units()},
        flag_names=FLAG_NAMES,
        flag_pairs=[(flag, _(name)) for flag, name in FLAG_NAMES.items()],
        ignored=given.ignored,
    )


@blueprint.post("/companies/export")
@needs("company:export")
def export() -> Response:
    """Everything the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)
    return exporting.answer(given, "company.exported", lambda: _export(*_asked(given)))


@blueprint.get("/companies/<id:key>")
@needs("company:read")
def company(key: int) -> str:
    """One enterprise: its group, projects and how they come from one another, leads, contacts."""
    return render_template(
        "companies/company.html",
        shown=CompanyPage.of(key, current_user),
        flag_names=FLAG_NAMES,
        origin_names=ORIGIN_NAMES,
        most=SHOWN,
    )


def _asked(given: Given) -> tuple[Filters, dict[str, Any]]:
    filters = Filters(
        given.text("q"), given.one_of("flag", FLAGS), given.yes("open_lead"), given.yes("with_projects")
    )
    kept = given.kept("q", "flag")
    kept |= {name: "1" for name in ("open_lead", "with_projects") if given.yes(name)}
    return filters, kept


def _export(filters: Filters, kept: dict[str, str]) -> Export:
    head = [
        _("企业名称"), _("统一社会信用代码"), _("上级企业"), _("所属集团"), *(_(name) for name in FLAG_NAMES.values()),
        _("项目个数"), _("在谈线索的承办单位"),
    ]  # fmt: skip
    return Export(
        _("企业列表_%(day)s", day=clock.today().isoformat()),
        _("归属：企业列表"),
        _("企业"),
        head,
        company_list.lines(current_user, filters),
        _rows,
        kept,
    )


def _rows(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    units = {unit.id: unit for unit in all_units()}
    for line in lines:
        yield [
            line.company.name,
            line.company.credit_code,
            line.parent,
            line.company.group_name,
            *("✓" if getattr(line.company, flag) else "" for flag in FLAGS),
            str(line.projects),
            "、".join(unit_name(units[unit_id]) for unit_id, _since in line.leads),
        ]
