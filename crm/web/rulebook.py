"""规则: the notice clause by clause beside what the program does with it, its readings, and what it leaves silent."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.models import SUCCESSION
from crm.permissions import allowed, needs
from crm.rules.duties import SILENT_RULE
from crm.rules.explanation import RULE_NAMES
from crm.services import attribution, rulebook, trials
from crm.web.moment import Moment
from crm.web.parameters import Given
from crm.web.presentation import said
from crm.web.rulebook_page import STAGE_NAMES, RulebookPage, place_of

blueprint = Blueprint("rulebook", __name__)
blueprint.add_app_template_global(place_of)

A_PAGE = 50
SHOWN_MOVED = 50


@blueprint.get("/rulebook")
@needs("rulebook:read")
def notice() -> str:
    """The whole notice as of a day, as known on a day."""
    given = Given(request.args)
    page = RulebookPage(current_user, Moment.of(given))
    return render_template(
        "rulebook/notice.html", page=page, stages=STAGE_NAMES, silent=SILENT_RULE, ignored=given.ignored
    )


@blueprint.get("/rulebook/rules/<rule>")
@needs("rulebook:read")
def rule(rule: str) -> str:
    """One rule, and the projects it decides, newest numbers first."""
    if rule not in RULE_NAMES or rule == SUCCESSION:
        abort(404)
    given = Given(request.args)
    page = RulebookPage(current_user, Moment.of(given))
    before = given.text("before") or None
    rows = []
    if allowed(current_user, "project:read"):
        rows = rulebook.projects(
            current_user, rule, page.moment.on, page.moment.instant, before=before, limit=A_PAGE + 1
        )
    return render_template(
        "rulebook/rule.html",
        page=page,
        stages=STAGE_NAMES,
        rule=rule,
        place=place_of(rule),
        rows=rows[:A_PAGE],
        before=before,
        following=rows[A_PAGE - 1][0].number if len(rows) > A_PAGE else None,
        ignored=given.ignored,
    )


@blueprint.get("/rulebook/readings/<code>")
@needs("rulebook:read")
def reading(code: str) -> str:
    """One question: how it was read from which day on, and which projects another choice would move."""
    given = Given(request.args)
    page = RulebookPage(current_user, Moment.of(given))
    if code not in page.questions:
        abort(404)
    moment, question = page.moment, page.questions[code]
    found = []
    if code not in ("R7", "R8") and allowed(current_user, "project:read"):
        book = attribution.rulebook(moment.instant)
        chosen = getattr(page.readings, code)
        for choice, meaning in question.others(chosen):
            other = trials.read_as(book, code, choice)
            found.append(
                (choice, meaning, trials.trial(current_user, book, other, moment.on, moment.instant))
            )
    return render_template(
        "rulebook/reading.html",
        page=page,
        question=question,
        trials=found,
        most=SHOWN_MOVED,
        ignored=given.ignored,
        silence=_silence(code),
    )


def _silence(code: str) -> str:
    """Why no projects are counted for a question; nothing where they are."""
    if code == "R8":
        return _("这一项改变全部归属的起算日，不逐个项目试算。")
    if code == "R7":
        return _("这一项决定指标随哪项职责走，不改变项目的归属。")
    return "" if allowed(current_user, "project:read") else said("您的岗位没有此项权限")
