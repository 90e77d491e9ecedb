"""划转: the lists, what is due of a project and proposing it, and the page of one transfer."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from crm.actions import ACTIONS
from crm.db import only_reading, transaction
from crm.errors import NotAllowed, NotFound, Refused
from crm.extensions import language
from crm.messages import N_
from crm.permissions import needs
from crm.services import printing, transfer_rights, transfers
from crm.services.handover import SECTION_NAMES
from crm.services.transfer_checks import LONGEST
from crm.services.transfer_list import STATES
from crm.web import exporting, presentation, transfer_words
from crm.web.forms import actor, long_text
from crm.web.parameters import Given
from crm.web.presentation import said
from crm.web.transfer_due import DuePage
from crm.web.transfer_listing import Shown, export_of
from crm.web.transfer_page import TransferPage

blueprint = Blueprint("transfers", __name__)

CLOSED = N_("清单只对双方单位、商务局和领导开放。")


@blueprint.get("/transfers")
@needs("transfer:read")
def listing() -> str:
    """The transfers under way, those due, overdue or ended, as the address asks for them."""
    shown = Shown.of(Given(request.args))
    units = list(shown.units.values())
    return render_template(
        "transfers/listing.html",
        shown=shown,
        page=shown.page(),
        late=shown.unproposed_late,
        unit_choices=[(one.code, presentation.unit_name(one)) for one in units],
        street_choices=[(one.code, presentation.unit_name(one)) for one in units if one.is_street],
        state_choices=[(code, said(transfer_words.STATE_NAMES[code][0])) for code in STATES[shown.tab]],
        words=transfer_words,
        ignored=shown.given.ignored,
    )


@blueprint.post("/transfers/export")
@needs("transfer:export")
def export() -> Response:
    """Everything the list of an address shows, all pages of it, as a file."""
    given = Given(request.form)
    return exporting.answer(given, "transfer.exported", lambda: export_of(Shown.of(given)))


@blueprint.get("/transfers/new")
@needs("transfer:propose")
def new() -> str:
    """What is due of a project: by which clause, what passes on, from when, and what is carried over."""
    return _new(Given(request.args).text("project"))


@blueprint.post("/transfers/new")
@needs("transfer:propose")
def propose() -> Redirect | tuple[str, int]:
    """Proposes it; the giving unit fills in the list next."""
    given = Given(request.form)
    number, reason = given.text("project"), long_text("reason", LONGEST)
    page = DuePage.of(number, actor())
    try:
        with transaction():
            made = transfers.propose(
                page.project.id, reason=reason, actor=actor(), from_unit_id=given.whole("from")
            ).id
    except Refused as refused:
        if isinstance(refused, NotAllowed | NotFound):
            raise
        sentence = said(refused.message, refused.values)
        return _new(number, {refused.field or "project": sentence}, reason), 400
    flash(_("已提出划转，移交清单已按账面填好一部分"), "success")
    return redirect(url_for("transfers.show", transfer=made), 303)


@blueprint.get("/transfers/<id:transfer>")
@needs("transfer:read")
def show(transfer: int) -> str:
    """One transfer: how far it is, what passes on, its list, its signatures, and what the person may do now."""
    return page_of(TransferPage.of(transfer, actor()))


@blueprint.post("/transfers/<id:transfer>/print")
@needs("transfer:read")
def print_pdf(transfer: int) -> Response:
    """The handover list as PDF, to be signed or kept; who printed it stands in the log."""
    with only_reading():
        made = transfers.by_id(transfer, actor())
        if not transfer_rights.reads_list(made, actor()):
            raise NotAllowed(CLOSED)
        number, content = made.project.number, printing.handover_list(made, actor(), language=language())
    printed = printing.on_paper(
        content,
        fonts_folder=Path(str(current_app.config["FONTS"])),
        cache_folder=Path(str(current_app.config["GLYPHS"])),
    )
    with transaction():
        subject = transfers.by_id(transfer, actor())
        printing.note_list(printed, subject, language=language(), actor=actor())
    name = _("移交清单_%(number)s.pdf", number=number)
    return send_file(BytesIO(printed.pdf), mimetype="application/pdf", as_attachment=True, download_name=name)


def page_of(shown: TransferPage) -> str:
    """The page, also where something was refused."""
    return render_template(
        "transfers/transfer.html",
        shown=shown,
        made=shown.transfer,
        words=transfer_words,
        section_names=SECTION_NAMES,
        actions=ACTIONS,
        longest=LONGEST,
    )


def _new(number: str, errors: Mapping[str, str] | None = None, reason: str = "") -> str:
    return render_template(
        "transfers/new.html",
        shown=DuePage.of(number, actor()),
        reason=reason,
        errors=errors or {},
        words=transfer_words,
        longest=LONGEST,
    )
