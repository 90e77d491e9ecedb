"""The list of a batch of transfers as PDF; who printed it stands in the log."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, current_app, send_file
from flask_babel import gettext as _
from flask_login import current_user

from crm.db import only_reading, transaction
from crm.extensions import language
from crm.permissions import needs
from crm.services import batch_contents, batches, printing

blueprint = Blueprint("batch_papers", __name__)


@blueprint.post("/batches/<id:number>/print")
@needs("transfer:read")
def print_pdf(number: int) -> Response:
    """The list as PDF, to be signed or kept."""
    with only_reading():
        made = batches.by_id(number)
        content = printing.batch_list(
            made, current_user, digest=batch_contents.digest(made), language=language()
        )
    # setting a long list takes its time: nobody's writing waits for it
    printed = printing.on_paper(
        content,
        fonts_folder=Path(str(current_app.config["FONTS"])),
        cache_folder=Path(str(current_app.config["GLYPHS"])),
    )
    with transaction():
        printing.note_list(printed, batches.by_id(number), language=language(), actor=current_user)
    name = _("划转批次%(number)s.pdf", number=number)
    return send_file(BytesIO(printed.pdf), mimetype="application/pdf", as_attachment=True, download_name=name)
