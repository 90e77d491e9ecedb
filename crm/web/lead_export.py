"""The list of leads as a file: what the page shows, all pages of it, with a line that says what it is of."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.services import edits
from crm.sheets import listing
from crm.web import presentation
from crm.web.lead_listing import EXPORTED, Shown
from crm.web.project_export import FORMATS, Exported


def write(shown: Shown, format_: str, path: Path) -> Exported:
    """Writes the list; nothing of it is in memory as a whole. Raises Refused where a sheet cannot hold it."""
    today = clock.today()
    about = [
        _("归属：线索列表"),
        *shown.sentences,
        _("%(day)s由%(name)s导出", day=presentation.long_day(today), name=current_user.name),
    ]
    if edits.invents():
        about.append(_("标有“演示”的内容为虚构，不代表真实项目"))
    head = [_(title) for title in EXPORTED]
    with closing(shown.listing.lines()) as lines:
        rows = shown.rows(lines)
        if format_ == "csv":
            count = listing.write_csv(path, about, head, rows)
        else:
            count = listing.write_workbook(path, about, (_("说明"), _("线索")), head, rows)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    told = {"count": count, "format": format_, "filters": shown.kept, "sha256": digest}
    name = _("线索列表_%(day)s", day=today.isoformat())
    return Exported(f"{name}.{format_}", FORMATS[format_], told)
