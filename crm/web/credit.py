"""利益共享: who has what part of the credit for a lead or a project, from when; the bureau may decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm import clock
from crm.db import db, transaction
from crm.errors import NotAllowed, Refusals
from crm.models import CreditSplit, Lead, Project, Unit
from crm.periods import Month
from crm.permissions import ANOTHER_UNITS_LEAD, allowed, needs
from crm.services import credit, leads, projects, reassignment_checks
from crm.services.credit import LONGEST, MOST_SHARES, Row
from crm.services.leads import Seen
from crm.services.units import active_units
from crm.web import reassignment_words
from crm.web.forms import actor
from crm.web.parameters import Given, plain
from crm.web.presentation import said, unit_name

blueprint = Blueprint("credit", __name__)


@dataclass(frozen=True)
class Part:
    """A share as the bar draws it: from and width in per cent of the whole."""

    unit: Unit
    role: str
    share: int
    start: float
    width: float


@dataclass(frozen=True)
class Shown:
    """A split as a page shows it."""

    split: CreditSplit
    parts: Sequence[Part]
    month: Month

    @classmethod
    def of(cls, split: CreditSplit) -> Shown:
        """The split with its bar."""
        parts = [
            Part(one.unit, one.role, one.share, one.sum_before / 100, one.share / 100) for one in split.shares
        ]
        return cls(split, parts, Month.of(split.valid_from))


@blueprint.get("/leads/<number>/credit")
@needs("credit:read")
def of_lead(number: str) -> str:
    """The splits of a lead, for those who may read it or have a part in it."""
    seen = leads.seen(plain(number), actor())
    return _page(seen.lead, seen.reads)


@blueprint.post("/leads/<number>/credit")
@needs("credit:decide")
def decide_lead(number: str) -> Redirect | tuple[str, int]:
    """The bureau's split of a lead's credit."""
    return _decide(leads.seen(plain(number), actor()).lead, url_for("credit.of_lead", number=plain(number)))


@blueprint.get("/projects/<number>/credit")
@needs("credit:read")
def of_project(number: str) -> str:
    """The splits of a project."""
    return _page(projects.by_number(plain(number), current_user), True)


@blueprint.post("/projects/<number>/credit")
@needs("credit:decide")
def decide_project(number: str) -> Redirect | tuple[str, int]:
    """The bureau's split of a project's credit."""
    project = projects.by_number(plain(number), current_user)
    return _decide(project, url_for("credit.of_project", number=project.number))


@dataclass(frozen=True)
class Held:
    """What the part of a lead's page needs: the split of this month, and how it is said."""

    shown: Shown | None

    words = reassignment_words
    percent = staticmethod(credit.percent)


def of(seen: Seen, _given: Given) -> Held:
    """The split in force for a lead, or for the project that it became: one statement."""
    split = credit.split_on(reassignment_checks.record(seen.lead), Month.of(clock.today()))
    return Held(Shown.of(split) if split else None)


def _decide(record: Lead | Project, back: str) -> Redirect | tuple[str, int]:
    given = Given(request.form)
    month = given.month("month")
    units = {unit.code: unit.id for unit in active_units(clock.today())}
    rows = [
        Row(units.get(_sent(f"unit_{n}")), _sent(f"role_{n}"), _sent(f"percent_{n}"))
        for n in range(1, MOST_SHARES + 1)
    ]
    basis = "\n".join(plain(line) for line in request.form.get("basis", "")[: 2 * LONGEST].splitlines())
    try:
        with transaction():
            # the row that was read before belongs to the transaction that ended
            db.session.refresh(record)
            credit.decide(record, rows, valid_from=month, basis=basis, actor=actor())
    except Refusals as refusals:
        errors = {one.field or "shares": said(one.message, one.values) for one in refusals}
        sent = {name: plain(value)[: 2 * LONGEST] for name, value in request.form.items()}
        return _page(record, True, sent, errors), 400
    flash(_("已登记利益共享"), "success")
    return redirect(back, 303)


def _page(
    record: Lead | Project,
    reads: bool,
    sent: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    splits = credit.splits_of(record)
    if not reads and current_user.unit_id not in {
        unit for split in splits for unit in credit.units_of(split)
    }:
        raise NotAllowed(ANOTHER_UNITS_LEAD)
    month = Month.of(clock.today())
    held = credit.split_on(record, month)
    decides = allowed(current_user, "credit:decide")
    return render_template(
        "credit/credit.html",
        record=record,
        is_lead=isinstance(record, Lead),
        reads=reads,
        held=Shown.of(held) if held else None,
        splits=[Shown.of(split) for split in splits],
        whole=_whole(record),
        month=month,
        decides=decides,
        given=sent or {"month": str(credit.next_month_to_share())},
        errors=errors or {},
        rows=range(1, MOST_SHARES + 1),
        units=[(unit.code, unit_name(unit)) for unit in active_units(clock.today())] if decides else (),
        roles=[(code, said(name)) for code, name in reassignment_words.ROLE_NAMES.items()],
        words=reassignment_words,
        percent=credit.percent,
        longest=LONGEST,
    )


def _whole(record: Lead | Project) -> Unit | None:
    """Who has the whole credit where nothing was agreed."""
    return record.unit if isinstance(record, Lead) else record.attracted_by or record.served_by


def _sent(name: str) -> str:
    return plain(request.form.get(name, ""))[:40].strip()
