"""The list of leads as a file: what the page shows, all pages of it, with a line that says what it is of."""

from __future__ import annotations

from flask_babel import gettext as _

from crm import clock
from crm.web.exporting import Export
from crm.web.lead_listing import EXPORTED, Shown


def export_of(shown: Shown) -> Export:
    """The list as a file."""
    return Export(
        _("线索列表_%(day)s", day=clock.today().isoformat()),
        _("归属：线索列表"),
        _("线索"),
        [_(title) for title in EXPORTED],
        shown.listing.lines(),
        shown.rows,
        shown.kept,
        shown.sentences,
    )
