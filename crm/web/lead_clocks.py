"""A lead's clocks and its protection on its page: what runs, until when, what meets it; and extending the protection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm import clock
from crm.db import transaction
from crm.errors import Refusals, Refused
from crm.messages import N_
from crm.models import Lead
from crm.permissions import needs
from crm.services import lead_pool, lead_progress, leads, policy, protection
from crm.services.lead_clocks import Settings, Standing
from crm.services.leads import Seen
from crm.services.policy import Policy
from crm.services.protection import Protection
from crm.web.edit_preview import beside_fields
from crm.web.parameters import Given, plain
from crm.web.presentation import long_day

blueprint = Blueprint("lead_clocks", __name__)


@dataclass(frozen=True)
class Line:
    """One clock: its setting, the last day, the day it was met; what meets it, as a message."""

    name: str
    key: str
    due: date | None
    met_on: date | None
    meets: str

    @property
    def late(self) -> int:
        """Days past its last day; less than none while there is time."""
        return (clock.today() - self.due).days if self.due else 0


@dataclass(frozen=True)
class Dot:
    """Progress on the picture: per cent across, its day, its kind, and whether it counts."""

    x: float
    day: date
    kind: str
    counts: bool


@dataclass(frozen=True)
class Bar:
    """The protection as a picture, in per cent across: how much of it is over, where today and its end are."""

    spent: float
    today: float
    end: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Clocks:
    """What the part of the page needs."""

    policy: Policy
    protection: Protection
    lines: tuple[Line, ...]
    bar: Bar
    pooled: bool
    again_on: date
    """The first day on which the unit that lost it may claim it."""


def of(seen: Seen, _given: Given) -> Clocks:
    """The clocks of a lead: two statements."""
    lead, settings = seen.lead, Settings()
    now = settings.policy()
    rows = lead_progress.standing_rows(lead)
    held = protection.of(lead, rows, now["notice_days"], settings)
    pooled = lead.is_open and lead.protected_until < clock.today()
    return Clocks(
        now,
        held,
        _lines(lead, rows) if lead.is_open and not pooled else (),
        _bar(lead, rows),
        pooled,
        lead_pool.open_again_to(lead, now["notice_days"]),
    )


def _lines(lead: Lead, rows: list[Standing]) -> tuple[Line, ...]:
    own = [one for one in rows if one.first.recorded_at >= lead.had_at]
    answered = min((one.row.day for one in own), default=None)
    counted = min((one.row.day for one in own if one.counts), default=None)
    return (
        Line(N_("响应"), "response_days", lead.response_due, answered, N_("登记一次电话、拜访或其他进展")),
        Line(N_("反馈"), "feedback_days", lead.feedback_due, counted, N_("登记一次有效进展，电话不算")),
        Line(N_("报告"), "report_days", lead.report_due, None, N_("此日以前再登记一次有效进展")),
    )


def _bar(lead: Lead, rows: list[Standing]) -> Bar:
    today = clock.today()
    first, last = lead.had_since, max(lead.protected_until, today)
    whole = max((last - first).days, 1)

    def place(day: date) -> float:
        return round(2 + 96 * min(max((day - first).days / whole, 0), 1), 2)

    dots = tuple(
        Dot(place(one.row.day), one.row.day, one.row.kind, one.counts) for one in rows if one.row.day >= first
    )
    return Bar(place(min(today, lead.protected_until)), place(today), place(lead.protected_until), dots)


@blueprint.get("/leads/<number>/renew")
@needs("lead:edit")
def longer(number: str) -> str:
    """Until when the protection runs, and until when it would."""
    return _form(_open(number), "", "")


@blueprint.post("/leads/<number>/renew")
@needs("lead:edit")
def renew(number: str) -> str | tuple[str, int] | Response:
    """Extends it, once."""
    reason = plain(request.form.get("reason", "")[: 2 * protection.LONGEST]).strip()
    try:
        with transaction():
            lead = leads.seen(plain(number), current_user).lead
            until = protection.renew(lead, reason=reason, actor=current_user).protected_until
    except (Refused, Refusals) as problem:
        if isinstance(problem, Refused):
            raise
        errors = beside_fields(problem)
        return _form(_open(number), reason, " ".join(errors["reason"])), 400
    flash(_("保护期已延长到%(day)s。", day=long_day(until)), "success")
    return redirect(url_for("leads.lead", number=plain(number)), 303)


def _open(number: str) -> Lead:
    lead = leads.seen(plain(number), current_user).lead
    protection.require_renewable(lead, current_user)
    return lead


def _form(lead: Lead, reason: str, error: str) -> str:
    now = policy.on()
    return render_template(
        "leads/renew.html",
        lead=lead,
        policy=now,
        until=lead.protected_until + timedelta(days=now["protection_days"]),
        reason=reason,
        error=error,
        most=protection.LONGEST,
    )
