"""首页: what waits for the person who is signed in, what moved in their unit, and the months at a glance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.grants import BUREAU, LEADERS, UNITS
from crm.messages import N_
from crm.permissions import allowed, signed_in
from crm.services import (
    announcements,
    batch_signing,
    lead_steps,
    month_closing,
    overview,
    policy,
    proposals,
    reassignment_list,
    reminders,
    standpoint,
    transfer_clocks,
    unproposed,
    waiting,
)
from crm.services.overview import Glance
from crm.services.triages import waiting_for as triages_waiting_for
from crm.services.units import all_units
from crm.web import columns_picture, proposal_words, reassignment_words
from crm.web.lead_pool import KIND_NAMES

blueprint = Blueprint("home", __name__)

MOST = 6
"""Rows of a list on this page; the rest is a click away."""

SOON, LATELY = timedelta(days=60), timedelta(days=90)

PICTURES = {
    "signed": (N_("签约"), N_("个")),
    "investment": (N_("签约总投资"), N_("亿元")),
    "started": (N_("开工"), N_("个")),
    "completed": (N_("建成投产"), N_("个")),
}
"""The small pictures of the months: what they show, and in which unit."""


@blueprint.get("/")
@signed_in
def show() -> str:
    """By role: those who read projects see what waits and the months, the others their own next steps."""
    if not allowed(current_user, "project:read"):
        return render_template("home/steps.html", **_steps())
    day, units = clock.today(), {unit.id: unit for unit in all_units()}
    glance = overview.glance(current_user, day)
    return render_template(
        "home/show.html",
        day=day,
        glance=glance,
        pictures={name: _picture(glance, name) for name in PICTURES},
        titles=PICTURES,
        units=units,
        codes={unit.code: unit for unit in units.values()},
        words=proposal_words,
        most=MOST,
        offer_words=reassignment_words,
        **_waiting(),
    )


def _waiting() -> dict[str, Any]:
    """What waits for the person, by what their role does."""
    day, role, unit_id = clock.today(), current_user.role, current_user.unit_id
    seen = standpoint.at(day)
    found: dict[str, Any] = {"leads": role in LEADERS, "rules": role in BUREAU}
    if role in UNITS and unit_id is not None:
        found["work"] = lead_steps.work(current_user, MOST)
        found["cases"] = waiting.cases(
            current_user, seen, ("undetermined", "provisional"), MOST, unit_id=unit_id
        )
        found["soon"] = waiting.due_soon(
            current_user, day + timedelta(days=1), day + SOON, MOST, unit_id=unit_id
        )
    elif role not in LEADERS:
        found["cases"] = waiting.cases(current_user, seen, ("undetermined",), MOST)
    own = unit_id if role in UNITS else None
    found["passed_on"] = waiting.passed_on(
        current_user, day - LATELY, day, MOST, unit_id=own, largest=role in LEADERS
    )
    settings = policy.on()
    found["unproposed"] = unproposed.tally(current_user, settings["transfer_due_days"])
    found["transfers"] = transfer_clocks.waiting_for(current_user)
    found["batches"] = len(batch_signing.waiting_for(current_user))
    if allowed(current_user, "month:close"):
        found["to_close"] = month_closing.due()
    found["offers"] = reassignment_list.waiting_for(current_user, MOST)
    found["triage"] = triages_waiting_for(current_user, MOST)
    if allowed(current_user, "project:import"):
        found |= {
            "imports": waiting.imports(MOST),
            "failed": waiting.failed_jobs(MOST, actor_id=current_user.id),
        }
    if allowed(current_user, "announcement:read"):
        found["announced"] = announcements.unseen(current_user, MOST + 1)
    if allowed(current_user, "lead:read") and role not in LEADERS:
        found |= {
            "late": reminders.total(reminders.groups(current_user, settings)),
            "late_kinds": KIND_NAMES,
        }
    if allowed(current_user, "rule:confirm") or allowed(current_user, "rule:propose"):
        found["proposed"] = proposals.waiting_for(current_user)
    return found


def _steps() -> dict[str, Any]:
    """What those who read no projects have to look at."""
    found: dict[str, Any] = {}
    if allowed(current_user, "system:read"):
        found |= {"accounts": waiting.accounts(), "failed": waiting.failed_jobs(MOST)}
    if allowed(current_user, "log:read"):
        found["refused"] = waiting.events_since("user.sign_in_failed", clock.today() - timedelta(days=7))
    return found


def _picture(glance: Glance, name: str) -> columns_picture.Columns:
    """Twelve months beside the same months of the year before."""
    names = [str(month) if place in (1, 6) else "" for place, month in enumerate(glance.months)]
    names[-1] = _("本月")
    return columns_picture.pairs(names, glance.before[name], glance.now[name])
