"""Registering one project: whose number is free, whose facts the books take, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from crm import clock
from crm.db import db
from crm.errors import NotAllowed, Refused, Stale
from crm.messages import N_
from crm.models import Project, User
from crm.permissions import allowed
from crm.rules.facts import Facts
from crm.rules.language import RulesConflict
from crm.services import announcements, edits, fact_checks, investors, projects
from crm.services.attribution import rulebook
from crm.sheets.registry import LONGEST, RegistryRow

RESERVED = ("new", ".", "..")
"""Numbers that an address of its own already means."""


def register(number: str, facts: Mapping[str, Any], *, actor: User) -> Project:
    """Enters a new project with facts by their names, from the beginning, and decides its attribution.

    Raises NotAllowed, and Refused or Refusals for a number that is missing, too long or taken and for facts that the
    books do not take.
    """
    if not allowed(actor, "project:register"):
        raise NotAllowed()
    return enter(number, facts, actor=actor)


def enter(number: str, facts: Mapping[str, Any], *, actor: User, **detail: object) -> Project:
    """Enters a new project as register() does, for whoever may for a reason of their own; `detail` goes into its event.

    A sum that the bureau should hear of announces itself. Raises Refused or Refusals.
    """
    book = rulebook()
    given = dict(facts)
    code = given.pop("credit_code")
    found = number_problems(number)
    found += edits.problems(facts, {}, set(), book)
    fact_checks.refuse(found)
    investors.agree(None, given["investor"], code)
    row = RegistryRow(
        0,
        number,
        given["name"],
        given["investor"] or "",
        code,
        given["industry_code"],
        Facts(**{fact: given[fact] for fact in Facts._fields}),
        given["total_investment_fen"],
    )
    invented = sorted(fact for fact, value in facts.items() if value is not None) if edits.invents() else ()
    try:
        project = projects.register(row, actor=actor, invented=invented, book=book, detail=detail)
    except IntegrityError as error:
        raise Stale(N_("别人刚刚登记了同一家企业；请再提交一次")) from error
    except RulesConflict as error:
        raise Refused(N_("两条规则同时适用，无法判定：%(reason)s"), reason=str(error)) from error
    announcements.announce(project, actor=actor)
    return project


def next_number() -> str:
    """A number that is free: after this year's last XM number."""
    prefix = f"XM{clock.today().year}"
    digits = func.length(Project.number)
    query = select(Project.number).where(Project.number.startswith(prefix, autoescape=True))
    last = db.session.scalar(query.order_by(digits.desc(), Project.number.desc()).limit(1))
    tail = last.removeprefix(prefix) if last else "000"
    if not (tail.isascii() and tail.isdecimal() and len(tail) < 18):
        return ""
    return f"{prefix}{int(tail) + 1:0{len(tail)}}"


def number_problems(number: str) -> list[Refused]:
    """What is wrong with the number of a new project: missing, too long, no part of an address, or taken."""
    if not number:
        return [Refused(N_("项目编号是空的"), field="number")]
    most = LONGEST["项目编号"]
    if len(number) > most:
        message = N_("长度%(found)s字，最多%(most)s字")
        return [Refused(message, field="number", found=len(number), most=most)]
    if number in RESERVED or set(number) & set("/?#%\\"):
        return [
            Refused(N_("项目编号不能用“%(number)s”：请用字母、数字和短横线"), field="number", number=number)
        ]
    if db.session.scalar(select(Project.id).where(Project.number == number)):
        return [Refused(projects.NUMBER_TAKEN, field="number", number=number)]
    return []
