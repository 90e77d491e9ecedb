"""月结: which months are closed, what closing the next one means, and closing it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as Redirect

from crm import clock
from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refused, Stale
from crm.periods import Month
from crm.permissions import needs
from crm.services import month_closing
from crm.web.forms import actor, back
from crm.web.parameters import Given, Pages
from crm.web.presentation import said

blueprint = Blueprint("months", __name__)


@blueprint.get("/months")
@needs("transfer:read")
def listing() -> str:
    """The months, newest first, above them the next to close; while none is closed the address says which would be."""
    given = Given(request.args)
    return _page(given, given.month("month"))


@blueprint.post("/months/close")
@needs("month:close")
def close() -> Redirect | tuple[str, int]:
    """Closes a month, once the person has ticked that it cannot be undone."""
    given, errors = Given(request.form), dict[str, str]()
    month = given.month("month")
    if month is None:
        errors["month"] = _("没有读到要月结的月份，请选择月份后重试")
    if not given.yes("sure"):
        errors["sure"] = _("月结不能撤销：请核对后勾选这一项，再月结")
    if month is not None and not errors:
        try:
            with transaction():
                month_closing.close(month, actor=actor())
        except Refused as refused:
            if isinstance(refused, NotAllowed | NotFound):
                raise
            if isinstance(refused, Stale):
                return back(refused, "months.listing")
            errors[refused.field or "month"] = said(refused.message, refused.values)
        else:
            flash(_done(month), "success")
            return redirect(url_for("months.listing"), 303)
    return _page(given, month, errors), 400


def _done(month: Month) -> Markup:
    text = _("%(month)s已月结。之后确认的划转最早从%(day)s起生效。", month=month, day=month.plus(1).first)
    link = Markup('{} <a href="{}">{}</a>')
    return link.format(text, url_for("carry_overs.listing", concerning=month), _("看涉及该月的结转"))


def _page(given: Given, asked: Month | None, errors: Mapping[str, str] | None = None) -> str:
    page = month_closing.listing(current_user, given.place_by_id())
    coming, choices = month_closing.next_month(), []
    if coming is None:
        choices = month_closing.first_choices()
        # the last that has ended, where none is asked for
        coming = asked if asked in choices else choices[min(1, len(choices) - 1)]
    begun = coming.first <= clock.today()
    return render_template(
        "months/listing.html",
        page=page,
        pages=Pages.of(page, {}, "months.listing", [line.id for line in page.lines if line.id is not None]),
        coming=coming,
        begun=begun,
        ended=coming.last < clock.today(),
        choices=[(str(month), str(month)) for month in choices],
        meaning=month_closing.meaning(coming, current_user) if begun else None,
        present=Month.of(clock.today()),
        errors=errors or {},
        sure=given.yes("sure"),
        ignored=given.ignored if errors is None else [],
    )
