"""漏斗: from lead to signing, where leads come from, where and why they are lost, and the leads behind each figure."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm import clock
from crm.briefs.content import BarChart
from crm.grants import UNITS
from crm.messages import N_
from crm.models import LEAD_SOURCES, LOST_REASONS
from crm.periods import Month
from crm.permissions import needs
from crm.services import funnel
from crm.services.funnel import STEPS, Behind, Cohort, Scope
from crm.services.units import all_units
from crm.web import bar_chart, columns_picture
from crm.web.lead_words import LOST_REASONS as REASON_NAMES
from crm.web.lead_words import SOURCES
from crm.web.parameters import Given

blueprint = Blueprint("funnel", __name__)

STEP_NAMES = {
    "logged": N_("登记线索"),
    "negotiating": N_("在谈"),
    "inspected": N_("现场考察"),
    "drafted": N_("协议草案"),
    "signed": N_("签约"),
}
"""What each step is called."""

A_YEAR = 12
A_PAGE = 30


@blueprint.get("/leads/funnel")
@needs("lead:read")
def show() -> str:
    """The pictures of the leads logged in some months, of one unit or of all; a unit's people see those of their own."""
    given = Given(request.args)
    units = {unit.id: unit for unit in all_units()}
    codes = {unit.code: unit for unit in units.values()}
    own = units.get(current_user.unit_id) if current_user.role in UNITS else None
    asked = given.one_of("unit", codes)
    chosen = own or (codes[asked] if asked else None)
    first, last = _months(given)
    scope = Scope(first, last, chosen.id if chosen else None)
    found = funnel.cohorts(Scope(first, last) if own else scope)
    total = funnel.together(
        one for (unit_id, _month), one in found.items() if scope.unit_id in (None, unit_id)
    )
    by_month = [
        (
            month,
            funnel.together(
                one
                for (unit_id, at), one in found.items()
                if at == month and scope.unit_id in (None, unit_id)
            ),
        )
        for month in (first.plus(place) for place in range(_between(first, last) + 1))
    ]
    sources, reasons = funnel.by_source(scope), funnel.by_reason(scope)
    behind = Behind(
        given.one_of("step", STEPS),
        given.one_of("furthest", STEPS),
        given.one_of("source", LEAD_SOURCES),
        given.one_of("reason", LOST_REASONS),
        given.yes("lost"),
    )
    rows = (
        funnel.leads(current_user, scope, behind, before=given.whole("before"), limit=A_PAGE + 1)
        if behind
        else []
    )
    kept = {"from": str(first), "to": str(last)} | ({"unit": chosen.code} if chosen and not own else {})
    return render_template(
        "funnel/show.html",
        units=units,
        unit_choices=[
            unit
            for unit in units.values()
            if unit.kind != "department" or any(unit.id == key for key, _month in found)
        ],
        own=own,
        chosen=chosen,
        first=first,
        last=last,
        total=total,
        district=funnel.together(found.values()) if own else None,
        by_unit=_by_unit(found, scope.unit_id),
        by_month=by_month,
        sources=sources,
        reasons=reasons,
        medians=funnel.medians(scope),
        steps=STEPS,
        step_names=STEP_NAMES,
        pictures=_pictures(total, sources, reasons),
        months_picture=columns_picture.up_and_down(
            [
                str(month) if place % (1 + len(by_month) // 8) == 0 else ""
                for place, (month, _c) in enumerate(by_month)
            ],
            [(("came", one.counts[-1]), ("began", one.open)) for _month, one in by_month],
            [("left", one.lost) for _month, one in by_month],
        ),
        behind=behind,
        rows=rows[:A_PAGE],
        following=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
        kept=kept,
        asked=given.kept("step", "furthest", "source", "reason") | ({"lost": "1"} if behind.lost else {}),
        about=_about(behind),
        link=lambda **more: url_for("funnel.show", **{**kept, **more}, _anchor="rows"),
        ignored=given.ignored,
    )


def _about(behind: Behind) -> list[str]:
    """What the leads behind a figure have in common, in words."""
    return [
        *([_("至少走到%(step)s", step=_(STEP_NAMES[behind.step]))] if behind.step else []),
        *([_("走到%(step)s为止", step=_(STEP_NAMES[behind.furthest]))] if behind.furthest else []),
        *([_(SOURCES[behind.source])] if behind.source else []),
        *([_("退库")] if behind.lost or behind.reason else []),
        *([_(REASON_NAMES[behind.reason])] if behind.reason else []),
    ]


def _months(given: Given) -> tuple[Month, Month]:
    """The months asked for; the twelve up to this one where they are none, out of order, or too many."""
    this = Month.of(clock.today())
    first, last = given.month("from"), given.month("to")
    last = last or (first.plus(A_YEAR - 1) if first and first.year < 9998 else this)
    first = first or (last.plus(1 - A_YEAR) if last.year > 1 else last)
    if not 0 <= _between(first, last) < funnel.LONGEST:
        given.ignored += ["from", "to"]
        return this.plus(1 - A_YEAR), this
    return first, last


def _between(first: Month, last: Month) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _by_unit(found: dict[tuple[int, Month], Cohort], only: int | None) -> list[tuple[int, Cohort]]:
    """Unit and its leads, the most first."""
    summed: dict[int, Cohort] = {}
    for (unit_id, _month), one in found.items():
        if only in (None, unit_id):
            summed[unit_id] = summed.get(unit_id, Cohort()) + one
    return sorted(summed.items(), key=lambda pair: (-pair[1].counts[0], pair[0]))


def _pictures(
    total: Cohort, sources: list[tuple[str, Cohort]], reasons: list[tuple[str, list[int]]]
) -> dict[str, bar_chart.Drawn]:
    """Bars for the steps, the sources (all, signed) and the reasons."""
    charts = {
        "steps": ([_(STEP_NAMES[step]) for step in STEPS], [total.counts]),
        "sources": (
            [_(SOURCES[source]) for source, _cohort in sources],
            [[one.counts[0] for _source, one in sources], [one.counts[-1] for _source, one in sources]],
        ),
        "reasons": (
            [_(REASON_NAMES[reason]) for reason, _c in reasons],
            [[sum(counts) for _r, counts in reasons]],
        ),
    }
    return {
        name: bar_chart.drawn(
            BarChart(
                "", "", tuple(labels), tuple((str(n), tuple(values)) for n, values in enumerate(series)), "—"
            )
        )
        for name, (labels, series) in charts.items()
    }
