"""研判: the bureau's list of leads that look like others, and the page on which it says what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refused
from crm.messages import N_
from crm.models import Lead, Triage
from crm.money import exact_yi
from crm.permissions import needs
from crm.services import policy, triages
from crm.services.triages import Place
from crm.web import duplicates, lead_words
from crm.web.parameters import Given, plain
from crm.web.presentation import said, unit_name

blueprint = Blueprint("triage", __name__)

A_PAGE = 30

STATES = {
    "open": (N_("待研判"), "warning"),
    "same": (N_("同一项目"), "quiet"),
    "new": (N_("新项目"), "success"),
    "ignored": (N_("忽略"), "quiet"),
}
"""What each state is called, and how its mark looks."""


@dataclass(frozen=True)
class Row:
    """A fact of both leads side by side."""

    label: str
    values: tuple[str, str]

    @property
    def agrees(self) -> bool:
        """Is it known of both, and the same?"""
        return bool(self.values[0]) and self.values[0] == self.values[1]


@blueprint.get("/triage")
@needs("lead:triage")
def listing() -> str:
    """What waits, due first; or, where the address says so, what was decided, latest first."""
    given = Given(request.args)
    state = given.one_of("state", ("decided",)) or "open"
    at, day = given.whole("at"), given.day("due")
    if state == "open":
        found = triages.waiting(Place(day, at) if day and at else None, limit=A_PAGE + 1)
    else:
        found = triages.decided(at, limit=A_PAGE + 1)
    rows, following = found[:A_PAGE], None
    if len(found) > A_PAGE:
        last = rows[-1]
        following = url_for(
            "triage.listing",
            state="decided" if state != "open" else None,
            at=last.id,
            due=last.due_on.isoformat() if state == "open" else None,
        )
    return render_template(
        "triage/listing.html",
        rows=rows,
        state=state,
        states=STATES,
        level_of=duplicates.triage_level,
        marks_of=duplicates.MARKS,
        following=following,
        first=url_for("triage.listing", state="decided" if state != "open" else None) if at else None,
        policy=policy.on(),
        ignored=given.ignored,
    )


@blueprint.get("/triage/<id:number>")
@needs("lead:triage")
def show(number: int) -> str:
    """Both leads side by side, what agrees, what was last done about each, and the three decisions."""
    return _page(triages.by_id(number))


@blueprint.post("/triage/<id:number>")
@needs("lead:triage")
def decide(number: int) -> Response | str | tuple[str, int]:
    """Decides it, or shows the page again with what is wrong."""
    outcome = plain(request.form.get("outcome", ""))[:20]
    reason = "\n".join(
        plain(line) for line in request.form.get("reason", "")[: 4 * triages.LONGEST].splitlines()
    )
    seen = plain(request.form.get("seen", ""))[:60]
    try:
        with transaction():
            state = triages.decide(number, outcome, reason, seen_as=seen, actor=current_user).state
    except Refused as refused:
        if isinstance(refused, NotAllowed | NotFound):
            raise
        error = {refused.field or "outcome": said(refused.message, refused.values)}
        return _page(triages.by_id(number), error, outcome, reason), 409
    flash(_("已研判：%(outcome)s。", outcome=said(STATES[state][0])), "success")
    return redirect(url_for("triage.show", number=number), 303)


def _page(triage: Triage, errors: dict[str, str] | None = None, outcome: str = "", reason: str = "") -> str:
    sides = (triage.lead, triage.other)
    lines = triages.last_lines(triage)
    return render_template(
        "triage/show.html",
        triage=triage,
        sides=sides,
        rows=_rows(sides),
        lines=[lines[one.id] for one in sides],
        over=[one for one in sides if one.stage not in triages.COMPARED],
        seen=triages.seen(triage),
        state=STATES[triage.state],
        level=duplicates.triage_level(triage),
        mark=duplicates.MARKS[triage.level],
        may_ignore=triage.level >= triages.IGNORED_FROM,
        policy=policy.on(),
        errors=errors or {},
        outcome=outcome,
        reason=reason,
        longest=triages.LONGEST,
    )


def _rows(sides: tuple[Lead, Lead]) -> list[Row]:
    found = (
        (N_("名称"), lambda one: one.name),
        (N_("比较用的名称"), lambda one: one.name_key),
        (N_("投资方"), lambda one: one.investor),
        (N_("统一社会信用代码"), lambda one: one.enterprise.credit_code or "" if one.enterprise else ""),
        (N_("行业"), _industry),
        (N_("意向投资"), _sum),
        (N_("线索来源"), lambda one: said(lead_words.SOURCES[one.source])),
        (N_("具体位置"), lambda one: one.place),
        (N_("下一步"), lambda one: one.next_step),
        (N_("阶段"), lambda one: said(lead_words.STAGES[one.stage])),
        (N_("承办单位"), lambda one: unit_name(one.unit)),
        (N_("登记日期"), lambda one: one.logged_on.isoformat()),
        (N_("备注"), lambda one: one.note),
    )
    first, second = sides
    return [Row(said(label), (value(first), value(second))) for label, value in found]


def _industry(lead: Lead) -> str:
    if lead.industry is None:
        return lead.industry_code or ""
    return f"{lead.industry.code} {lead.industry.name}"


def _sum(lead: Lead) -> str:
    fen: Any = lead.intended_investment_fen
    return "" if fen is None else _("%(yi)s亿元", yi=exact_yi(fen))
