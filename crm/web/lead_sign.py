"""签约: a lead becomes a project, after a look at who would be entitled to it and at the credit that goes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from crm.db import transaction
from crm.errors import NotAllowed, Refusals, Refused, Stale
from crm.messages import N_
from crm.models import Lead
from crm.permissions import needs
from crm.services import announcements, credit, lead_timeline, registering, requirements, signing
from crm.services.attribution import Rulebook, rulebook
from crm.web import fact_form, lead_duplicates
from crm.web.edit_preview import beside_fields
from crm.web.fact_form import FIELD_LABELS, FIELDS, Choices, Field
from crm.web.foreseen import Foreseen
from crm.web.parameters import Given, plain
from crm.web.presentation import said
from crm.web.project_new import LONGEST_NUMBER

blueprint = Blueprint("lead_sign", __name__)

Answer = str | tuple[str, int] | Response

ASKED = requirements.asked(signing.STAGE)


def _fields(*names: str) -> tuple[Field, ...]:
    return tuple(replace(FIELDS[name], required=FIELDS[name].required or name in ASKED) for name in names)


GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        N_("项目和企业"),
        _fields("name", "investor", "credit_code", "industry_code", "total_investment_fen", "signed_on"),
    ),
    (
        N_("单位和地点"),
        _fields("attracted_by", "served_by", "origin", "from_street", "site_street", "site_area"),
    ),
)
"""What a signing asks for; the rest of a project's facts is filled in on its own page as it comes."""

LABELS = FIELD_LABELS | {"number": N_("项目编号"), "reason": N_("签约日期较早的原因")}

CREDIT_ROLES = {"recruiter": N_("招商单位"), "receiver": N_("承接单位"), "referrer": N_("引荐单位")}


@dataclass(frozen=True)
class Draft:
    """A signing as a form has it: texts by field, and the lead as it was when the form was opened."""

    number: str
    texts: Mapping[str, str]
    unsited: bool
    reason: str
    version: int
    began: int
    """The id of the lead's latest event then."""

    @classmethod
    def begun(cls, lead: Lead, book: Rulebook) -> Draft:
        """Filled in as far as the lead says."""
        number, began = registering.next_number(), lead_timeline.newest(lead)
        return cls(number, _proposed(lead, book), False, "", lead.version, began)

    @classmethod
    def sent(cls, lead: Lead, book: Rulebook) -> Draft:
        """As this request says; what is no part of the form is as it begins."""
        given, form = Given(request.form), request.form
        named = {name: text for name, text in fact_form.sent(form).items() if name in signing.FACTS}
        return cls(
            plain(form.get("number", ""))[:LONGEST_NUMBER].strip(),
            {**_proposed(lead, book), **dict.fromkeys(signing.FACTS, ""), **named},
            given.yes("unsited"),
            plain(form.get("reason", ""))[: requirements.LONGEST_REASON + 1].strip(),
            given.whole("version") or 0,
            given.whole("began") or 0,
        )


@blueprint.get("/leads/<number>/sign")
@needs("lead:sign")
def enter(number: str) -> str:
    """The form, filled in as far as the lead says, with the next free number."""
    lead, book = signing.by_number(plain(number), current_user), rulebook()
    return _form(lead, Draft.begun(lead, book), book)


@blueprint.post("/leads/<number>/sign")
@needs("lead:sign")
def sign(number: str) -> Answer:
    """Shows who the project would belong to (`step` preview), goes back to the form (back), or signs (save)."""
    lead, book = signing.by_number(plain(number), current_user), rulebook()
    draft = Draft.sent(lead, book)
    step = request.form.get("step")
    if step == "back":
        return _form(lead, draft, book)
    choices = Choices.of_books(book)
    facts, wrong = fact_form.facts(draft.texts, choices)
    wrong = [problem for problem in wrong if problem.field in signing.FACTS]
    if wrong:
        unread = frozenset(problem.field or "" for problem in wrong)
        wrong += registering.number_problems(draft.number)
        wrong += signing.problems(
            lead, facts, unsited=draft.unsited, reason=draft.reason, book=book, unread=unread
        )
        return _form(lead, draft, book, beside_fields(wrong)), 400
    try:
        with transaction(keep=step == "save"):
            project = signing.sign(
                lead,
                draft.number,
                facts,
                seen=draft.version,
                unsited=draft.unsited,
                reason=draft.reason,
                actor=current_user,
            )
            foreseen = Foreseen.of(project, rulebook()) if step != "save" else None
            told = [(one.kind, one.threshold_fen) for one in announcements.of(project)]
            shares = [
                (split.valid_from, credit.shares_of(split)) for split in credit.splits_of(project)[::-1]
            ]
    except Stale as problem:
        return _stale(plain(number), draft, problem)
    except (Refused, Refusals) as problem:
        found = [problem] if isinstance(problem, Refused) else list(problem)
        if isinstance(problem, NotAllowed) or all(one.field is None for one in found):
            raise
        return _form(signing.by_number(plain(number), current_user), draft, book, beside_fields(found)), 400
    if foreseen is None:
        href = url_for("projects.project", number=draft.number, _anchor="why")
        text, more = _("线索%(number)s已签约，成为项目。", number=lead.number), _("看它归谁、凭哪一条")
        flash(Markup('{} <a href="{}">{}</a>').format(text, href, more), "success")
        return redirect(url_for("projects.project", number=draft.number), 303)
    return render_template(
        "leads/sign_preview.html",
        lead=lead,
        draft=draft,
        groups=GROUPS,
        sent={name: draft.texts[name] for name in signing.FACTS},
        texts=fact_form.texts(dict.fromkeys(FIELDS) | signing.facts_of(lead, facts, book)),
        choices=choices,
        foreseen=foreseen,
        told=told,
        doubts=lead_duplicates.waiting(lead, current_user),
        shares=shares,
        percent=credit.percent,
        roles=CREDIT_ROLES,
    )


def _proposed(lead: Lead, book: Rulebook) -> dict[str, str]:
    facts = signing.facts_of(lead, signing.proposed(lead, book), book)
    return fact_form.texts(dict.fromkeys(FIELDS) | facts)


def _stale(number: str, draft: Draft, problem: Stale) -> tuple[str, int]:
    """The form again, with what happened to the lead meanwhile and where what it says is not what was sent."""
    lead, book = signing.by_number(number, current_user), rulebook()
    now = _proposed(lead, book)
    differ = [name for name in signing.FACTS if now[name] and now[name] != draft.texts[name]]
    changes = lead_timeline.since(lead, draft.began)
    renewed = replace(draft, version=lead.version, began=lead_timeline.newest(lead))
    errors = {"": [said(problem.message, problem.values)]}
    return _form(lead, renewed, book, errors, changes, {name: now[name] for name in differ}), 409


def _form(
    lead: Lead,
    draft: Draft,
    book: Rulebook,
    errors: Mapping[str, list[str]] | None = None,
    changes: Sequence[Any] = (),
    differ: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "leads/sign.html",
        lead=lead,
        draft=draft,
        groups=GROUPS,
        field_labels=LABELS,
        fields=FIELDS,
        is_day=fact_form.is_day,
        texts=draft.texts,
        choices=Choices.of_books(book),
        may_set=dict.fromkeys(FIELDS, True) | {"attracted_by": False},
        held_since={},
        errors=errors or {},
        changes=changes,
        differ=differ or {},
    )
