"""登记和修改企业: what is known of an enterprise in a form, and what others changed of it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, NotFound, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import AuditEvent, Enterprise
from crm.permissions import needs
from crm.services import companies, company_groups, history
from crm.services.companies import FLAGS, LONGEST, CodeTaken
from crm.sheets.credit_codes import credit_code
from crm.web.company_words import FIELDS, FLAG_NAMES, YES, Choices
from crm.web.edit_preview import beside_fields, version_sent
from crm.web.parameters import plain
from crm.web.versions import Merge, merge

blueprint = Blueprint("company_form", __name__)

Answer = str | tuple[str, int] | Response

WAS = "was_"
"""Begins the name of what a field was when the form was opened."""

UNSEEN_PARENT = N_("（上级企业您看不到；保留不改）")
"""Stands for the name of a parent that the person may not see."""

FORM_EXPIRED = N_("这张表单已经失效；请从企业页重新打开修改页")


@blueprint.get("/companies/new")
@needs("company:edit")
def enter() -> str:
    """The form for an enterprise."""
    return _form(None, {})


@blueprint.post("/companies/new")
@needs("company:edit")
def add() -> Answer:
    """Enters an enterprise."""
    texts = _sent()
    values, wrong = _values(texts)
    try:
        if wrong:
            raise Refusals(wrong)
        with transaction():
            key = companies.add(values, actor=current_user).id
    except (Refused, Refusals) as problem:
        return _form(None, texts, problem), 400
    flash(_("已登记企业"), "success")
    return redirect(url_for("companies.company", key=key), 303)


@blueprint.get("/companies/<id:key>/edit")
@needs("company:edit")
def edit(key: int) -> str:
    """The form with what is known now."""
    company = companies.by_id(key, current_user)
    return _form(company, texts_of(company))


@blueprint.post("/companies/<id:key>/edit")
@needs("company:edit")
def change(key: int) -> Answer:
    """Saves what was changed, over what others changed of other fields; of the same field somebody chooses."""
    for _attempt in range(3):
        try:
            return _change(key)
        except Stale:
            # somebody was quicker between our reading and our lock: once more, on what is there now
            continue
    raise Stale()


def _change(key: int) -> Answer:
    company = companies.by_id(key, current_user)
    theirs, mine, seen = texts_of(company), _sent(), company.version
    base = theirs if version_sent() == seen else _base()
    merged = merge(base, theirs, mine)
    if merged.conflicts:
        return _conflict(company, merged), 409
    values, wrong = _values(merged.values, company)
    try:
        if wrong:
            raise Refusals(wrong)
        with transaction():
            changed = companies.change(company, values, seen=seen, actor=current_user)
    except (Refused, Refusals) as problem:
        if isinstance(problem, Stale | NotAllowed):
            raise
        return _form(companies.by_id(key, current_user), mine, problem, base), 400
    if changed and merged.taken_over:
        others = "、".join(_(FIELDS[one.name].label) for one in merged.taken_over)
        flash(_("已保存；别人同时改过的%(fields)s照账上保留", fields=others), "success")
    elif changed:
        flash(_("已保存"), "success")
    else:
        flash(_("没有改动"), "info")
    return redirect(url_for("companies.company", key=key), 303)


def texts_of(company: Enterprise) -> dict[str, str]:
    """What is known, as the form has it; of a parent that the person may not see there is that it is there."""
    parent = company_groups.parent(company, current_user)
    unseen = _(UNSEEN_PARENT) if company.parent_id is not None else ""
    return {
        "name": company.name,
        "credit_code": company.credit_code or "",
        "parent": f"{parent.name} {parent.credit_code or ''}".strip() if parent else unseen,
        "group_name": company.group_name,
        **{flag: YES if getattr(company, flag) else "" for flag in FLAGS},
        "note": company.note,
    }


def _sent() -> dict[str, str]:
    return {name: _text(name) for name in FIELDS}


def _text(name: str, prefix: str = "") -> str:
    text = " ".join(plain(request.form.get(prefix + name, "")).split())
    if name in FLAG_NAMES:
        return YES if text == YES else ""
    if name == "credit_code":
        return credit_code(text) or text
    # longer than allowed it is refused, with what was typed; much longer nobody typed
    return text[: 2 * LONGEST.get(name, 150)]


def _base() -> dict[str, str]:
    if any(WAS + name not in request.form for name in FIELDS):
        raise Refused(FORM_EXPIRED)
    return {name: _text(name, WAS) for name in FIELDS}


def _values(
    texts: Mapping[str, str], company: Enterprise | None = None
) -> tuple[dict[str, Any], list[Refused]]:
    """The texts of a form as columns, and what is wrong with them; the company keeps a parent whose text it kept."""
    wrong: list[Refused] = []
    values: dict[str, Any] = {name: texts[name] for name in LONGEST}
    values |= {flag: texts[flag] == YES for flag in FLAGS}
    values |= {"credit_code": None, "parent_id": None}
    try:
        values["credit_code"] = companies.code_of(texts["credit_code"])
    except Refused as problem:
        wrong.append(problem)
    try:
        if company is not None and texts["parent"] == texts_of(company)["parent"]:
            values["parent_id"] = company.parent_id
        else:
            parent = companies.named(texts["parent"])
            values["parent_id"] = parent.id if parent else None
    except Refused as problem:
        wrong.append(problem)
    if not values["name"]:
        wrong.insert(0, Refused(N_("企业名称是空的"), field="name"))
    return values, wrong


def _form(
    company: Enterprise | None,
    texts: Mapping[str, str],
    problem: Refused | Refusals | None = None,
    base: Mapping[str, str] | None = None,
) -> str:
    found = [] if problem is None else [problem] if isinstance(problem, Refused) else list(problem)
    return render_template(
        "companies/edit.html",
        company=company,
        texts=texts,
        base=base or (texts_of(company) if company else {}),
        # what the form was made from, so that what others change later is told from it
        version=0 if base else company.version if company else 0,
        was=WAS,
        longest=LONGEST,
        flag_names=FLAG_NAMES,
        errors=beside_fields(found),
        taken=_seen(next((one.other_id for one in found if isinstance(one, CodeTaken)), None)),
    )


def _conflict(company: Enterprise, merged: Merge) -> str:
    return render_template(
        "companies/conflict.html",
        company=company,
        merged=merged,
        who=_who_changed(company),
        fields=FIELDS,
        choices=Choices,
        theirs=texts_of(company),
        was=WAS,
    )


class Change:
    """Who changed a field, and when."""

    def __init__(self, event: AuditEvent) -> None:
        self.event, self.at = event, event.at


def _who_changed(company: Enterprise) -> dict[str, Change]:
    """Field → the newest change of it."""
    found: dict[str, Change] = {}
    for event in history.newest(company, "company.changed", 20):
        for column in event.detail.get("after", {}):
            found.setdefault("parent" if column == "parent_id" else column, Change(event))
    return found


def _seen(key: int | None) -> int | None:
    """The enterprise's id where the person may open its page."""
    try:
        return companies.by_id(key, current_user).id if key is not None else None
    except NotFound:
        return None
