"""结转: what late transfers carried over from closed months, line by line and by unit, and its export."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_file
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.db import only_reading, transaction
from crm.messages import N_
from crm.models import Unit
from crm.money import FEN_PER_YI
from crm.permissions import needs
from crm.rules.explanation import RESPONSIBILITY_NAMES
from crm.services import carry_over_list, edits, history
from crm.services.carry_over_list import Filters, Line
from crm.services.units import all_units
from crm.sheets import listing as sheets
from crm.sheets.listing import Cell
from crm.web import presentation
from crm.web.parameters import LARGEST_ID, Given, Pages
from crm.web.presentation import said, unit_name
from crm.web.project_export import FORMATS

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
        filters = Filters(by_code[code] if code else None, str(month) if month else None)
        return cls(units, filters, given.kept("unit", "month"))

    @property
    def unit(self) -> Unit | None:
        """The unit asked about."""
        return self.units[self.filters.unit_id] if self.filters.unit_id is not None else None


@blueprint.get("/carry-overs")
@needs("transfer:read")
def listing() -> str:
    """The lines, what was booked last first, and what they add up to for each unit."""
    given = Given(request.args)
    asked = Asked.of(given)
    page = carry_over_list.listing(
        current_user,
        asked.filters,
        after=given.whole("after", LARGEST_ID),
        before=given.whole("before", LARGEST_ID),
        last=given.yes("last"),
    )
    sums, whole = carry_over_list.sums(current_user, asked.filters)
    months = carry_over_list.months()
    if asked.filters.month is not None and asked.filters.month not in months:
        months = sorted({*months, asked.filters.month}, reverse=True)
    return render_template(
        "carry_overs/listing.html",
        asked=asked,
        page=page,
        pages=Pages.of(page, asked.kept, "carry_overs.listing", [line.row.id for line in page.rows]),
        sums=[(unit, sums[unit.id]) for unit in asked.units.values() if unit.id in sums],
        whole=whole,
        unit_choices=[(unit.code, unit_name(unit)) for unit in asked.units.values()],
        month_choices=[(month, month) for month in months],
        figure_names=FIGURE_NAMES,
        ignored=given.ignored,
    )


@blueprint.post("/carry-overs/export")
@needs("transfer:export")
def export() -> Response:
    """Every line that the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)
    format_ = given.one_of("format", FORMATS) or "xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "carry-overs"
        with only_reading():
            asked = Asked.of(given)
            count = _write(asked, carry_over_list.lines(current_user, asked.filters), format_, path)
        content = path.read_bytes()
        with transaction():
            history.record(
                "transfer.exported",
                actor=current_user,
                list="carry_overs",
                count=count,
                format=format_,
                filters=asked.kept,
                sha256=hashlib.sha256(content).hexdigest(),
            )
    name = f"{_('结转_%(day)s', day=clock.today().isoformat())}.{format_}"
    return send_file(BytesIO(content), mimetype=FORMATS[format_], as_attachment=True, download_name=name)


def _write(asked: Asked, lines: Iterable[Line], format_: str, path: Path) -> int:
    about = [
        _("归属：结转"),
        _("%(day)s由%(name)s导出", day=presentation.long_day(clock.today()), name=current_user.name),
    ]
    if asked.unit is not None:
        about.append(_("单位：%(name)s", name=unit_name(asked.unit)))
    if asked.filters.month is not None:
        about.append(_("入账月份：%(month)s", month=asked.filters.month))
    if edits.invents():
        about.append(_("标有“演示”的内容为虚构，不代表真实项目"))
    head = [_(title) for title in EXPORTED]
    rows = _rows(asked, lines)
    if format_ == "csv":
        return sheets.write_csv(path, about, head, rows)
    return sheets.write_workbook(path, about, (_("说明"), _("结转")), head, rows)


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
