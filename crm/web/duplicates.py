"""查重: what a name or a credit code looks like, while it is typed and as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.messages import N_
from crm.models import Triage, Unit
from crm.permissions import needs
from crm.services import duplicates, units
from crm.services.duplicates import LONGEST, SAME, Lookalike
from crm.web.parameters import plain
from crm.web.presentation import said, unit_name

blueprint = Blueprint("duplicates", __name__)

LEVELS = {
    1: N_("信用代码相同"),
    2: N_("名称和投资方都相同"),
    3: N_("名称相近"),
    4: N_("名称有些相近"),
}
"""What each level of practice.md says."""

ONE_ENTERPRISE, NAMES_ALONE = N_("同一家企业"), N_("名称相同")
"""What the second level says where it is not by name and investor."""

MARKS = {1: "error", 2: "error", 3: "warning", 4: "quiet"}
"""How its mark looks."""

FIELDS = ("name", "investor", "credit_code")


@blueprint.get("/leads/duplicates")
@needs("lead:read")
def look() -> str | Response:
    """What looks like what was asked about: for the form's script as JSON, for a person as a page."""
    given = {name: " ".join(plain(request.args.get(name, "")[:LONGEST]).split()) for name in FIELDS}
    asked = bool(given["name"] or given["credit_code"])
    found: Sequence[Lookalike] = ()
    if asked:
        found = duplicates.find(given["name"], given["investor"], given["credit_code"], user=current_user)
    by_id = of_units(found)
    if request.args.get("json") == "1":
        return jsonify(summary=_summary(found), found=[told(one, by_id) for one in found])
    return render_template(
        "leads/duplicates.html", given=given, asked=asked, lookalikes=found, units=by_id, longest=LONGEST
    )


def init(app: Flask) -> None:
    """Gives templates the words for what was found."""
    app.jinja_env.filters |= {
        "lookalike_why": why,
        "lookalike_mark": lambda one: MARKS[one.level],
        "lookalike_address": address,
    }


def of_units(found: Sequence[Lookalike]) -> dict[int, Unit]:
    """The units that have what was found, by id; nothing is asked where nothing was found."""
    return {unit.id: unit for unit in units.all_units()} if found else {}


def told(one: Lookalike, by_id: dict[int, Unit]) -> dict[str, Any]:
    """A lookalike as the script is told of it: what may not be told is not there."""
    unit = by_id.get(one.unit_id) if one.unit_id is not None else None
    return {
        "level": one.level,
        "why": why(one),
        "mark": MARKS[one.level],
        "label": one.name or one.number,
        "number": one.number if one.name else "",
        "href": address(one),
        "unit": _("公共池") if one.pooled else unit_name(unit) if unit else "",
        "since": one.since.isoformat() if one.since else "",
        "kind": _("线索") if one.of_lead else _("已有项目的企业"),
    }


def address(one: Lookalike) -> str:
    """Where it can be looked at, as far as the person may."""
    if one.of_lead:
        return url_for("leads.lead", number=one.number)
    return url_for("projects.listing", q=one.name)


def level_name(level: int, similarity: int, *, investor: bool) -> str:
    """What a level says, as a message; `investor` whether both name one, and the same. The second level is also that of
    leads of one enterprise, whatever they are called, and of those that have no more than a name.
    """
    if level != 2:
        return LEVELS[level]
    if similarity < SAME:
        return ONE_ENTERPRISE
    return LEVELS[level] if investor else NAMES_ALONE


def triage_level(triage: Triage) -> str:
    """What the level of a triage says, as a message."""
    first, second = triage.lead.investor_key, triage.other.investor_key
    return level_name(triage.level, triage.similarity, investor=bool(first) and first == second)


def why(one: Lookalike) -> str:
    if one.level <= 2:
        return said(level_name(one.level, one.similarity, investor=one.investor))
    if one.similarity == SAME:
        return _("名称相同，投资方没有都填或不同")
    return _("%(level)s，%(percent)s%%", level=said(LEVELS[one.level]), percent=one.similarity)


def _summary(found: Sequence[Lookalike]) -> str:
    if not found:
        return _("没有找到相同或相近的。")
    return _("找到%(count)s个相同或相近的。", count=len(found))
