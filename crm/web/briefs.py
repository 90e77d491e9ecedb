"""简报: choose a month, read what its brief says, and have it as PDF."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, send_file
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.briefs.content import BarChart, Note, SubHeading, Table, Text
from crm.db import only_reading, transaction
from crm.errors import NotFound
from crm.extensions import language
from crm.messages import N_
from crm.periods import Month
from crm.permissions import needs, visible_to
from crm.services import briefs, printing
from crm.web.bar_chart import drawn

blueprint = Blueprint("briefs", __name__)

KINDS = {Text: "text", Table: "table", BarChart: "chart", Note: "note", SubHeading: "heading"}


@blueprint.get("/briefs")
@needs("brief:read")
def listing() -> str:
    """The months there are books for, newest first."""
    months = briefs.months()
    return render_template("briefs/listing.html", months=months, running=Month.of(clock.today()))


@blueprint.get("/briefs/<month>")
@needs("brief:read")
def preview(month: str) -> str:
    """What the brief of a month says."""
    chosen = _month(month)
    months = briefs.months()
    content = briefs.month_brief(chosen, language=language(), visible=visible_to(current_user))
    return render_template(
        "briefs/preview.html",
        month=chosen,
        earlier=chosen.plus(-1) if chosen.plus(-1) in months else None,
        later=chosen.plus(1) if chosen.plus(1) in months else None,
        running=chosen == Month.of(clock.today()),
        content=content,
        kind=lambda block: KINDS[type(block)],
        drawn=drawn,
    )


@blueprint.post("/briefs/<month>")
@needs("brief:print")
def print_pdf(month: str) -> Response:
    """The brief as PDF, to be kept; who printed it stands in the log."""
    chosen = _month(month)
    # Setting a PDF takes its time, the first one with new fonts many seconds: nobody's writing waits for it.
    with only_reading():
        content = briefs.month_brief(chosen, language=language(), visible=visible_to(current_user))
    printed = printing.on_paper(
        content,
        fonts_folder=Path(str(current_app.config["FONTS"])),
        cache_folder=Path(str(current_app.config["GLYPHS"])),
    )
    with transaction():
        printing.note(printed, chosen, language=language(), actor=current_user)
    name = _("简报%(month)s.pdf", month=chosen)
    return send_file(BytesIO(printed.pdf), mimetype="application/pdf", as_attachment=True, download_name=name)


def _month(text: str) -> Month:
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise NotFound(N_("没有“%(found)s”这个月"), found=text[:20]) from error
    if month not in briefs.months():
        raise NotFound(N_("%(month)s没有简报：账上没有这个月的数据"), month=month)
    return month
