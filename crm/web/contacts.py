"""联系人: entered, changed and removed with their lead or enterprise; telephone and mail are shown once, by right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.db import db, transaction
from crm.errors import NotFound, Refusals, Refused, Stale
from crm.models import Contact, Enterprise, Lead
from crm.permissions import allowed, needs, require
from crm.services import companies, contacts
from crm.services.contact_fields import LONGEST
from crm.services.contacts import Panel
from crm.web.edit_preview import beside_fields, version_sent

blueprint = Blueprint("contacts", __name__)

Answer = str | tuple[str, int] | Response

CONTACT = "/contacts/<id:key>"
TYPED_MOST = 1_000
"""Characters of a field that are looked at; longer than allowed it is refused."""


def of(seen: Any, _given: Any) -> Panel:
    """What the page of a lead shows of its contacts."""
    return contacts.of(seen.lead, current_user)


@blueprint.post("/contacts/<kind>/<id:key>")
@needs("contact:edit")
def add(kind: str, key: int) -> Answer:
    """Enters a contact of a lead (`kind` leads) or an enterprise (companies)."""
    record = _record(kind, key)
    texts = _sent()
    try:
        with transaction():
            contacts.add(_record(kind, key), actor=current_user, **texts)
    except (Refused, Refusals) as problem:
        if isinstance(problem, NotFound):
            raise
        return _form(_record(kind, key), texts, problem), 400
    flash(_("已登记联系人"), "success")
    return redirect(address(record), 303)


@blueprint.get(f"{CONTACT}/edit")
@needs("contact:edit")
def edit(key: int) -> str:
    """The form of one contact; telephone and mail stay masked, and stay as they are where nothing is typed."""
    contact, record = contacts.by_id(key, current_user, "contact:edit")
    return _form(record, {"name": contact.name, "position": contact.position}, contact=contact)


@blueprint.post(f"{CONTACT}/edit")
@needs("contact:edit")
def change(key: int) -> Answer:
    """Saves what was typed."""
    contact, record = contacts.by_id(key, current_user, "contact:edit")
    texts = _sent()
    given = {name: texts[name] for name in ("name", "position")}
    for name in ("phone", "mail"):
        if request.form.get(f"drop_{name}") == "1":
            given[name] = ""
        elif texts[name]:
            given[name] = texts[name]
    try:
        with transaction():
            contact, record = contacts.by_id(key, current_user, "contact:edit")
            changed = contacts.change(contact, seen=version_sent(), actor=current_user, **given)
    except (Refused, Refusals) as problem:
        if isinstance(problem, NotFound | Stale):
            raise
        contact, record = contacts.by_id(key, current_user, "contact:edit")
        return _form(record, texts, problem, contact, version_sent()), 400
    flash(_("已保存") if changed else _("没有改动"), "success" if changed else "info")
    return redirect(address(record), 303)


@blueprint.post(f"{CONTACT}/remove")
@needs("contact:edit")
def remove(key: int) -> Response:
    """Takes a contact off its record."""
    with transaction():
        contact, record = contacts.by_id(key, current_user, "contact:edit")
        contacts.remove(contact, seen=version_sent(), actor=current_user)
        target = address(record)
    flash(_("联系人已移除，电话和邮箱已从账中删去"), "success")
    return redirect(target, 303)


@blueprint.post(f"{CONTACT}/read")
@needs("contact:read")
def read(key: int) -> Response:
    """Telephone and mail in plain, on this one answer; that they were read is recorded."""
    with transaction():
        contact, record = contacts.by_id(key, current_user, "contact:read")
        found = contacts.read(contact, current_user)
        page = render_template(
            "contacts/read.html", contact=contact, found=found, back=address(record), back_text=record.name
        )
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def address(record: Lead | Enterprise) -> str:
    """The page of the record, at its contacts."""
    if isinstance(record, Lead):
        return url_for("leads.lead", number=record.number, _anchor="contacts")
    return url_for("companies.company", key=record.id, _anchor="contacts")


def _record(kind: str, key: int) -> Lead | Enterprise:
    """The record that a contact is to be added to; raises NotFound and NotAllowed."""
    if kind == "companies" and allowed(current_user, "contact:edit"):
        return companies.by_id(key, current_user)
    if kind == "leads":
        lead = db.session.get(Lead, key)
        if lead is not None:
            require(current_user, "contact:edit", lead)
            return lead
    raise NotFound()


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "")[:TYPED_MOST] for name in LONGEST}


def _form(
    record: Lead | Enterprise,
    texts: Mapping[str, str],
    problem: Refused | Refusals | None = None,
    contact: Contact | None = None,
    version: int | None = None,
) -> str:
    found = [] if problem is None else [problem] if isinstance(problem, Refused) else list(problem)
    return render_template(
        "contacts/edit.html",
        kind="leads" if isinstance(record, Lead) else "companies",
        record=record,
        contact=contact,
        shown=contacts.shown(contact, current_user, True) if contact else None,
        version=version if version is not None else contact.version if contact else 0,
        texts=texts,
        longest=LONGEST,
        errors=beside_fields(found),
        back=address(record),
    )
